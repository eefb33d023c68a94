//! What one `check` leaves for the next in a file, since a rate takes two readings: lines of words, written to a new file
//! that then takes the old one's place. It is of one boot, and of one check.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::counter::Series;
use super::debounce::Debounce;
use super::history::History;
use crate::scheme::CheckUrl;
use crate::sys;

/// In bytes: more than a memory that is full.
const LONGEST: u64 = 2 * 1024 * 1024;

/// The file of one check.
pub struct StateFile {
    path: PathBuf,
    /// The first line: the form, the boot, the check.
    head: String,
}

impl StateFile {
    /// Where the check says, else in the folder, in a file of the check's own; an empty folder is that of the program.
    pub fn of(url: &CheckUrl, folder: &Path) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let own = fnv(url.text.as_bytes());
        let path = url.option("state").map(PathBuf::from).unwrap_or_else(|| {
            let program = env::current_exe().ok().filter(|_| folder.as_os_str().is_empty());
            let folder = program.as_deref().and_then(Path::parent).unwrap_or(folder);
            folder.join(format!(".health-probe-{own:016x}"))
        });
        Self { path, head: format!("health-probe-state 2 {} {own:016x}", boot.trim()) }
    }

    /// What the last run left, nothing if there was none since the machine was booted; a sentence if it is something else.
    pub fn load(&self) -> Result<History, String> {
        let mut bytes = Vec::new();
        let read = open(&self.path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(History::default()),
            Err(error) => return Err(format!("state {} cannot be read: {error}", self.path.display())),
            Ok(_) => {}
        }
        let garbage = || format!("state {} is not that of this check, begun anew", self.path.display());
        let text = String::from_utf8(bytes).map_err(|_| garbage())?;
        let (head, rest) = text.split_once('\n').ok_or_else(garbage)?;
        if head == self.head {
            return decode(rest).ok_or_else(garbage);
        }
        let mut words = head.split(' ').zip(self.head.split(' '));
        // The same but for the boot.
        let same = |index: usize, (one, other): (&str, &str)| one == other || index == 2;
        let known = words.by_ref().enumerate().all(|(index, pair)| same(index, pair));
        if known && head.split(' ').count() == 4 { Ok(History::default()) } else { Err(garbage()) }
    }

    /// Leaves it; a sentence if that fails.
    pub fn save(&self, history: &History) -> Result<(), String> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", std::process::id()));
        let new = self.path.with_file_name(name);
        let text = format!("{}\n{}", self.head, encode(history));
        let write = || {
            let _ = fs::remove_file(&new);
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600).open(&new)?.write_all(text.as_bytes())?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&new);
            format!("state {} cannot be written: {error}", self.path.display())
        })
    }
}

/// Nothing but a plain file, and without waiting for one.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no file")),
    }
}

/// FNV-1a, which tells two checks apart: nothing secret, and nothing worth forging.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One line each; the name of a sensor, which may hold spaces, comes last.
fn encode(history: &History) -> String {
    let mut text = format!("blocked {} {}\n", history.blocked, history.blocked_at.replace('\n', " "));
    for (name, missing) in &history.devices {
        text.push_str(&format!("device {missing} {name}\n"));
    }
    for (name, lasting) in &history.windows {
        let (word, value) = match lasting {
            Debounce::Since(since) => ("since", since),
            Debounce::Readings(bits) => ("readings", bits),
        };
        text.push_str(&format!("{word} {value} {name}\n"));
    }
    for (name, Series { last, grown, samples }) in &history.series {
        let samples: Vec<_> = samples.iter().map(|(at, grown)| format!("{at}:{grown}")).collect();
        text.push_str(&format!("counter {last}/{grown}/{} {name}\n", samples.join(",")));
    }
    text
}

fn decode(text: &str) -> Option<History> {
    let mut history = History::default();
    let mut lines = text.lines();
    let (blocked, at) = lines.next()?.strip_prefix("blocked ")?.split_once(' ')?;
    (history.blocked, history.blocked_at) = (blocked.parse().ok()?, at.to_owned());
    for line in lines {
        let (word, rest) = line.split_once(' ')?;
        let (value, name) = rest.split_once(' ')?;
        let name = name.to_owned();
        match word {
            "device" => drop(history.devices.insert(name, value.parse().ok()?)),
            "since" => drop(history.windows.insert(name, Debounce::Since(value.parse().ok()?))),
            "readings" => drop(history.windows.insert(name, Debounce::Readings(value.parse().ok()?))),
            "counter" => drop(history.series.insert(name, series(value)?)),
            _ => return None,
        }
    }
    Some(history)
}

fn series(text: &str) -> Option<Series> {
    let mut parts = text.splitn(3, '/');
    let (last, grown) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let sample = |text: &str| {
        let (at, grown) = text.split_once(':')?;
        Some((at.parse().ok()?, grown.parse().ok()?))
    };
    // In the order of time, and none from the future, in which a machine that was booted cannot have been.
    let samples: Vec<(u64, u64)> =
        parts.next()?.split(',').filter(|text| !text.is_empty()).map(sample).collect::<Option<_>>()?;
    let ordered = samples.is_sorted() && samples.last().is_none_or(|(at, _)| *at <= sys::since_boot_ms());
    ordered.then_some(Series { last, grown, samples })
}

#[cfg(test)]
mod tests;
