//! What a scheme may hold. Each check file has one `SPEC` a scheme; a test compares them with `checks.json`.

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

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flag,
    Integer,
    Duration,
    Text,
    File,
    Name,
    Status,
    /// A regular expression.
    Pattern,
    Choice(&'static [&'static str]),
    /// An absolute path for which nothing has to be mounted.
    Path,
    /// A path under `/dev`.
    Device,
    /// `5m`, or `6/10`.
    Window,
    /// `10/h`
    Rate,
    /// `5%`
    Percent,
    /// `5%`, or `500Mi`.
    Space,
    /// `90C`, or one of these words.
    Temperature(&'static [&'static str]),
}

/// The grammar of one scheme; `options` is sorted by name, and holds none of those of logins, of TLS and of all hardware.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub scheme: &'static str,
    pub summary: &'static str,
    pub target: Target,
    pub credentials: bool,
    /// Whether it looks at hardware: what cannot be read is unknown, and what is bad may have to last.
    pub hardware: bool,
    pub tls: TlsRule,
    pub path: PathRule,
    pub options: &'static [(&'static str, Kind)],
    /// What means nothing without another: options, the path as `path`, the user of the login as `user`.
    pub requires: &'static [(&'static str, &'static str)],
}

impl Spec {
    /// A scheme that has nothing but itself: no login, no TLS, no path, no options.
    pub const BARE: Self = Self {
        scheme: "",
        summary: "",
        target: Target::None,
        credentials: false,
        hardware: false,
        tls: TlsRule::Never,
        path: PathRule::None,
        options: &[],
        requires: &[],
    };

    /// Every option that a check of the scheme may have, sorted by name.
    pub fn all_options(&self) -> Vec<(&'static str, Kind)> {
        let mut all = self.options.to_vec();
        if self.credentials {
            all.push(("password-file", Kind::File));
        }
        if self.hardware {
            all.extend([("for", Kind::Window), ("state", Kind::Path), ("strict", Kind::Flag)]);
        }
        if self.tls == TlsRule::StartTls {
            all.push(("starttls", Kind::Flag));
        }
        if matches!(self.tls, TlsRule::Optional | TlsRule::StartTls) {
            all.push(("tls", Kind::Flag));
        }
        if self.tls != TlsRule::Never {
            all.extend([
                ("ca", Kind::File),
                ("cert", Kind::File),
                ("key", Kind::File),
                ("server-name", Kind::Name),
            ]);
        }
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }
}
