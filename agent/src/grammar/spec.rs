//! What a scheme may hold. Each check file has one `SPEC` a scheme; a test compares them with `checks.json`.

/// The form of what follows `scheme:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `//[host][:port]`, with the port that stands where none is given.
    Address { port: Option<u16> },
    /// `///absolute/path`
    File,
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
    Choice(&'static [&'static str]),
}

/// The grammar of one scheme; `options` is sorted by name.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    pub scheme: &'static str,
    pub summary: &'static str,
    pub target: Target,
    pub credentials: bool,
    pub path: PathRule,
    pub options: &'static [(&'static str, Kind)],
}
