//! When a check runs: staggered at first, then at a fixed rate.

use std::time::{Duration, Instant};

/// The first runs are spread over this at most, so that verdicts come soon after the start.
const FIRST_SPREAD: Duration = Duration::from_secs(1);

/// The longest period of a check that is urgent.
const RETRY: Duration = Duration::from_secs(1);

/// The moments `first`, `first + period`, ... of one check.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    first: Instant,
    period: Duration,
}

impl Schedule {
    /// The schedule of one of `count` checks; the same command line always gives the same order.
    pub fn new(start: Instant, index: usize, count: usize, period: Duration) -> Self {
        let share = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let offset = period.min(FIRST_SPREAD) / share(count).max(1) * share(index);
        Self { first: start + offset, period }
    }

    /// The moment of the first run, which is due even if the thread starts late.
    pub fn first(self) -> Instant {
        self.first
    }

    /// The first moment that is not before `now`: a run that took long lets moments pass, and never makes up for them.
    ///
    /// While the check is `urgent` it is repeated every second at least: a program that has come back is seen soon, and one
    /// that was restarted is not judged by what the container before it did.
    pub fn next(self, now: Instant, urgent: bool) -> Instant {
        let Some(since) = now.checked_duration_since(self.first) else { return self.first };
        let period = if urgent { self.period.min(RETRY) } else { self.period };
        let passed = since.as_nanos().div_ceil(period.as_nanos().max(1));
        self.first + period * u32::try_from(passed).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fixture::SECOND;

    #[test]
    fn first_runs_are_spread_over_a_second_and_over_no_more_than_a_period() {
        let start = Instant::now();
        let first = |index, period| Schedule::new(start, index, 4, period).first().duration_since(start);
        assert_eq!([0, 1, 3].map(|index| first(index, 10 * SECOND).as_millis()), [0, 250, 750]);
        assert_eq!([0, 1, 3].map(|index| first(index, SECOND / 5).as_millis()), [0, 50, 150]);
    }

    #[test]
    fn the_rate_is_fixed_whatever_a_run_takes() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 0, 1, 10 * SECOND);
        assert_eq!(schedule.next(start + SECOND, false), start + 10 * SECOND);
        assert_eq!(schedule.next(start + 10 * SECOND, false), start + 10 * SECOND);
        assert_eq!(schedule.next(start + 25 * SECOND, false), start + 30 * SECOND);
    }

    #[test]
    fn a_check_that_fails_is_repeated_every_second_or_faster() {
        let start = Instant::now();
        let next =
            |period| Schedule::new(start, 0, 1, period).next(start + SECOND / 2, true).duration_since(start);
        assert_eq!(next(10 * SECOND), SECOND);
        assert_eq!(next(SECOND / 5).as_millis(), 600);
    }
}
