//! Which version of the program this is.

/// The version in `version`, in the metrics, in the proof of an installed copy, and as the name of the client in protocols.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How it names itself to servers of HTTP.
pub const USER_AGENT: &str = concat!("health-probe/", env!("CARGO_PKG_VERSION"));
