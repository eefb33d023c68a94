//! `device:///dev/nvidia0`: the device node is there and can be opened, which asks the driver, and is closed again at once.
//!
//! A node that a container may not open (the device cgroup, its owner) says nothing of the device.

use std::fs::OpenOptions;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, is_device, percent_decode, quoted};
use crate::sensors::{Collector, HardwareCheck, Reading, Scan, Tree, Unreadable};

pub const SCHEME: Scheme = Scheme {
    scheme: "device",
    summary: "A device node under /dev is there and can be opened",
    target: Target::Path,
    path: PathRule::Required,
    hardware: true,
    ..Scheme::BARE
};

/// Major and minor number of `/dev/watchdog`, which restarts the machine if it is opened and then left alone.
const WATCHDOG: u64 = (10 << 8) | 130;

/// Opens one device node.
pub struct Device {
    dev: Tree,
    name: String,
}

impl Device {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let path = percent_decode(&url.path).unwrap_or_default();
        match path.strip_prefix("/dev/").filter(|_| is_device(&path)) {
            Some(name) => {
                let collector = Self { dev: Tree::at(&roots.dev), name: name.to_owned() };
                Ok(HardwareCheck::new(url, roots, collector))
            }
            None => Err(ParseError(format!("path is {}, expected a path under /dev", quoted(&url.path)))),
        }
    }

    fn open(&self) -> Result<Reading, Unreadable> {
        let sensor = format!("{} node", self.name);
        let is = |state: &str| Ok(Reading::word(&sensor, state, "open"));
        let path = match self.dev.path(&self.name) {
            Err(Unreadable::Absent) => return is("missing"),
            path => path?,
        };
        let data = std::fs::metadata(&path)?;
        if !data.file_type().is_char_device() && !data.file_type().is_block_device() {
            return is("no device");
        }
        let base = self.name.rsplit('/').next().unwrap_or_default();
        if data.rdev() == WATCHDOG || base.starts_with("watchdog") {
            return Ok(Reading::unknown(&sensor, "is not opened: it would restart the machine"));
        }
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        match OpenOptions::new().read(true).custom_flags(flags).open(&path) {
            Ok(_) => is("open"),
            Err(error) => match error.raw_os_error() {
                // Another process uses it, so it is there.
                Some(libc::EBUSY) => is("open"),
                Some(libc::ENXIO | libc::ENODEV | libc::EIO) => is("dead"),
                _ => Err(error.into()),
            },
        }
    }
}

impl Collector for Device {
    fn collect(&self, _visit: &mut Scan) -> Vec<Reading> {
        vec![self.open().unwrap_or_else(|why| Reading::unknown(&format!("{} node", self.name), why))]
    }

    fn none_found(&self) -> String {
        format!("{} is no device", self.name)
    }
}

#[cfg(test)]
mod tests;
