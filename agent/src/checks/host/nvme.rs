//! `nvme:`: every NVMe controller is live and below its critical temperature, which the kernel reads for everybody; and
//! what the drive itself says of its health, where `device` is given, which takes CAP_SYS_ADMIN.
//!
//! <https://docs.kernel.org/nvme/index.html>; the log page is 02h of the NVM Express base specification.

mod smart;

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme};
use crate::sensors::{Collector, HardwareCheck, Max, Reading, Scan, Tree, Unreadable, hwmon};
use crate::sys;

pub const SCHEME: Scheme = Scheme {
    scheme: "nvme",
    summary: "Every NVMe controller is live and cool enough; with device also what SMART says of it, wear up to max-wear (100)",
    hardware: true,
    options: &[("device", OptionType::Device), ("max-wear", OptionType::Integer)],
    requires: &[("max-wear", "device")],
    ..Scheme::BARE
};

/// Those of `nvme_sysfs_show_state`.
const STATES: [&str; 7] = ["live", "new", "resetting", "connecting", "deleting", "deleting (no IO)", "dead"];

/// Looks at the controllers, and into the log of one drive.
pub struct Nvme {
    sys: Tree,
    dev: Tree,
    device: Option<String>,
    max_wear: i64,
}

impl Nvme {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let collector = Self {
            sys: Tree::at(&roots.sys),
            dev: Tree::at(&roots.dev),
            device: url.option("device").and_then(|path| path.strip_prefix("/dev/")).map(str::to_owned),
            max_wear: url.option("max-wear").and_then(|percent| percent.parse().ok()).unwrap_or(100),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn states(&self, scan: &mut Scan) -> Vec<Reading> {
        let controllers = match self.sys.folder("class/nvme").and_then(|folder| folder.folders()) {
            Ok(controllers) => controllers,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown("nvme", why)],
        };
        let names: Vec<_> = controllers.iter().map(|(name, _)| name.clone()).collect();
        let states = controllers.iter().map(|(name, folder)| {
            let sensor = format!("{name} state");
            match folder.line("state") {
                Ok(state) if STATES.contains(&state.as_str()) => Reading::word(&sensor, &state, "live"),
                Ok(_) => Reading::unknown(&sensor, "is not known"),
                Err(why) => Reading::unknown(&sensor, why),
            }
        });
        states.chain(scan.history.gone(&names)).collect()
    }

    fn health(&self, device: &str) -> Vec<Reading> {
        let log = self.dev.folder("").map_err(|why| why.to_string()).and_then(|dev| {
            let file = dev.open(device).map_err(|why| why.to_string())?;
            sys::nvme_log(&file, smart::PAGE).map_err(|error| match error.raw_os_error() {
                Some(libc::EPERM | libc::EACCES) => "cannot be asked without CAP_SYS_ADMIN".to_owned(),
                Some(libc::ENOTTY) => "is no NVMe drive".to_owned(),
                _ => format!("cannot be asked: {error}"),
            })
        });
        match log {
            Ok(log) => smart::judge(device, &log, self.max_wear),
            Err(why) => vec![Reading::unknown(device, why)],
        }
    }
}

impl Collector for Nvme {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let mut readings = self.states(scan);
        match hwmon::chips(&self.sys) {
            Ok(chips) => {
                let drives = chips.iter().filter(|chip| chip.line("name").as_deref() == Ok("nvme"));
                readings.extend(drives.flat_map(|chip| hwmon::chip(chip, Max::Critical, "")));
            }
            Err(why) => readings.push(Reading::unknown("hwmon", why)),
        }
        readings.extend(self.device.iter().flat_map(|device| self.health(device)));
        readings
    }

    fn none_found(&self) -> String {
        "no NVMe controller is visible".into()
    }
}

#[cfg(test)]
mod tests;
