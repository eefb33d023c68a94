//! What one `check` leaves for the next in a file, since a rate takes two readings: lines of words, written to a new file
//! that then takes the old one's place. It is of one boot, and of one check.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::counter::Series;
use super::debounce::Debounce;
use super::history::History;
use crate::left_file;
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
        let own = left_file::fingerprint(&url.text);
        let of_check = || left_file::folder_of(folder).join(format!(".health-probe-{own:016x}"));
        let path = url.option("state").map(PathBuf::from).unwrap_or_else(of_check);
        Self { path, head: format!("health-probe-state 2 {} {own:016x}", left_file::boot()) }
    }

    /// What the last run left, nothing if there was none since the machine was booted; a sentence if it is something else.
    pub fn load(&self) -> Result<History, String> {
        let mut bytes = Vec::new();
        let read = left_file::open(&self.path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
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
        left_file::replace(&self.path, &format!("{}\n{}", self.head, encode(history)))
            .map_err(|error| format!("state {} cannot be written: {error}", self.path.display()))
    }
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
