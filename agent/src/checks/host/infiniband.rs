//! `infiniband:`: every port is ACTIVE and its link up, and its error counters do not grow faster than a link in order lets
//! them. RoCE ports too.
//!
//! Documentation/ABI/stable/sysfs-class-infiniband. The rates are those at which NVSentinel's NIC monitor acts.

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Rate, Scheme, quoted};
use crate::sensors::{Collector, Folder, HardwareCheck, Reading, Scan, Tree, Unreadable, matches};

pub const SCHEME: Scheme = Scheme {
    scheme: "infiniband",
    summary: "Every InfiniBand or RoCE port is ACTIVE with its link up, and its error counters hardly grow",
    hardware: true,
    options: &[("device", OptionType::Text), ("state-only", OptionType::Flag)],
    ..Scheme::BARE
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
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let collector = Self {
            sys: Tree::at(&roots.sys),
            device: url.option("device").unwrap_or("*").to_owned(),
            counters: url.option("state-only").is_none(),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn port(&self, name: &str, port: &Folder, scan: &mut Scan) -> Vec<Reading> {
        let physical = port.line("phys_state").map(word);
        // The administrator of the node has switched it off.
        if physical.as_deref() == Ok("Disabled") {
            return vec![];
        }
        let expect = |what: &str, state: Result<String, Unreadable>, expected: &str| {
            let sensor = format!("{name} {what}");
            match state {
                Ok(state) if state.is_empty() => Reading::unknown(&sensor, "is not known"),
                Ok(state) => Reading::word(&sensor, &state, expected),
                Err(why) => Reading::unknown(&sensor, why),
            }
        };
        let mut readings = vec![
            expect("state", port.line("state").map(word), "ACTIVE"),
            expect("phys_state", physical, "LinkUp"),
        ];
        for (folder, counter, rate) in COUNTERS.iter().filter(|_| self.counters) {
            let sensor = format!("{name} {counter}");
            match port.folder(folder).and_then(|folder| folder.count(counter)) {
                Ok(count) => readings.push(scan.history.rate(&sensor, scan.now_ms, count, *rate)),
                // Not every device has every counter.
                Err(Unreadable::Absent) => {}
                Err(why) => readings.push(Reading::unknown(&sensor, why)),
            }
        }
        readings
    }
}

/// `4: ACTIVE`, without its number; nothing where it is something else.
fn word(text: String) -> String {
    let known = text.split_once(": ").filter(|(number, _)| number.parse::<u8>().is_ok());
    known.map_or_else(String::new, |(_, word)| word.to_owned())
}

impl Collector for Infiniband {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let devices = match self.sys.folder("class/infiniband").and_then(|folder| folder.folders()) {
            Ok(devices) => devices,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown("infiniband", why)],
        };
        let mut readings = vec![];
        let mut present = vec![];
        for (device, folder) in devices {
            let ports = folder.folder("ports").and_then(|ports| ports.folders()).unwrap_or_default();
            for (number, port) in ports {
                let name = format!("{device}/{number}");
                if matches(&self.device, &device) || matches(&self.device, &name) {
                    readings.extend(self.port(&name, &port, scan));
                    present.push(name);
                }
            }
        }
        readings.extend(scan.history.gone(&present));
        readings
    }

    fn none_found(&self) -> String {
        match self.device.as_str() {
            "*" => "no InfiniBand port is visible and switched on".into(),
            device => format!("no InfiniBand port matches {} and is switched on", quoted(device)),
        }
    }
}

#[cfg(test)]
mod tests;
