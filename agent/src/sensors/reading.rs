//! One judged reading: `SENSOR READING OPERATOR THRESHOLD`, the same in every message, since a controller reads it.

use std::fmt::Display;

/// How a reading stands to its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Well,
    Bad,
    /// It would be bad, if it lasted.
    Pending,
    Unknown,
}

/// Which readings fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    AtLeast,
    Above,
    Below,
    /// All but the one that is expected.
    Unless,
}

/// A reading with what was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which sensor, by its name: the same in every run.
    pub sensor: String,
    /// What is known of the sensor is known by this: its name, or its path where two may have one name.
    pub key: String,
    pub level: Level,
    pub text: String,
    /// How near it is to its threshold, in thousandths; the nearest of those that are well is shown.
    pub nearness: i64,
}

impl Reading {
    /// A number against its threshold; `tell` adds the unit.
    pub fn number(sensor: &str, value: i64, fails: Fails, limit: i64, show: impl Fn(i64) -> String) -> Self {
        let (bad, part, whole) = match fails {
            Fails::AtLeast => (value >= limit, value, limit),
            Fails::Above => (value > limit, value, limit),
            Fails::Below => (value < limit, limit, value),
            Fails::Unless => (value != limit, 0, 1),
        };
        let nearness = part.saturating_mul(1_000).checked_div(whole).unwrap_or(part.signum() * 1_000);
        Self { nearness, ..Self::judged(sensor, bad, show(value), fails, show(limit)) }
    }

    /// A word against the one that is expected.
    pub fn word(sensor: &str, word: &str, expected: &str) -> Self {
        Self::judged(sensor, word != expected, word, Fails::Unless, expected)
    }

    /// A reading whose judgement is made elsewhere.
    pub fn judged(sensor: &str, bad: bool, value: impl Display, fails: Fails, limit: impl Display) -> Self {
        let operator = match (fails, bad) {
            (Fails::AtLeast, true) | (Fails::Below, false) => ">=",
            (Fails::AtLeast, false) | (Fails::Below, true) => "<",
            (Fails::Above, true) => ">",
            (Fails::Above, false) => "<=",
            (Fails::Unless, true) => "!=",
            (Fails::Unless, false) => "=",
        };
        let level = if bad { Level::Bad } else { Level::Well };
        Self {
            sensor: sensor.to_owned(),
            key: sensor.to_owned(),
            level,
            text: format!("{sensor} {value} {operator} {limit}"),
            nearness: 0,
        }
    }

    /// A sensor of which nothing is known, and why; none at all has no name.
    pub fn unknown(sensor: &str, why: impl Display) -> Self {
        let text = if sensor.is_empty() { why.to_string() } else { format!("{sensor} {why}") };
        let key = sensor.to_owned();
        Self { sensor: sensor.to_owned(), key, level: Level::Unknown, text, nearness: 0 }
    }

    /// The same of the sensor that is known by this.
    pub fn known_by(self, key: String) -> Self {
        Self { key, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_how_the_reading_stands_to_the_threshold() {
        let shown = |value, fails| {
            let reading = Reading::number("a 1", value, fails, 10, |it| format!("{it} C"));
            (reading.level, reading.text)
        };
        let bad = |text: &str| (Level::Bad, text.to_owned());
        let well = |text: &str| (Level::Well, text.to_owned());
        assert_eq!(shown(10, Fails::AtLeast), bad("a 1 10 C >= 10 C"));
        assert_eq!(shown(9, Fails::AtLeast), well("a 1 9 C < 10 C"));
        assert_eq!(shown(11, Fails::Above), bad("a 1 11 C > 10 C"));
        assert_eq!(shown(10, Fails::Above), well("a 1 10 C <= 10 C"));
        assert_eq!(shown(9, Fails::Below), bad("a 1 9 C < 10 C"));
        assert_eq!(shown(10, Fails::Below), well("a 1 10 C >= 10 C"));
        assert_eq!(shown(i64::MAX, Fails::AtLeast).0, Level::Bad);
        assert_eq!(shown(i64::MIN, Fails::AtLeast).0, Level::Well);
    }

    #[test]
    fn the_nearest_to_its_threshold_can_be_told() {
        let near =
            |value, limit| Reading::number("", value, Fails::AtLeast, limit, |_| String::new()).nearness;
        assert!(near(80, 100) > near(70, 100) && near(70, 80) > near(80, 100));
        assert_eq!(near(0, 0), 0);
    }
}
