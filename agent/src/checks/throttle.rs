//! `throttle:`: no processor has slowed itself down for heat, as the counters of Intel's say.
//!
//! Documentation/ABI/testing/sysfs-devices-system-cpu. Container runtimes mask these files of late, since they are a side
//! channel: an empty folder is then all that there is, which is not the same as a cool processor.

use std::collections::BTreeMap;

use crate::check::HostRoots;
use crate::grammar::{CheckUrl, Kind, ParseError, Rate, Spec, parse_rate};
use crate::hardware::{Finding, Hardware, Look, Tree, Unreadable, Visit};

pub const SPEC: Spec = Spec {
    scheme: "throttle",
    summary: "No processor slows itself down for heat more often than the rate max (0/m)",
    hardware: true,
    options: &[("max", Kind::Rate)],
    ..Spec::BARE
};

/// Adds the counters of the processors up: two sums rather than a thousand series.
pub struct Throttle {
    sys: Tree,
    most: Rate,
}

impl Throttle {
    pub fn from_url(check: &CheckUrl, roots: &HostRoots) -> Result<Hardware, ParseError> {
        let most = check.option("max").and_then(parse_rate).unwrap_or(Rate { most: 0, unit: 'm' });
        Ok(Hardware::new(check, roots, Self { sys: Tree::at(&roots.sys), most }))
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

impl Look for Throttle {
    fn look(&self, visit: &mut Visit) -> Vec<Finding> {
        match self.sums() {
            Ok(sums) => sums
                .into_iter()
                .map(|(kind, sum)| {
                    visit.memory.rate(&format!("cpu {kind} throttles"), visit.now_ms, sum, self.most)
                })
                .collect(),
            Err(Unreadable::Absent) => vec![],
            Err(why) => vec![Finding::unknown("cpu throttles", why)],
        }
    }

    fn nothing(&self) -> String {
        "no processor shows how often it was throttled: its files are masked in a container, or it has none"
            .into()
    }
}

#[cfg(test)]
mod tests;
