//! `clock:`: the kernel's clock is synchronised, and its error at most `max-error`, as adjtimex(2) says to everybody.

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, parse_duration};
use crate::sensors::{Collector, Fails, HardwareCheck, Reading, Scan};
use crate::sys;

pub const SCHEME: Scheme = Scheme {
    scheme: "clock",
    summary: "The node's clock is synchronised, and wrong by at most max-error",
    hardware: true,
    options: &[("max-error", OptionType::Duration)],
    ..Scheme::BARE
};

/// Asks the kernel that the agent runs on: no root leads to another.
pub struct Clock {
    max_error_us: Option<i64>,
}

impl Clock {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let max = url.option("max-error").and_then(parse_duration);
        let max_error_us = max.map(|time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX));
        Ok(HardwareCheck::new(url, roots, Self { max_error_us }))
    }

    fn judge(&self, status: i32, max_error_us: i64) -> Vec<Reading> {
        let word = if status & libc::STA_UNSYNC == 0 { "synchronised" } else { "unsynchronised" };
        let mut readings = vec![Reading::word("clock", word, "synchronised")];
        readings.extend(self.max_error_us.map(|most| {
            Reading::number("clock error", max_error_us, Fails::Above, most, |us| format!("{us} us"))
        }));
        readings
    }
}

impl Collector for Clock {
    fn collect(&self, _visit: &mut Scan) -> Vec<Reading> {
        match sys::clock_state() {
            Ok((status, max_error_us)) => self.judge(status, max_error_us),
            Err(error) => vec![Reading::unknown("clock", format!("cannot be read: {error}"))],
        }
    }

    fn none_found(&self) -> String {
        "the kernel says nothing of its clock".into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::{Check, Deadline};
    use crate::sensors::Level;

    fn judged(max_error_us: Option<i64>, status: i32, error_us: i64) -> Vec<(Level, String)> {
        let readings = Clock { max_error_us }.judge(status, error_us);
        readings.into_iter().map(|it| (it.level, it.text)).collect()
    }

    #[test]
    fn a_clock_that_nobody_keeps_is_bad() {
        let bad = (Level::Bad, "clock unsynchronised != synchronised".to_owned());
        assert_eq!(judged(None, libc::STA_UNSYNC | libc::STA_PLL, 16_000_000), [bad]);
        let well = (Level::Well, "clock synchronised = synchronised".to_owned());
        assert_eq!(judged(None, libc::STA_PLL, 16_000_000), [well]);
    }

    #[test]
    fn its_error_may_be_bounded() {
        let error = |us| judged(Some(100_000), 0, us)[1].clone();
        assert_eq!(error(100_000), (Level::Well, "clock error 100000 us <= 100000 us".to_owned()));
        assert_eq!(error(100_001), (Level::Bad, "clock error 100001 us > 100000 us".to_owned()));
        assert_eq!(error(0).0, Level::Well);
    }

    #[test]
    fn the_kernel_answers_everybody() {
        let check = Clock::from_url(&CheckUrl::default(), &HostRoots::default()).unwrap();
        let outcome = check.run(Deadline::after(Duration::from_secs(5)));
        assert!(
            outcome.reason.starts_with("clock ") && outcome.reason.ends_with("synchronised"),
            "{outcome:?}"
        );
    }
}
