//! Counters of errors: how much they have grown, since the first reading and within a time.

use std::time::Duration;

use super::reading::{Fails, Reading};
use crate::scheme::{Rate, format_duration};

/// So many parts a time is looked at in, which bounds what is kept and how far a rate is behind.
const PARTS: u64 = 12;

/// What is kept of one counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    pub last: u64,
    /// Since the first reading.
    pub grown: u64,
    /// When it had grown by how much, the oldest first.
    pub samples: Vec<(u64, u64)>,
}

impl Series {
    /// Begins with a counter as it stands.
    pub fn new(now_ms: u64, value: u64) -> Self {
        Self { last: value, grown: 0, samples: vec![(now_ms, 0)] }
    }

    /// Notes the counter. One that fell was reset, and begins anew at what it shows: a driver that was loaded again must
    /// not look like a burst of errors.
    pub fn note(&mut self, now_ms: u64, value: u64, time: Duration) {
        self.grown = self.grown.saturating_add(value.saturating_sub(self.last));
        self.last = value;
        let time_ms = millis(time);
        if self.samples.last().is_none_or(|(at, _)| now_ms.saturating_sub(*at) >= time_ms / PARTS) {
            self.samples.push((now_ms, self.grown));
        }
        let old = |at: u64| now_ms.saturating_sub(at) >= time_ms;
        let keep = self.samples.iter().rposition(|(at, _)| old(*at)).unwrap_or_default();
        self.samples.drain(..keep);
    }

    /// How it stands to the rate: too much in the time, or in a longer one as many times more.
    pub fn judge(&self, sensor: &str, now_ms: u64, rate: Rate) -> Reading {
        let (since, before) = self.samples.first().copied().unwrap_or((now_ms, self.grown));
        let (grown, elapsed) = (self.grown.saturating_sub(before), now_ms.saturating_sub(since));
        let time = millis(rate.time());
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let bad = product(grown, time) > product(rate.most, elapsed.max(time));
        let shown = format!("{grown} in {}", format_duration(Duration::from_millis(elapsed)));
        let reading =
            Reading::judged(sensor, bad, shown, Fails::Above, format!("{}/{}", rate.most, rate.unit));
        let nearness = grown.saturating_mul(1_000) / rate.most.max(1);
        Reading { nearness: i64::try_from(nearness).unwrap_or(i64::MAX), ..reading }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::parse_rate;
    use crate::sensors::Level;

    fn noted(readings: &[(u64, u64)], rate: &str) -> Reading {
        let rate = parse_rate(rate).unwrap();
        let mut series = Series::new(readings[0].0 * 1_000, readings[0].1);
        for (second, value) in readings {
            series.note(second * 1_000, *value, rate.time());
            assert!(series.samples.len() <= 14);
        }
        series.judge("a", readings.last().unwrap().0 * 1_000, rate)
    }

    #[test]
    fn only_what_came_within_the_time_counts() {
        assert_eq!(noted(&[(0, 500), (10, 510)], "10/h").text, "a 10 in 10s <= 10/h");
        assert_eq!(noted(&[(0, 500), (10, 511)], "10/h").text, "a 11 in 10s > 10/h");
        assert_eq!(noted(&[(0, 0), (10, 99), (1800, 99), (3700, 99), (7300, 99)], "0/h").level, Level::Well);
        assert_eq!(noted(&[(0, 0)], "0/h").level, Level::Well);
        assert_eq!(noted(&[(0, 0), (1, 1)], "0/h").level, Level::Bad);
    }

    #[test]
    fn a_longer_time_has_room_for_more() {
        assert_eq!(noted(&[(0, 0), (10, 100)], "10/s").level, Level::Well);
        assert_eq!(noted(&[(0, 0), (10, 101)], "10/s").text, "a 101 in 10s > 10/s");
    }

    #[test]
    fn a_counter_that_was_reset_begins_anew() {
        assert_eq!(noted(&[(0, 900), (1, 3), (2, 3)], "0/h").level, Level::Well);
        assert_eq!(noted(&[(0, 900), (1, 0), (2, 1)], "0/h").level, Level::Bad);
    }

    #[test]
    fn what_is_kept_is_bounded_however_often_it_is_read() {
        let readings: Vec<_> = (0..20_000).map(|second| (second, second)).collect();
        let reading = noted(&readings, "3700/h");
        assert_eq!(reading.level, Level::Well, "{}", reading.text);
        assert_eq!(noted(&readings, "3500/h").level, Level::Bad);
    }

    #[test]
    fn huge_counters_do_not_overflow() {
        assert_eq!(noted(&[(0, 0), (1, u64::MAX)], "999999/s").level, Level::Bad);
        assert_eq!(noted(&[(0, u64::MAX), (1, u64::MAX)], "0/d").level, Level::Well);
    }
}
