//! What one `check --report-unknown` leaves for the next in a file: in how many runs in a row a check was unknown. The
//! kubelet keeps nothing of a run that passes, so one run fails once that is many: the Event of it is all that is ever said.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::left_file;

/// Five minutes of the usual period: a driver may be loaded late.
pub const RUNS: u8 = 30;

/// The count that the folder has.
pub struct UnknownRuns(PathBuf);

impl UnknownRuns {
    pub fn of(folder: &Path) -> Self {
        Self(folder.join(".health-probe-unknown"))
    }

    /// Counts a run with an unknown check. True for one run of a row only, and never where the count cannot be kept.
    pub fn is_due(&self) -> bool {
        let runs = self.read().min(RUNS);
        runs < RUNS
            && left_file::replace(&self.0, &format!("{}{}\n", head(), runs + 1)).is_ok()
            && runs + 1 == RUNS
    }

    /// Notes a run in which no check was unknown.
    pub fn end(&self) {
        drop(fs::remove_file(&self.0));
    }

    fn read(&self) -> u8 {
        let mut text = String::new();
        let file = left_file::open(&self.0);
        drop(file.and_then(|file| file.take(100).read_to_string(&mut text)));
        text.strip_prefix(&head()).and_then(|runs| runs.trim_end().parse().ok()).unwrap_or(0)
    }
}

fn head() -> String {
    format!("health-probe-unknown 1 {} ", left_file::boot())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_of_a_row_is_due_and_a_known_one_begins_it_anew() {
        let folder = std::env::temp_dir().join(format!("health-probe-unknown-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let due = |runs: usize| (0..runs).filter(|_| UnknownRuns::of(&folder).is_due()).count();
        assert_eq!([due(29), due(1), due(100)], [0, 1, 0]);
        UnknownRuns::of(&folder).end();
        assert_eq!([due(29), due(1)], [0, 1]);
        for garbage in ["", "health-probe-unknown 1 another-boot 30\n", "29\n"] {
            fs::write(folder.join(".health-probe-unknown"), garbage).unwrap();
            assert_eq!([due(29), due(1)], [0, 1], "{garbage:?}");
        }
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(due(100), 0);
    }
}
