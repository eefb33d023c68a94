//! What a scheme may hold. Each check file has one `SCHEME` for each; a test compares them with `checks.json`.

use super::option_type::OptionType;

/// The form of what follows `scheme:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `//[host][:port]`, with the port that stands where none is given.
    Address { port: Option<u16> },
    /// `///absolute/path`
    File,
    /// `///a/path` that is not read as a file, so that nothing has to be mounted for it.
    Path,
    /// `//eth0`: the name of a device, which becomes the path as it is.
    Name,
    /// A program and its arguments, the rest of the text.
    Command,
    /// Nothing but options.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    None,
    Optional,
    Required,
    /// The path of a Unix socket, in place of host and port.
    Socket,
}

/// How a scheme is carried over TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsRule {
    Never,
    Always,
    /// With the option `tls`.
    Optional,
    /// With the option `tls`, or after an upgrade with the option `starttls`.
    StartTls,
}

/// The grammar of one scheme; `options` is sorted by name, and holds none of those of logins, of connections, of TLS, of all servers
/// and of all hardware.
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    pub scheme: &'static str,
    pub summary: &'static str,
    pub target: Target,
    pub credentials: bool,
    /// Whether something is asked that may answer late; of those with an address.
    pub asks: bool,
    /// Whether it is asked over connections, which may begin with a PROXY header; of those with an address.
    pub connects: bool,
    /// Whether it looks at hardware: what cannot be read is unknown, and what is bad may have to last.
    pub hardware: bool,
    pub tls: TlsRule,
    pub path: PathRule,
    pub options: &'static [(&'static str, OptionType)],
    /// What means nothing without another: options, or one value of an option as `name=value`, the path as `path`, the
    /// user of the login as `user`; sorted.
    pub requires: &'static [(&'static str, &'static str)],
}

impl Scheme {
    /// A scheme that has nothing but itself: no login, no TLS, no path, no options.
    pub const BARE: Self = Self {
        scheme: "",
        summary: "",
        target: Target::None,
        credentials: false,
        asks: true,
        connects: true,
        hardware: false,
        tls: TlsRule::Never,
        path: PathRule::None,
        options: &[],
        requires: &[],
    };

    /// Every option that a check of the scheme may have, sorted by name.
    pub fn all_options(&self) -> Vec<(&'static str, OptionType)> {
        let mut all = self.options.to_vec();
        if self.credentials {
            all.push(("password-file", OptionType::File));
        }
        if self.asks && matches!(self.target, Target::Address { .. }) {
            all.push(("max-time", OptionType::Duration));
        }
        if self.connects && matches!(self.target, Target::Address { .. }) {
            all.push(("proxy", OptionType::Choice(&["v1", "v2"])));
        }
        if self.hardware {
            all.extend([
                ("for", OptionType::Window),
                ("state", OptionType::Path),
                ("strict", OptionType::Flag),
            ]);
        }
        if self.tls == TlsRule::StartTls {
            all.push(("starttls", OptionType::Flag));
        }
        if matches!(self.tls, TlsRule::Optional | TlsRule::StartTls) {
            all.push(("tls", OptionType::Flag));
        }
        if self.tls != TlsRule::Never {
            all.extend([
                ("ca", OptionType::File),
                ("cert", OptionType::File),
                ("key", OptionType::File),
                ("min-days", OptionType::Integer),
                ("server-name", OptionType::Name),
            ]);
        }
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }
}
