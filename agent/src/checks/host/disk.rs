//! `disk:///data`: the file system of the path has space and inodes left, counts no new errors, and has not been remounted
//! read-only, which is what the kernel does after an error where it does not go on (`errors=continue`, the default of ext4).
//!
//! statfs(2), proc_pid_mountinfo(5), <https://docs.kernel.org/filesystems/ext4/super.html> (s_error_count)

mod mounts;

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::check::HostRoots;
use crate::scheme::{
    CheckUrl, OptionType, ParseError, PathRule, Scheme, Space, Target, parse_percent, parse_space,
};
use crate::sensors::{Collector, Fails, HardwareCheck, Reading, Scan, Tree, Unreadable, about_to_read};
use crate::sys;
use mounts::Mount;

pub const SCHEME: Scheme = Scheme {
    scheme: "disk",
    summary: "The file system of the path has min-free (5%) and min-inodes left, counts no new error, and is not read-only",
    target: Target::File,
    path: PathRule::Required,
    hardware: true,
    options: &[
        ("max-errors", OptionType::Integer),
        ("min-free", OptionType::Space),
        ("min-inodes", OptionType::Percent),
    ],
    ..Scheme::BARE
};

/// What ext4 shows of late in place of `ro`.
const READ_ONLY: [&str; 3] = ["ro", "emergency_ro", "shutdown"];

/// Looks at the file system on which the path lies.
pub struct Disk {
    proc: Tree,
    sys: Tree,
    path: PathBuf,
    name: String,
    min_free: Space,
    min_inodes: Option<u32>,
    max_errors: u64,
}

impl Disk {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let name = url.files.first().cloned().unwrap_or_default();
        let collector = Self {
            proc: Tree::at(&roots.proc),
            sys: Tree::at(&roots.sys),
            path: PathBuf::from(&name),
            name,
            min_free: url.option("min-free").and_then(parse_space).unwrap_or(Space::Percent(5)),
            min_inodes: url.option("min-inodes").and_then(parse_percent),
            max_errors: url.option("max-errors").and_then(|count| count.parse().ok()).unwrap_or(0),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn space(&self, stats: &sys::FsStats) -> Vec<Reading> {
        let sensor = |what: &str| format!("{} {what}", self.name);
        let mut readings = vec![match self.min_free {
            Space::Percent(least) => share(&sensor("free"), stats.free, stats.used, least),
            Space::Bytes(least) => {
                let number = |bytes: u64| i64::try_from(bytes / 1024).unwrap_or(i64::MAX);
                let (free, least) = (number(stats.free.saturating_mul(stats.block)), number(least));
                Reading::number(&sensor("free"), free, Fails::Below, least, size)
            }
        }];
        // A file system that makes inodes as it needs them has none to run out of.
        let inodes = self.min_inodes.filter(|_| stats.inodes_free + stats.inodes_used > 0);
        readings.extend(
            inodes.map(|least| share(&sensor("inodes"), stats.inodes_free, stats.inodes_used, least)),
        );
        readings
    }

    /// What the kernel says of the file system, apart from its space.
    fn state(&self, scan: &mut Scan) -> Vec<Reading> {
        let sensor = format!("{} file system", self.name);
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        match mounts::mount_of(&self.proc, &real) {
            Ok(Some(mount)) => {
                let errors = self.errors(&format!("{sensor} errors"), &mount, scan);
                [Some(writable(&sensor, &mount)), errors].into_iter().flatten().collect()
            }
            Ok(None) => vec![Reading::unknown(&sensor, "is not in mountinfo")],
            Err(why) => vec![Reading::unknown(&sensor, format!("mountinfo {why}"))],
        }
    }

    /// By what was counted since the first reading: the superblock keeps the count until fsck mends the file system, and a
    /// volume brings it along from the node that it was on before.
    fn errors(&self, sensor: &str, mount: &Mount, scan: &mut Scan) -> Option<Reading> {
        match mounts::error_count(&self.sys, mount) {
            Ok(count) => Some(scan.history.growth(sensor, scan.now_ms, count?, self.max_errors)),
            Err(why) => Some(Reading::unknown(sensor, why)),
        }
    }
}

/// By the options of the file system, not those of the mount: one that is mounted read-only on purpose may lie on a file
/// system in order.
fn writable(sensor: &str, mount: &Mount) -> Reading {
    let bad = mount.options.split(',').find(|option| READ_ONLY.contains(option));
    Reading::judged(sensor, bad.is_some(), bad.unwrap_or("rw"), Fails::Unless, "rw")
}

/// As df(1) counts: of what may be had without being root.
fn share(sensor: &str, free: u64, used: u64, least: u32) -> Reading {
    let whole = u128::from(free) + u128::from(used);
    let hundredths = (u128::from(free) * 10_000).checked_div(whole).and_then(|it| i64::try_from(it).ok());
    match hundredths {
        Some(hundredths) => {
            Reading::number(sensor, hundredths, Fails::Below, i64::from(least) * 100, |hundredths| {
                let tenths = hundredths / 10;
                if tenths % 10 == 0 {
                    format!("{} %", tenths / 10)
                } else {
                    format!("{}.{} %", tenths / 10, tenths % 10)
                }
            })
        }
        None => Reading::unknown(sensor, "is not known: the file system has no size"),
    }
}

fn size(kibibytes: i64) -> String {
    let units = [(30, "Ti"), (20, "Gi"), (10, "Mi")];
    let unit = units.into_iter().find(|(shift, _)| kibibytes >> shift > 9);
    unit.map_or_else(|| format!("{kibibytes} Ki"), |(shift, name)| format!("{} {name}", kibibytes >> shift))
}

impl Collector for Disk {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        about_to_read(&self.path);
        let Ok(path) = CString::new(self.path.as_os_str().as_bytes()) else { return vec![] };
        match sys::fs_stats(&path) {
            Ok(stats) => self.space(&stats).into_iter().chain(self.state(scan)).collect(),
            Err(error) => {
                let sick = [libc::EIO, libc::ESTALE, libc::ENOTCONN, libc::ESHUTDOWN, libc::EUCLEAN];
                match error.raw_os_error().is_some_and(|code| sick.contains(&code)) {
                    true => vec![Reading::word(
                        &format!("{} file system", self.name),
                        &error.to_string(),
                        "readable",
                    )],
                    false => vec![Reading::unknown(&self.name, Unreadable::from(error))],
                }
            }
        }
    }

    fn none_found(&self) -> String {
        format!("{} is no path", self.name)
    }
}

#[cfg(test)]
mod tests;
