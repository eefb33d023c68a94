//! `nic://eth0`: the network interface is up, as fast as it should be, and its carrier does not come and go.
//!
//! Documentation/ABI/testing/sysfs-class-net. Only interfaces of the network namespace in which `/sys` was mounted are
//! there: for those of the node it has to be the node's `/sys`.

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Rate, Scheme, Target, parse_rate, quoted};
use crate::sensors::{Collector, Fails, Folder, HardwareCheck, Reading, Scan, Tree, Unreadable};

pub const SCHEME: Scheme = Scheme {
    scheme: "nic",
    summary: "The network interface is up, has at least min-speed (Mb/s), and its carrier changes at most at a rate",
    target: Target::Name,
    path: PathRule::Required,
    hardware: true,
    options: &[("max-carrier-changes", OptionType::Rate), ("min-speed", OptionType::Integer)],
    ..Scheme::BARE
};

/// Looks at one interface.
pub struct Nic {
    sys: Tree,
    name: String,
    max_changes: Option<Rate>,
    min_speed: Option<i64>,
}

impl Nic {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let collector = Self {
            sys: Tree::at(&roots.sys),
            name: url.path.clone(),
            max_changes: url.option("max-carrier-changes").and_then(parse_rate),
            min_speed: url.option("min-speed").and_then(|speed| speed.parse().ok()),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn interface(&self, folder: &Folder, scan: &mut Scan) -> Vec<Reading> {
        let sensor = |what: &str| format!("{} {what}", self.name);
        let mut readings = vec![state(&sensor("operstate"), folder)];
        readings.extend(self.max_changes.map(|rate| match folder.count("carrier_changes") {
            Ok(count) => scan.history.rate(&sensor("carrier changes"), scan.now_ms, count, rate),
            Err(why) => Reading::unknown(&sensor("carrier changes"), why),
        }));
        readings.extend(self.min_speed.map(|least| match folder.number("speed") {
            Ok(speed) if speed > 0 => {
                Reading::number(&sensor("speed"), speed, Fails::Below, least, |it| format!("{it} Mb/s"))
            }
            // -1, or EINVAL: without a carrier there is no speed, and a virtual interface never has one.
            _ => Reading::unknown(&sensor("speed"), "is not known"),
        }));
        readings
    }
}

/// `carrier` cannot be read while the interface is down (EINVAL), so `operstate` is asked; a driver that does not set that
/// leaves `unknown`, and only then the carrier says more.
fn state(sensor: &str, folder: &Folder) -> Reading {
    match folder.line("operstate") {
        Ok(word) if word == "unknown" => match folder.number("carrier") {
            Ok(1) => Reading::judged(sensor, false, "unknown with a carrier", Fails::Unless, "up"),
            Ok(0) => Reading::word(sensor, "unknown without a carrier", "up"),
            _ => Reading::unknown(sensor, "is not known"),
        },
        Ok(word) if STATES.contains(&word.as_str()) => Reading::word(sensor, &word, "up"),
        Ok(word) => Reading::unknown(sensor, format!("is {}, expected a state", quoted(&word))),
        Err(why) => Reading::unknown(sensor, why),
    }
}

/// RFC 2863, as the kernel writes it.
const STATES: &[&str] = &["up", "down", "notpresent", "lowerlayerdown", "testing", "dormant"];

impl Collector for Nic {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let all = match self.sys.folder("class/net") {
            Ok(all) => all,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown(&self.name, why)],
        };
        match all.folder(&self.name) {
            Ok(folder) => {
                scan.history.gone(std::slice::from_ref(&self.name));
                self.interface(&folder, scan)
            }
            Err(Unreadable::Absent) => scan.history.gone(&[]),
            Err(why) => vec![Reading::unknown(&self.name, why)],
        }
    }

    fn none_found(&self) -> String {
        let folder = self.sys.root().join("class/net").join(&self.name);
        format!("{} is missing: the node's interfaces are seen only in the node's /sys", folder.display())
    }
}

#[cfg(test)]
mod tests;
