//! `memory-errors:`: no uncorrectable error of the memory since the first reading, and no more corrected ones than a rate,
//! as the memory controllers count them (EDAC).
//!
//! <https://docs.kernel.org/admin-guide/RAS/main.html>, Documentation/ABI/testing/sysfs-devices-edac

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Rate, Scheme, parse_rate};
use crate::sensors::{Collector, Folder, HardwareCheck, Reading, Scan, Tree, Unreadable};

pub const SCHEME: Scheme = Scheme {
    scheme: "memory-errors",
    summary: "No memory controller counts a new uncorrectable error, nor corrected ones above the rate max-corrected",
    hardware: true,
    options: &[("max-corrected", OptionType::Rate), ("max-uncorrected", OptionType::Integer)],
    ..Scheme::BARE
};

/// Looks at the counters of every memory controller.
pub struct MemoryErrors {
    sys: Tree,
    max_corrected: Option<Rate>,
    max_uncorrected: u64,
}

impl MemoryErrors {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let max_uncorrected = url.option("max-uncorrected").and_then(|count| count.parse().ok());
        let collector = Self {
            sys: Tree::at(&roots.sys),
            max_corrected: url.option("max-corrected").and_then(parse_rate),
            max_uncorrected: max_uncorrected.unwrap_or(0),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn controller(&self, name: &str, folder: &Folder, scan: &mut Scan) -> Vec<Reading> {
        let sensor = format!("{name} uncorrectable errors");
        let uncorrected = match errors(folder, "ue") {
            Ok(count) => scan.history.growth(&sensor, scan.now_ms, count, self.max_uncorrected),
            Err(why) => Reading::unknown(&sensor, why),
        };
        let corrected = self.max_corrected.map(|rate| {
            let sensor = format!("{name} corrected errors");
            // When the counter was 0 is known, which spares a machine that was just booted the wait for a second reading.
            let since_ms = folder.count("seconds_since_reset").ok().and_then(|it| it.checked_mul(1_000));
            let reset = since_ms.filter(|since| *since <= millis(rate)).map(|it| scan.now_ms.checked_sub(it));
            if let Some(then_ms) = reset.flatten() {
                scan.history.begin_at(&sensor, then_ms);
            }
            match errors(folder, "ce") {
                Ok(count) => scan.history.rate(&sensor, scan.now_ms, count, rate),
                Err(why) => Reading::unknown(&sensor, why),
            }
        });
        [Some(uncorrected), corrected].into_iter().flatten().collect()
    }
}

fn millis(rate: Rate) -> u64 {
    u64::try_from(rate.time().as_millis()).unwrap_or(u64::MAX)
}

/// Those of no known module are part of the sum with some drivers and not with others.
fn errors(folder: &Folder, kind: &str) -> Result<u64, Unreadable> {
    let sum = folder.count(&format!("{kind}_count"))?;
    match folder.count(&format!("{kind}_noinfo_count")) {
        Err(Unreadable::Absent) => Ok(sum),
        nowhere => Ok(sum.max(nowhere?)),
    }
}

impl Collector for MemoryErrors {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let folders = match self.sys.folder("devices/system/edac/mc").and_then(|folder| folder.folders()) {
            Ok(folders) => folders,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown("edac", why)],
        };
        let controllers = folders
            .iter()
            .filter(|(name, _)| name.strip_prefix("mc").is_some_and(|number| number.parse::<u32>().is_ok()));
        controllers.flat_map(|(name, folder)| self.controller(name, folder, scan)).collect()
    }

    fn none_found(&self) -> String {
        "no memory controller counts errors: the memory has no ECC, or no EDAC driver is loaded".into()
    }
}

#[cfg(test)]
mod tests;
