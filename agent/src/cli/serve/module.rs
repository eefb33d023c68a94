//! `--module NAME=CHECK --target PATTERN...`: what `/probe` may ask, and of whom.

use super::target::{Place, TargetPattern};
use crate::check::HostRoots;
use crate::registry::SCHEMES;
use crate::runner::Runner;
use crate::scheme::{CheckUrl, ParseError, Target, parse as parse_check, quoted};

/// A check without a host, and the servers to which a request may send it.
#[derive(Clone, Debug)]
pub struct Module {
    check: CheckUrl,
    targets: Vec<TargetPattern>,
}

impl Module {
    /// Refuses what is not asked of a server by its address, and what names or leads to a server of its own.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let check = parse_check(text, SCHEMES)?;
        if check.name.is_empty() {
            return Err(ParseError(format!("option --module is {}, expected NAME=CHECK", quoted(text))));
        }
        let scheme = SCHEMES.iter().find(|scheme| scheme.scheme == check.scheme);
        let asks =
            scheme.is_some_and(|scheme| scheme.asks && matches!(scheme.target, Target::Address { .. }));
        let refused = match () {
            () if !asks => {
                format!("has the scheme {}, expected one that asks a server", check.scheme)
            }
            () if !check.socket.is_empty() => "has a socket, expected none: a target is HOST:PORT".into(),
            () if !check.host.is_empty() => {
                format!("has the host {}, expected none: it comes with the target", quoted(&check.host))
            }
            () if check.option("follow").is_some() => {
                "has follow, expected none: a redirect leads where no target allows".into()
            }
            () => String::new(),
        };
        if !refused.is_empty() {
            return Err(ParseError(format!("module {} {refused}", quoted(&check.name))));
        }
        Ok(Self { check, targets: Vec::new() })
    }

    pub fn name(&self) -> &str {
        &self.check.name
    }

    /// Lets it be sent to the servers of one more pattern.
    pub fn allow(&mut self, pattern: TargetPattern) {
        self.targets.push(pattern);
    }

    /// Refuses a module that can be sent nowhere, or whose check cannot be made.
    pub fn complete(&self) -> Result<(), ParseError> {
        if self.targets.is_empty() {
            let name = quoted(self.name());
            return Err(ParseError(format!(
                "module {name} has no target, expected --target HOST:PORT after it"
            )));
        }
        let example = Place { host: "127.0.0.1".into(), port: self.check.port.unwrap_or(1) };
        Runner::new(self.sent_to(example), &HostRoots::default()).map(drop)
    }

    /// The place that a request names, by the scheme and the port of this module.
    pub fn place(&self, target: &str) -> Result<Place, ParseError> {
        Place::parse(target, &self.check.scheme, self.check.port)
    }

    /// Whether a request may send it there.
    pub fn allows(&self, place: &Place) -> bool {
        self.targets.iter().any(|pattern| pattern.allows(place))
    }

    /// The check of that server.
    pub fn sent_to(&self, place: Place) -> CheckUrl {
        CheckUrl { host: place.host, port: Some(place.port), ..self.check.clone() }
    }
}
