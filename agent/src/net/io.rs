//! Connections: to an address, within one deadline, in the clear or over TLS.

pub mod conversation;
pub mod datagram;
pub mod deadline_stream;
pub mod dial;
pub mod endpoint;
pub mod files;
pub mod pod_address;
pub mod proxy_header;
pub mod redaction;
#[cfg(any(test, fuzzing))]
pub mod scripted;
pub mod socket;
pub mod stream;
