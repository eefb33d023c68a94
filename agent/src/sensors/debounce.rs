//! `?for=5m`, `?for=6/10`: what is bad has to last before it is believed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reading::{Level, Reading};
use crate::scheme::{Window, format_duration};

/// Of so many sensors it is kept how they were: thrice those of a machine full of drives.
const MOST: usize = 1_024;

/// How one sensor has been of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debounce {
    /// Bad without a break since then.
    Since(u64),
    /// The last readings, the newest in the lowest bit, 1 where bad.
    Readings(u64),
}

/// Turns what is bad and has not lasted into pending. An unknown reading is not a bad one, and ends what lasted.
pub fn apply(
    readings: &mut [Reading],
    windows: &mut BTreeMap<String, Debounce>,
    window: Option<Window>,
    now_ms: u64,
) {
    let before = std::mem::take(windows);
    let Some(window) = window else { return };
    for (number, reading) in readings.iter_mut().enumerate() {
        if number >= MOST {
            // Of so many nothing is kept, so nothing can have lasted: those before it are as bad.
            if reading.level == Level::Bad {
                reading.level = Level::Pending;
            }
            continue;
        }
        let bad = reading.level == Level::Bad;
        let lasting = match (window, before.get(&reading.key)) {
            (Window::Time(_), _) if !bad => continue,
            (Window::Time(_), Some(Debounce::Since(since))) if *since <= now_ms => Debounce::Since(*since),
            (Window::Time(_), _) => Debounce::Since(now_ms),
            (Window::Count { of, .. }, Some(Debounce::Readings(bits))) => {
                Debounce::Readings((bits << 1 | u64::from(bad)) & ((1 << of) - 1))
            }
            (Window::Count { .. }, _) => Debounce::Readings(u64::from(bad)),
        };
        let believed = match (lasting, window) {
            (Debounce::Since(since), Window::Time(time)) => {
                let lasted = Duration::from_millis(now_ms.saturating_sub(since));
                let believed = lasted >= time;
                let of = if believed { String::new() } else { format!(" of {}", format_duration(time)) };
                reading.text.push_str(&format!(" for {}{of}", format_duration(lasted)));
                believed
            }
            (Debounce::Readings(0), _) => continue,
            (Debounce::Readings(bits), Window::Count { least, of }) => {
                let count = bits.count_ones();
                reading.text.push_str(&format!(" in {count} of {of} readings"));
                if !bad && count < least {
                    windows.insert(reading.key.clone(), lasting);
                    continue;
                }
                count >= least
            }
            _ => continue,
        };
        reading.level = if believed { Level::Bad } else { Level::Pending };
        windows.insert(reading.key.clone(), lasting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::Fails;

    fn reading(bad: bool) -> Reading {
        Reading::judged("a", bad, 1, Fails::Above, 0)
    }

    /// The levels of one sensor's readings at these moments; `None` is an unknown one.
    fn levels(window: &str, readings: &[(u64, Option<bool>)]) -> Vec<Level> {
        let window = crate::scheme::parse_window(window);
        let mut windows = BTreeMap::new();
        let level = |&(second, bad): &(u64, Option<bool>)| {
            let mut readings = [bad.map_or_else(|| Reading::unknown("a", "gone"), reading)];
            apply(&mut readings, &mut windows, window, second * 1_000);
            readings[0].level
        };
        readings.iter().map(level).collect()
    }

    #[test]
    fn what_is_bad_has_to_last() {
        use Level::{Bad, Pending, Well};
        let readings = [(0, true), (299, true), (300, true), (310, false), (320, true), (620, true)];
        let readings = readings.map(|(second, bad)| (second, Some(bad)));
        assert_eq!(levels("5m", &readings), [Pending, Pending, Bad, Well, Pending, Bad]);
        assert_eq!(levels("", &readings), [Bad, Bad, Bad, Well, Bad, Bad]);
    }

    #[test]
    fn an_unknown_reading_ends_what_lasted() {
        use Level::{Pending, Unknown};
        let readings = [(0, Some(true)), (200, None), (400, Some(true)), (600, Some(true))];
        assert_eq!(levels("5m", &readings), [Pending, Unknown, Pending, Pending]);
    }

    #[test]
    fn so_many_of_the_last_readings_have_to_be_bad() {
        use Level::{Bad, Pending, Unknown, Well};
        let readings =
            [Some(true), Some(false), Some(true), Some(false), None, Some(true), Some(true), Some(true)];
        let readings: Vec<_> = readings.into_iter().map(|bad| (0, bad)).collect();
        let expected = [Pending, Well, Bad, Well, Unknown, Pending, Bad, Bad];
        assert_eq!(levels("2/3", &readings), expected);
        let mut windows = BTreeMap::from([("a".to_owned(), Debounce::Readings(0b11))]);
        let mut readings = [reading(false)];
        apply(&mut readings, &mut windows, crate::scheme::parse_window("2/3"), 0);
        assert_eq!((readings[0].level, readings[0].text.as_str()), (Bad, "a 1 <= 0 in 2 of 3 readings"));
    }

    #[test]
    fn the_text_says_for_how_long_and_of_how_long() {
        let mut windows = BTreeMap::from([("a".to_owned(), Debounce::Since(10_000))]);
        let mut shown = |now| {
            let mut readings = [reading(true)];
            apply(&mut readings, &mut windows, crate::scheme::parse_window("5m"), now);
            readings[0].text.clone()
        };
        assert_eq!(shown(100_000), "a 1 > 0 for 1m30s of 5m");
        assert_eq!(shown(322_000), "a 1 > 0 for 5m12s");
        // A clock that went back begins anew.
        assert_eq!(shown(9_000), "a 1 > 0 for 0ms of 5m");
    }

    #[test]
    fn a_sensor_that_is_gone_is_forgotten() {
        let mut windows = BTreeMap::from([("b".to_owned(), Debounce::Since(0))]);
        apply(&mut [reading(true)], &mut windows, crate::scheme::parse_window("5m"), 0);
        assert_eq!(windows.keys().collect::<Vec<_>>(), ["a"]);
    }
}
