//! What one `check --guess` leaves for the next in a file: since when the container lives, and which checks have passed in
//! that time. The file outlives the container, so the probe for startup, which is run for a new one only, begins it anew.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::left_file;
use crate::sys;

/// In bytes: more than a command line of checks that were found.
const LONGEST: u64 = 64 * 1024;

/// The life of a container as far as the file tells. Without one nothing is proven, and nothing is held back.
pub struct Life {
    path: PathBuf,
    began_ms: Option<u64>,
    proven: Vec<u64>,
}

impl Life {
    /// What the file in the folder tells; nothing where there is none of this boot.
    pub fn load(folder: &Path) -> Self {
        let path = folder.join(".health-probe-life");
        let text = read(&path).unwrap_or_default();
        let mut lines = text.lines();
        let began_ms = lines.next().and_then(|head| head.strip_prefix(&head_of_boot())?.parse().ok());
        let began_ms = began_ms.filter(|&began| began <= sys::since_boot_ms());
        let proven = lines.filter_map(|line| u64::from_str_radix(line, 16).ok());
        Self { path, proven: if began_ms.is_some() { proven.collect() } else { vec![] }, began_ms }
    }

    /// Begins a life, in which nothing is proven. Where the file cannot be written the guess stays without power.
    pub fn begin(&mut self) {
        let now = sys::since_boot_ms();
        let written = left_file::replace(&self.path, &format!("{}{now}\n", head_of_boot()));
        self.began_ms = written.is_ok().then_some(now);
        self.proven.clear();
    }

    /// Begins a life unless the file tells of one.
    pub fn begin_if_unknown(&mut self) {
        if self.began_ms.is_none() {
            self.begin();
        }
    }

    /// Whether the check has passed in this life.
    pub fn has_passed(&self, check: &str) -> bool {
        self.proven.contains(&left_file::fingerprint(check))
    }

    /// Notes that the check passed.
    pub fn note_pass(&self, check: &str) {
        if self.began_ms.is_some() && !self.has_passed(check) {
            // A line is written at once, so two probes that run at a time do not mix theirs.
            let line = format!("{:x}\n", left_file::fingerprint(check));
            let file = OpenOptions::new().append(true).custom_flags(libc::O_NOFOLLOW).open(&self.path);
            drop(file.and_then(|mut file| file.write_all(line.as_bytes())));
        }
    }

    /// Whether the life began less than that ago.
    pub fn is_younger_than(&self, time: Duration) -> bool {
        let age = self.began_ms.map(|began| sys::since_boot_ms().saturating_sub(began));
        age.is_some_and(|age| u128::from(age) < time.as_millis())
    }
}

fn head_of_boot() -> String {
    format!("health-probe-life 1 {} ", left_file::boot())
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    left_file::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("health-probe-life-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_has_passed_is_known_until_a_new_life_begins() {
        let folder = folder("passed");
        let mut life = Life::load(&folder);
        life.begin();
        life.note_pass("redis://:1");
        let mut later = Life::load(&folder);
        assert_eq!(["redis://:1", "redis://:2"].map(|check| later.has_passed(check)), [true, false]);
        assert!(later.is_younger_than(MINUTE) && !later.is_younger_than(Duration::ZERO));
        later.begin_if_unknown();
        assert!(later.has_passed("redis://:1"));
        later.begin();
        assert!(!Life::load(&folder).has_passed("redis://:1"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn garbage_and_a_folder_that_is_not_there_prove_nothing() {
        let folder = folder("garbage");
        let path = folder.join(".health-probe-life");
        let check = left_file::fingerprint("tcp://:1");
        let boot = head_of_boot();
        for text in [
            "",
            "\n",
            &format!("{check:x}\n"),
            &format!("{boot}99999999999999\n{check:x}\n"),
            &format!("health-probe-life 1 b 1\n{check:x}\n"),
        ] {
            fs::write(&path, text).unwrap();
            let life = Life::load(&folder);
            assert!(!life.has_passed("tcp://:1") && !life.is_younger_than(MINUTE), "{text:?}");
        }
        fs::remove_dir_all(&folder).unwrap();
        let mut life = Life::load(&folder);
        life.begin();
        life.note_pass("tcp://:1");
        assert!(!life.is_younger_than(MINUTE) && !Life::load(&folder).has_passed("tcp://:1"));
    }
}
