//! `infiniband:`: every port is ACTIVE and its link up, and its error counters do not grow faster than a link in order lets
//! them. RoCE ports too.
//!
//! Documentation/ABI/stable/sysfs-class-infiniband. The rates are those at which NVSentinel's NIC monitor acts.

use crate::check::HostRoots;
use crate::grammar::{CheckUrl, Kind, ParseError, Rate, Spec, quoted};
use crate::hardware::{Finding, Folder, Hardware, Look, Tree, Unreadable, Visit, matches};

pub const SPEC: Spec = Spec {
    scheme: "infiniband",
    summary: "Every InfiniBand or RoCE port is ACTIVE with its link up, and its error counters hardly grow",
    hardware: true,
    options: &[("device", Kind::Text), ("state-only", Kind::Flag)],
    ..Spec::BARE
};

/// A counter of a port, and how fast it may grow.
const COUNTERS: &[(&str, &str, Rate)] = &[
    ("counters", "link_downed", Rate { most: 0, unit: 'h' }),
    ("counters", "excessive_buffer_overrun_errors", Rate { most: 0, unit: 'h' }),
    ("counters", "local_link_integrity_errors", Rate { most: 0, unit: 'h' }),
    ("hw_counters", "rnr_nak_retry_err", Rate { most: 0, unit: 'h' }),
    ("counters", "symbol_error", Rate { most: 120, unit: 'h' }),
    ("counters", "link_error_recovery", Rate { most: 5, unit: 'm' }),
    ("counters", "port_rcv_errors", Rate { most: 10, unit: 's' }),
];

/// Looks at the ports of every device that the name picks by `mlx5_0` or `mlx5_0/1`.
pub struct Infiniband {
    sys: Tree,
    device: String,
    counters: bool,
}

impl Infiniband {
    pub fn from_url(check: &CheckUrl, roots: &HostRoots) -> Result<Hardware, ParseError> {
        let look = Self {
            sys: Tree::at(&roots.sys),
            device: check.option("device").unwrap_or("*").to_owned(),
            counters: check.option("state-only").is_none(),
        };
        Ok(Hardware::new(check, roots, look))
    }

    fn port(&self, name: &str, port: &Folder, visit: &mut Visit) -> Vec<Finding> {
        let physical = port.line("phys_state").map(word);
        // Switched off by whoever runs the node.
        if physical.as_deref() == Ok("Disabled") {
            return vec![];
        }
        let expect = |what: &str, state: Result<String, Unreadable>, expected: &str| {
            let sensor = format!("{name} {what}");
            match state {
                Ok(state) if state.is_empty() => Finding::unknown(&sensor, "is not known"),
                Ok(state) => Finding::word(&sensor, &state, expected),
                Err(why) => Finding::unknown(&sensor, why),
            }
        };
        let mut findings = vec![
            expect("state", port.line("state").map(word), "ACTIVE"),
            expect("phys_state", physical, "LinkUp"),
        ];
        for (folder, counter, rate) in COUNTERS.iter().filter(|_| self.counters) {
            let sensor = format!("{name} {counter}");
            match port.folder(folder).and_then(|folder| folder.count(counter)) {
                Ok(count) => findings.push(visit.memory.rate(&sensor, visit.now_ms, count, *rate)),
                // Not every device has every counter.
                Err(Unreadable::Absent) => {}
                Err(why) => findings.push(Finding::unknown(&sensor, why)),
            }
        }
        findings
    }
}

/// `4: ACTIVE`, without its number; nothing where it is something else.
fn word(text: String) -> String {
    let known = text.split_once(": ").filter(|(number, _)| number.parse::<u8>().is_ok());
    known.map_or_else(String::new, |(_, word)| word.to_owned())
}

impl Look for Infiniband {
    fn look(&self, visit: &mut Visit) -> Vec<Finding> {
        let devices = match self.sys.folder("class/infiniband").and_then(|folder| folder.folders()) {
            Ok(devices) => devices,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Finding::unknown("infiniband", why)],
        };
        let mut findings = vec![];
        let mut present = vec![];
        for (device, folder) in devices {
            let ports = folder.folder("ports").and_then(|ports| ports.folders()).unwrap_or_default();
            for (number, port) in ports {
                let name = format!("{device}/{number}");
                if matches(&self.device, &device) || matches(&self.device, &name) {
                    findings.extend(self.port(&name, &port, visit));
                    present.push(name);
                }
            }
        }
        findings.extend(visit.memory.missing(&present));
        findings
    }

    fn nothing(&self) -> String {
        match self.device.as_str() {
            "*" => "no InfiniBand port is visible and switched on".into(),
            device => format!("no InfiniBand port matches {} and is switched on", quoted(device)),
        }
    }
}

#[cfg(test)]
mod tests;
