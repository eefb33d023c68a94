//! From all readings to one outcome in one line.

use super::reading::{Level, Reading};
use crate::check::{Cause, Outcome};

/// Bad where one is bad. Else a pass, with the reading that is nearest to its threshold; unknown where none is known,
/// and with `strict` a failure as soon as one is not.
pub fn outcome(readings: &[Reading], strict: bool) -> Outcome {
    let of = |level: Level| readings.iter().filter(move |reading| reading.level == level);
    let more = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!("; {count} {what}"),
    };
    if let Some(worst) = of(Level::Bad).next() {
        let others = more(of(Level::Bad).count() - 1, "more bad");
        return Outcome::fail(Cause::Unhealthy, worst.text.clone() + &others);
    }
    let unknown = of(Level::Unknown).next();
    if let Some(reading) = unknown.filter(|_| strict) {
        let others = more(of(Level::Unknown).count() - 1, "more unknown");
        return Outcome::fail(Cause::Protocol, format!("unknown: {}{others}", reading.text));
    }
    let unknown = unknown.map_or_else(String::new, |reading| match of(Level::Unknown).count() {
        1 => format!("; 1 unknown: {}", reading.text),
        count => format!("; {count} unknown, such as {}", reading.text),
    });
    if let Some(pending) = of(Level::Pending).next() {
        let others = more(of(Level::Pending).count() - 1, "more pending");
        return Outcome::pass(format!("pending: {}{others}{unknown}", pending.text));
    }
    match of(Level::Well).max_by_key(|reading| reading.nearness) {
        Some(nearest) => {
            let others = more(of(Level::Well).count() - 1, "more well");
            Outcome::pass(format!("{}{others}{unknown}", nearest.text))
        }
        None => {
            let unknown = unknown.trim_start_matches("; 1 unknown: ").trim_start_matches("; ");
            Outcome::unknown(unknown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::Fails;

    fn well(sensor: &str, value: i64) -> Reading {
        Reading::number(sensor, value, Fails::AtLeast, 100, |it| it.to_string())
    }

    #[test]
    fn the_bad_one_is_told_first() {
        let readings = [well("a", 50), well("b", 100), well("c", 101), Reading::unknown("d", "is gone")];
        let expected = Outcome::fail(Cause::Unhealthy, "b 100 >= 100; 1 more bad");
        assert_eq!(outcome(&readings, false), expected);
        assert_eq!(outcome(&readings, true), expected);
    }

    #[test]
    fn of_those_that_are_well_the_nearest_is_told() {
        assert_eq!(
            outcome(&[well("a", 50), well("b", 90), well("c", 60)], true),
            Outcome::pass("b 90 < 100; 2 more well")
        );
        let pending = Reading { level: Level::Pending, ..well("a", 100) };
        assert_eq!(outcome(&[well("b", 1), pending], true), Outcome::pass("pending: a 100 >= 100"));
    }

    #[test]
    fn unknown_passes_unless_it_must_not() {
        let gone = Reading::unknown("d", "is gone");
        let some = [well("a", 50), gone.clone()];
        assert_eq!(outcome(&some, false), Outcome::pass("a 50 < 100; 1 unknown: d is gone"));
        assert_eq!(outcome(&some, true), Outcome::fail(Cause::Protocol, "unknown: d is gone"));
        assert_eq!(outcome(std::slice::from_ref(&gone), false), Outcome::unknown("d is gone"));
        let two = [gone.clone(), gone];
        assert_eq!(outcome(&two, false), Outcome::unknown("2 unknown, such as d is gone"));
        assert_eq!(outcome(&two, true), Outcome::fail(Cause::Protocol, "unknown: d is gone; 1 more unknown"));
    }
}
