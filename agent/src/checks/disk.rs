//! `disk:///data`: the file system of the path has space and inodes left, and has not been remounted read-only, which is
//! what the kernel does after an error.
//!
//! statfs(2), proc_pid_mountinfo(5)

use std::ffi::CString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::Roots;
use crate::grammar::{Check, Kind, PathRule, Refusal, Space, Spec, Target, parse_percent, parse_space};
use crate::hardware::{Fails, Finding, Hardware, Look, Tree, Unreadable, Visit, reading};
use crate::sys;

pub const SPEC: Spec = Spec {
    scheme: "disk",
    summary: "The file system of the path has min-free (5%) and min-inodes left, and is not read-only",
    target: Target::File,
    path: PathRule::Required,
    hardware: true,
    options: &[("min-free", Kind::Space), ("min-inodes", Kind::Percent)],
    ..Spec::BARE
};

/// Thousands of mounts.
const LONGEST_MOUNTINFO: u64 = 2 * 1024 * 1024;

/// What ext4 shows of late in place of `ro`.
const READ_ONLY: [&str; 3] = ["ro", "emergency_ro", "shutdown"];

/// Looks at the file system on which the path lies.
pub struct Disk {
    proc: Tree,
    path: PathBuf,
    name: String,
    min_free: Space,
    min_inodes: Option<u32>,
}

impl Disk {
    pub fn from_check(check: &Check, roots: &Roots) -> Result<Hardware, Refusal> {
        let name = check.files.first().cloned().unwrap_or_default();
        let look = Self {
            proc: Tree::at(&roots.proc),
            path: PathBuf::from(&name),
            name,
            min_free: check.option("min-free").and_then(parse_space).unwrap_or(Space::Percent(5)),
            min_inodes: check.option("min-inodes").and_then(parse_percent),
        };
        Ok(Hardware::new(check, roots, look))
    }

    fn space(&self, room: &sys::Room) -> Vec<Finding> {
        let sensor = |what: &str| format!("{} {what}", self.name);
        let mut findings = vec![match self.min_free {
            Space::Percent(least) => share(&sensor("free"), room.free, room.used, least),
            Space::Bytes(least) => {
                let number = |bytes: u64| i64::try_from(bytes / 1024).unwrap_or(i64::MAX);
                let (free, least) = (number(room.free.saturating_mul(room.block)), number(least));
                Finding::number(&sensor("free"), free, Fails::Below, least, size)
            }
        }];
        // A file system that makes inodes as it needs them has none to run out of.
        let inodes = self.min_inodes.filter(|_| room.inodes_free + room.inodes_used > 0);
        findings
            .extend(inodes.map(|least| share(&sensor("inodes"), room.inodes_free, room.inodes_used, least)));
        findings
    }

    /// By the options of the file system, not those of the mount: one that is mounted read-only on purpose may lie on a
    /// file system in order.
    fn writable(&self) -> Finding {
        let sensor = format!("{} file system", self.name);
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        match self.options_of(&real) {
            Ok(Some(options)) => {
                let bad = options.split(',').find(|option| READ_ONLY.contains(option));
                Finding::judged(&sensor, bad.is_some(), bad.unwrap_or("rw"), Fails::Unless, "rw")
            }
            Ok(None) => Finding::unknown(&sensor, "is not in mountinfo"),
            Err(why) => Finding::unknown(&sensor, format!("mountinfo {why}")),
        }
    }

    /// The options of the file system whose mount point is the longest in front of the path, the last of those that
    /// cover each other.
    fn options_of(&self, path: &Path) -> Result<Option<String>, Unreadable> {
        let file = self.proc.folder("self")?.open("mountinfo")?;
        let mut best: Option<(usize, String)> = None;
        for line in BufReader::new(file.take(LONGEST_MOUNTINFO)).split(b'\n') {
            let line = line?;
            let Some((point, options)) = mount(&line) else { continue };
            let length = point.as_os_str().len();
            if path.starts_with(&point) && best.as_ref().is_none_or(|(longest, _)| length >= *longest) {
                best = Some((length, options));
            }
        }
        Ok(best.map(|(_, options)| options))
    }
}

/// As df(1) counts: of what may be had without being root.
fn share(sensor: &str, free: u64, used: u64, least: u32) -> Finding {
    let whole = u128::from(free) + u128::from(used);
    let hundredths = (u128::from(free) * 10_000).checked_div(whole).and_then(|it| i64::try_from(it).ok());
    match hundredths {
        Some(hundredths) => {
            Finding::number(sensor, hundredths, Fails::Below, i64::from(least) * 100, |hundredths| {
                let tenths = hundredths / 10;
                if tenths % 10 == 0 {
                    format!("{} %", tenths / 10)
                } else {
                    format!("{}.{} %", tenths / 10, tenths % 10)
                }
            })
        }
        None => Finding::unknown(sensor, "is not known: the file system has no size"),
    }
}

fn size(kibibytes: i64) -> String {
    let units = [(30, "Ti"), (20, "Gi"), (10, "Mi")];
    let unit = units.into_iter().find(|(shift, _)| kibibytes >> shift > 9);
    unit.map_or_else(|| format!("{kibibytes} Ki"), |(shift, name)| format!("{} {name}", kibibytes >> shift))
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`: the mount point, and the last word.
fn mount(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut words = line.split(|byte| *byte == b' ');
    let point = unescaped(words.nth(4)?);
    words.find(|word| *word == b"-")?;
    let options = words.nth(2)?;
    Some((point, String::from_utf8_lossy(options).into_owned()))
}

/// A space is `\040`.
fn unescaped(word: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        let code = match (byte, after) {
            (b'\\', [one @ b'0'..=b'3', two @ b'0'..=b'7', three @ b'0'..=b'7', ..]) => {
                Some((one - b'0') << 6 | (two - b'0') << 3 | (three - b'0'))
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

impl Look for Disk {
    fn look(&self, _visit: &mut Visit) -> Vec<Finding> {
        reading(&self.path);
        let Ok(path) = CString::new(self.path.as_os_str().as_bytes()) else { return vec![] };
        match sys::room(&path) {
            Ok(room) => self.space(&room).into_iter().chain([self.writable()]).collect(),
            Err(error) => {
                let sick = [libc::EIO, libc::ESTALE, libc::ENOTCONN, libc::ESHUTDOWN, libc::EUCLEAN];
                match error.raw_os_error().is_some_and(|code| sick.contains(&code)) {
                    true => vec![Finding::word(
                        &format!("{} file system", self.name),
                        &error.to_string(),
                        "readable",
                    )],
                    false => vec![Finding::unknown(&self.name, Unreadable::from(error))],
                }
            }
        }
    }

    fn nothing(&self) -> String {
        format!("{} is no path", self.name)
    }
}

#[cfg(test)]
mod tests;
