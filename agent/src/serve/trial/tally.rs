//! How long the runs of a check took that had an answer, and how often in a row it failed.

use std::time::Duration;

/// The upper bounds of the histogram, in milliseconds, and in seconds as OpenMetrics and JSON write them.
const BOUNDS: [(u64, &str); 11] = [
    (1, "0.001"),
    (5, "0.005"),
    (10, "0.01"),
    (25, "0.025"),
    (50, "0.05"),
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1_000, "1.0"),
    (2_500, "2.5"),
    (5_000, "5.0"),
];

/// What is counted of one check in a trial.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// How many took at most as long as each bound, and longer than the one before.
    buckets: [u64; BOUNDS.len()],
    pub answers: u64,
    pub sum: Duration,
    pub longest: Duration,
    /// How many questions in a row it fails now, and failed at most.
    row: u32,
    pub longest_row: u32,
    /// How often it would have had its container restarted.
    pub restarts: u32,
}

impl Tally {
    /// Notes a run that had an answer.
    pub fn answered(&mut self, took: Duration) {
        self.answers += 1;
        self.sum += took;
        self.longest = self.longest.max(took);
        let bucket = BOUNDS.iter().position(|(bound, _)| took <= Duration::from_millis(*bound));
        if let Some(count) = bucket.and_then(|index| self.buckets.get_mut(index)) {
            *count += 1;
        }
    }

    /// Notes what it was worth when the kubelet would have asked.
    pub fn asked(&mut self, failed: bool) {
        self.row = if failed { self.row.saturating_add(1) } else { 0 };
        self.longest_row = self.longest_row.max(self.row);
    }

    /// How many took at most so many seconds, for each bound.
    pub fn cumulative(&self) -> [(&'static str, u64); BOUNDS.len()] {
        let mut sum = 0;
        let mut counts = BOUNDS.map(|(_, bound)| (bound, 0));
        for (cumulative, count) in counts.iter_mut().zip(self.buckets) {
            sum += count;
            cumulative.1 = sum;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_in_each_bucket_that_is_long_enough() {
        let mut tally = Tally::default();
        for took in [1_000, 1_001, 40_000, 5_000_000, 5_000_001].map(Duration::from_micros) {
            tally.answered(took);
        }
        let counts: Vec<_> = tally.cumulative().iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4]);
        assert_eq!((tally.answers, tally.longest), (5, Duration::from_micros(5_000_001)));
    }

    #[test]
    fn the_longest_row_of_failures_stays() {
        let mut tally = Tally::default();
        for failed in [true, true, false, true] {
            tally.asked(failed);
        }
        assert_eq!(tally.longest_row, 2);
    }
}
