//! What a check of hardware remembers from one run to the next: bounded, whatever the hardware shows.

use std::collections::BTreeMap;

use super::counter::Series;
use super::debounce::Debounce;
use super::reading::{Fails, Reading};
use crate::scheme::Rate;

/// The most counters, and the most devices, that are kept of one check.
const MOST: usize = 1_024;

/// How often in a row a device has to be missing before it is called gone.
const MISSING_IS_GONE: u32 = 3;

/// Everything is known by the key of its sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub series: BTreeMap<String, Series>,
    pub windows: BTreeMap<String, Debounce>,
    /// The devices that were seen, and in how many scans they have been missing.
    pub devices: BTreeMap<String, u32>,
    /// How often in a row the same read was seen blocked, and which that is.
    pub blocked: u32,
    pub blocked_at: String,
}

impl History {
    /// Notes a counter, and judges what it has grown by within a time.
    pub fn rate(&mut self, sensor: &str, now_ms: u64, value: u64, rate: Rate) -> Reading {
        match self.noted(sensor, now_ms, value, rate) {
            Some(series) => series.judge(sensor, now_ms, rate),
            None => Reading::unknown(sensor, "is one of too many"),
        }
    }

    /// Notes a counter, and judges what it has grown by since the first reading, to which no time comes to an end.
    pub fn growth(&mut self, sensor: &str, now_ms: u64, value: u64, most: u64) -> Reading {
        let Some(series) = self.noted(sensor, now_ms, value, Rate { most, unit: 'd' }) else {
            return Reading::unknown(sensor, "is one of too many");
        };
        // A count is all that is needed.
        series.samples.clear();
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Reading::number(sensor, number(series.grown), Fails::Above, number(most), |count| count.to_string())
    }

    fn noted(&mut self, sensor: &str, now_ms: u64, value: u64, rate: Rate) -> Option<&mut Series> {
        if !self.series.contains_key(sensor) {
            if self.series.len() >= MOST {
                return None;
            }
            self.series.insert(sensor.to_owned(), Series::new(now_ms, value));
        }
        let series = self.series.get_mut(sensor)?;
        series.note(now_ms, value, rate.time());
        Some(series)
    }

    /// Begins the counter at an earlier moment, at which it is known to have been 0.
    pub fn begin_at(&mut self, sensor: &str, then_ms: u64) {
        if self.series.len() < MOST {
            self.series.entry(sensor.to_owned()).or_insert_with(|| Series::new(then_ms, 0));
        }
    }

    /// A finding for each device that was there before and is not there any more: unknown at first, then bad.
    pub fn gone(&mut self, present: &[String]) -> Vec<Reading> {
        for name in present.iter().take(MOST) {
            self.devices.insert(name.clone(), 0);
        }
        let absent = self.devices.iter_mut().filter(|(name, _)| !present.contains(name));
        absent
            .map(|(name, count)| {
                *count = count.saturating_add(1);
                match *count >= MISSING_IS_GONE {
                    true => Reading::word(name, "gone", "present"),
                    false => Reading::unknown(name, "is missing"),
                }
            })
            .collect()
    }

    /// The same where the last scan has ended.
    pub fn unblocked(self) -> Self {
        Self { blocked: 0, blocked_at: String::new(), ..self }
    }

    /// Whether a run that knew nothing of this would judge otherwise.
    pub fn matters(&self) -> bool {
        !self.series.is_empty() || !self.windows.is_empty() || self.blocked > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::Level;

    #[test]
    fn a_device_is_gone_when_it_was_missing_three_times() {
        let mut history = History::default();
        let both = ["a".to_owned(), "b".to_owned()];
        assert_eq!(history.gone(&both), []);
        let levels = [1, 1, 1, 2, 1].map(|count| history.gone(&both[..count]).first().map(|it| it.level));
        let unknown = Some(Level::Unknown);
        assert_eq!(levels, [unknown, unknown, Some(Level::Bad), None, unknown]);
        assert_eq!(History::default().gone(&[]), []);
    }

    #[test]
    fn growth_counts_from_the_first_reading_on_and_stays() {
        let mut history = History::default();
        let mut shown = |value| history.growth("mc0", 0, value, 0).text;
        assert_eq!(shown(7), "mc0 0 <= 0");
        assert_eq!(shown(9), "mc0 2 > 0");
        assert_eq!(shown(9), "mc0 2 > 0");
        assert_eq!(shown(0), "mc0 2 > 0");
    }

    #[test]
    fn no_machine_fills_the_memory() {
        let mut history = History::default();
        let names: Vec<_> = (0..9_000).map(|number| format!("device{number}")).collect();
        for name in &names {
            history.growth(name, 0, 0, 0);
        }
        history.gone(&names);
        assert_eq!((history.series.len(), history.devices.len()), (MOST, MOST));
    }
}
