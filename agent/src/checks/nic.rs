//! `nic://eth0`: the network interface is up, as fast as it should be, and its carrier does not come and go.
//!
//! Documentation/ABI/testing/sysfs-class-net. Only interfaces of the network namespace in which `/sys` was mounted are
//! there: for those of the node it has to be the node's `/sys`.

use crate::check::HostRoots;
use crate::grammar::{CheckUrl, Kind, ParseError, PathRule, Rate, Spec, Target, parse_rate, quoted};
use crate::hardware::{Fails, Finding, Folder, Hardware, Look, Tree, Unreadable, Visit};

pub const SPEC: Spec = Spec {
    scheme: "nic",
    summary: "The network interface is up, has at least min-speed (Mb/s), and its carrier changes at most at a rate",
    target: Target::Name,
    path: PathRule::Required,
    hardware: true,
    options: &[("max-carrier-changes", Kind::Rate), ("min-speed", Kind::Integer)],
    ..Spec::BARE
};

/// Looks at one interface.
pub struct Nic {
    sys: Tree,
    name: String,
    max_changes: Option<Rate>,
    min_speed: Option<i64>,
}

impl Nic {
    pub fn from_url(check: &CheckUrl, roots: &HostRoots) -> Result<Hardware, ParseError> {
        let look = Self {
            sys: Tree::at(&roots.sys),
            name: check.path.clone(),
            max_changes: check.option("max-carrier-changes").and_then(parse_rate),
            min_speed: check.option("min-speed").and_then(|speed| speed.parse().ok()),
        };
        Ok(Hardware::new(check, roots, look))
    }

    fn interface(&self, folder: &Folder, visit: &mut Visit) -> Vec<Finding> {
        let sensor = |what: &str| format!("{} {what}", self.name);
        let mut findings = vec![state(&sensor("operstate"), folder)];
        findings.extend(self.max_changes.map(|rate| match folder.count("carrier_changes") {
            Ok(count) => visit.memory.rate(&sensor("carrier changes"), visit.now_ms, count, rate),
            Err(why) => Finding::unknown(&sensor("carrier changes"), why),
        }));
        findings.extend(self.min_speed.map(|least| match folder.number("speed") {
            Ok(speed) if speed > 0 => {
                Finding::number(&sensor("speed"), speed, Fails::Below, least, |it| format!("{it} Mb/s"))
            }
            // -1, or EINVAL: without a carrier there is no speed, and a virtual interface never has one.
            _ => Finding::unknown(&sensor("speed"), "is not known"),
        }));
        findings
    }
}

/// `carrier` cannot be read while the interface is down (EINVAL), so `operstate` is asked; a driver that does not set that
/// leaves `unknown`, and only then the carrier says more.
fn state(sensor: &str, folder: &Folder) -> Finding {
    match folder.line("operstate") {
        Ok(word) if word == "unknown" => match folder.number("carrier") {
            Ok(1) => Finding::judged(sensor, false, "unknown with a carrier", Fails::Unless, "up"),
            Ok(0) => Finding::word(sensor, "unknown without a carrier", "up"),
            _ => Finding::unknown(sensor, "is not known"),
        },
        Ok(word) if STATES.contains(&word.as_str()) => Finding::word(sensor, &word, "up"),
        Ok(word) => Finding::unknown(sensor, format!("is {}, expected a state", quoted(&word))),
        Err(why) => Finding::unknown(sensor, why),
    }
}

/// RFC 2863, as the kernel writes it.
const STATES: &[&str] = &["up", "down", "notpresent", "lowerlayerdown", "testing", "dormant"];

impl Look for Nic {
    fn look(&self, visit: &mut Visit) -> Vec<Finding> {
        let all = match self.sys.folder("class/net") {
            Ok(all) => all,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Finding::unknown(&self.name, why)],
        };
        match all.folder(&self.name) {
            Ok(folder) => {
                visit.memory.missing(std::slice::from_ref(&self.name));
                self.interface(&folder, visit)
            }
            Err(Unreadable::Absent) => visit.memory.missing(&[]),
            Err(why) => vec![Finding::unknown(&self.name, why)],
        }
    }

    fn nothing(&self) -> String {
        let folder = self.sys.root().join("class/net").join(&self.name);
        format!("{} is missing: the node's interfaces are seen only in the node's /sys", folder.display())
    }
}

#[cfg(test)]
mod tests;
