//! `pcie:`: every device has as many lanes as it and its slot can have. An idle device lowers its speed, which is no
//! fault, but never its width.
//!
//! Documentation/ABI/testing/sysfs-bus-pci: `current_link_width`, `max_link_width`

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, quoted};
use crate::sensors::{Collector, Fails, Folder, HardwareCheck, Reading, Scan, Tree, Unreadable, matches};

pub const SCHEME: Scheme = Scheme {
    scheme: "pcie",
    summary: "Every PCIe device runs with as many lanes as it and its slot have, or with min-width",
    hardware: true,
    options: &[("device", OptionType::Text), ("min-width", OptionType::Integer)],
    ..Scheme::BARE
};

/// The class of bridges, of which each port is seen from the device behind it.
const BRIDGE: &str = "0x06";

/// More lanes than there are: what the kernel shows where it knows nothing.
const UNKNOWN_WIDTH: u64 = 64;

/// Looks at every device that is no bridge, by its address.
pub struct Pcie {
    sys: Tree,
    device: String,
    least: Option<u64>,
}

impl Pcie {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let collector = Self {
            sys: Tree::at(&roots.sys),
            device: url.option("device").unwrap_or("*").to_owned(),
            least: url.option("min-width").and_then(|width| width.parse().ok()),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    /// None for a device that is not on PCIe.
    fn device(&self, address: &str, folder: &Folder) -> Option<Reading> {
        if folder.text("class").is_ok_and(|class| class.starts_with(BRIDGE)) {
            return None;
        }
        let own = folder.count("max_link_width");
        if matches!(own, Err(Unreadable::Absent) | Ok(0 | UNKNOWN_WIDTH..)) {
            return None;
        }
        let sensor = format!("{address} width");
        // A card of 16 lanes in a slot of 8 never has more than 8.
        let port = folder.parent().and_then(|port| port.count("max_link_width").ok());
        let slot = port.filter(|width| (1..UNKNOWN_WIDTH).contains(width)).unwrap_or(u64::MAX);
        let expected = self.least.map_or_else(|| own.map(|own| own.min(slot)), Ok);
        Some(match (folder.count("current_link_width"), expected) {
            // Asleep (D3cold), or just being added.
            (Ok(0 | UNKNOWN_WIDTH..), _) => Reading::unknown(&sensor, "is not known: the link is down"),
            (Ok(width), Ok(expected)) => {
                let number = |width: u64| i64::try_from(width).unwrap_or(i64::MAX);
                Reading::number(&sensor, number(width), Fails::Below, number(expected), |it| format!("x{it}"))
            }
            (Err(why), _) | (_, Err(why)) => Reading::unknown(&sensor, why),
        })
    }
}

impl Collector for Pcie {
    fn collect(&self, _visit: &mut Scan) -> Vec<Reading> {
        let folders = match self.sys.folder("bus/pci/devices").and_then(|folder| folder.folders()) {
            Ok(folders) => folders,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown("pci", why)],
        };
        let wanted = folders.iter().filter(|(address, _)| matches(&self.device, address));
        wanted.filter_map(|(address, folder)| self.device(address, folder)).collect()
    }

    fn none_found(&self) -> String {
        match self.device.as_str() {
            "*" => "no PCIe device shows its width".into(),
            device => format!("no PCIe device matches {}", quoted(device)),
        }
    }
}

#[cfg(test)]
mod tests;
