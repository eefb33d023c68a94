//! `throttle:`: no processor has slowed itself down for heat, as the counters of Intel's say.
//!
//! Documentation/ABI/testing/sysfs-devices-system-cpu. Container runtimes mask these files of late, since they are a side
//! channel: an empty folder is then all that there is, which is not the same as a cool processor.

use std::collections::BTreeMap;

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Rate, Scheme, parse_rate};
use crate::sensors::{Collector, HardwareCheck, Reading, Scan, Tree, Unreadable};

pub const SCHEME: Scheme = Scheme {
    scheme: "throttle",
    summary: "No processor slows itself down for heat more often than the rate max (0/m)",
    hardware: true,
    options: &[("max", OptionType::Rate)],
    ..Scheme::BARE
};

/// Adds the counters of the processors up: two sums rather than a thousand series.
pub struct Throttle {
    sys: Tree,
    most: Rate,
}

impl Throttle {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let most = url.option("max").and_then(parse_rate).unwrap_or(Rate { most: 0, unit: 'm' });
        Ok(HardwareCheck::new(url, roots, Self { sys: Tree::at(&roots.sys), most }))
    }

    fn sums(&self) -> Result<BTreeMap<&'static str, u64>, Unreadable> {
        let mut sums = BTreeMap::new();
        for (name, cpu) in self.sys.folder("devices/system/cpu")?.folders()? {
            if name.strip_prefix("cpu").is_none_or(|number| number.parse::<u32>().is_err()) {
                continue;
            }
            let Ok(folder) = cpu.folder("thermal_throttle") else { continue };
            for kind in ["core", "package"] {
                match folder.count(&format!("{kind}_throttle_count")) {
                    Ok(count) => {
                        let sum: &mut u64 = sums.entry(kind).or_default();
                        *sum = sum.saturating_add(count);
                    }
                    Err(Unreadable::Absent) => {}
                    Err(why) => return Err(why),
                }
            }
        }
        Ok(sums)
    }
}

impl Collector for Throttle {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        match self.sums() {
            Ok(sums) => sums
                .into_iter()
                .map(|(kind, sum)| {
                    scan.history.rate(&format!("cpu {kind} throttles"), scan.now_ms, sum, self.most)
                })
                .collect(),
            Err(Unreadable::Absent) => vec![],
            Err(why) => vec![Reading::unknown("cpu throttles", why)],
        }
    }

    fn none_found(&self) -> String {
        "no processor shows how often it was throttled: its files are masked in a container, or it has none"
            .into()
    }
}

#[cfg(test)]
mod tests;
