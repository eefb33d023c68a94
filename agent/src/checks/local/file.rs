//! `file://`: a file exists, and was modified within `max-age`.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::scheme::{
    CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, format_duration, parse_duration,
};

pub const SCHEME: Scheme = Scheme {
    scheme: "file",
    summary: "A file exists, and was modified within max-age",
    target: Target::File,
    path: PathRule::Required,
    options: &[("max-age", OptionType::Duration)],
    ..Scheme::BARE
};

/// Looks at the file's times only, never at what it holds.
pub struct File {
    path: PathBuf,
    max_age: Option<Duration>,
}

impl File {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self {
            path: url.files.first().map(PathBuf::from).unwrap_or_default(),
            max_age: url.option("max-age").and_then(parse_duration),
        })
    }

    /// A time in the future is fresh: clocks are set back, and the file was touched all the same.
    fn judge(&self, modified: SystemTime, now: SystemTime) -> Outcome {
        let Some(max_age) = self.max_age else {
            return Outcome::pass("exists");
        };
        let age = now.duration_since(modified).unwrap_or_default();
        let shown = format!("modified {} ago", format_duration(age));
        if age <= max_age {
            return Outcome::pass(shown);
        }
        Outcome::fail(Cause::Unhealthy, format!("{shown}, expected within {}", format_duration(max_age)))
    }
}

impl Check for File {
    fn run(&self, _deadline: Deadline) -> Outcome {
        match fs::metadata(&self.path).and_then(|metadata| metadata.modified()) {
            Ok(modified) => self.judge(modified, SystemTime::now()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Outcome::fail(Cause::Connect, "no such file")
            }
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn judged(modified: SystemTime) -> Outcome {
        File { path: PathBuf::new(), max_age: Some(Duration::from_secs(30)) }.judge(modified, NOW)
    }

    #[test]
    fn a_file_is_fresh_up_to_its_max_age() {
        assert_eq!(judged(NOW - Duration::from_secs(30)).verdict, Verdict::Pass);
        let old = judged(NOW - Duration::from_secs(45));
        assert_eq!(old, Outcome::fail(Cause::Unhealthy, "modified 45s ago, expected within 30s"));
    }

    #[test]
    fn a_time_in_the_future_is_fresh() {
        assert_eq!(judged(NOW + Duration::from_secs(99)).verdict, Verdict::Pass);
    }

    #[test]
    fn what_cannot_be_there_is_missing() {
        for path in ["/etc/hostname/x".to_owned(), format!("/{}", "a".repeat(300))] {
            let check = File { path: path.into(), max_age: None };
            assert_eq!(check.run(Deadline::after(Duration::from_secs(1))).verdict, Verdict::Fail);
        }
    }

    #[test]
    fn a_missing_file_is_no_connection() {
        let check = File { path: "/no/such/file".into(), max_age: None };
        let outcome = check.run(Deadline::after(Duration::from_secs(1)));
        assert_eq!(outcome, Outcome::fail(Cause::Connect, "no such file"));
    }
}
