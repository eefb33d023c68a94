//! `push:`: the application reported in within `max-age`, by `POST /push/NAME` to `serve`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, format_duration, parse_duration};

const DEFAULT_MAX_AGE: Duration = Duration::from_secs(60);

pub const SCHEME: Scheme = Scheme {
    scheme: "push",
    summary: "The application reported in within max-age (60s)",
    options: &[("max-age", OptionType::Duration)],
    ..Scheme::BARE
};

/// Remembers the last report; before the first one it is alive for as long as a report may be old, so that the application can start.
pub struct Push {
    max_age: Duration,
    created: Instant,
    reported: Mutex<Option<Instant>>,
}

impl Push {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let max_age = url.option("max-age").and_then(parse_duration).unwrap_or(DEFAULT_MAX_AGE);
        Ok(Self { max_age, created: Instant::now(), reported: Mutex::new(None) })
    }

    fn judge(&self, now: Instant) -> Outcome {
        let reported = *self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.saturating_duration_since(reported.unwrap_or(self.created));
        let shown = match reported {
            Some(_) => format!("reported {} ago", format_duration(age)),
            None => "not reported yet".to_owned(),
        };
        match (age <= self.max_age, reported) {
            (true, Some(_)) => Outcome::pass(shown),
            (true, None) => Outcome::alive(Cause::Unhealthy, shown),
            (false, _) => {
                let expected = format_duration(self.max_age);
                Outcome::fail(Cause::Unhealthy, format!("{shown}, expected every {expected}"))
            }
        }
    }
}

impl Check for Push {
    fn run(&self, _deadline: Deadline) -> Outcome {
        self.judge(Instant::now())
    }

    /// Notes that the application reported in just now.
    fn report(&self) {
        *self.reported.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn it_is_alive_until_the_first_report_is_overdue() {
        let push = Push::from_url(&CheckUrl::default()).unwrap();
        assert_eq!(push.judge(push.created + DEFAULT_MAX_AGE).verdict, Verdict::Alive);
        let late = push.judge(push.created + DEFAULT_MAX_AGE + Duration::from_secs(1));
        assert_eq!(late, Outcome::fail(Cause::Unhealthy, "not reported yet, expected every 1m"));
    }

    #[test]
    fn a_report_passes_for_max_age() {
        let check = CheckUrl { options: vec![("max-age".into(), "5s".into())], ..CheckUrl::default() };
        let push = Push::from_url(&check).unwrap();
        push.report();
        let now = Instant::now();
        assert_eq!(push.judge(now).verdict, Verdict::Pass);
        assert_eq!(push.judge(now + Duration::from_secs(6)).verdict, Verdict::Fail);
    }
}
