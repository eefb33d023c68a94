//! Durations as people write them: `10s`, `1m30s`, `500ms`.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Hours, minutes, seconds and milliseconds in this order, each at most six digits; `None` for anything else, and for zero.
pub fn parse(text: &str) -> Option<Duration> {
    let mut milliseconds = 0;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        if !(1..=6).contains(&digits) {
            return None;
        }
        let letters = after.bytes().take_while(u8::is_ascii_lowercase).count();
        let (unit, after) = after.split_at(letters);
        let (_, factor) = units.by_ref().find(|(name, _)| *name == unit)?;
        milliseconds += number.parse::<u64>().ok()? * factor;
        rest = after;
    }
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// The duration in the same form, whole seconds from one second on, else milliseconds.
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let millis = if seconds < 10 { duration.subsec_millis() } else { 0 };
    let parts =
        [(seconds / 3600, "h"), (seconds % 3600 / 60, "m"), (seconds % 60, "s"), (millis.into(), "ms")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        assert_eq!(parse("1h1m1s1ms"), Some(Duration::from_millis(3_661_001)));
        assert_eq!(parse("1m30s"), Some(Duration::from_secs(90)));
    }

    #[test]
    fn unknown_units_wrong_order_zero_and_bare_numbers_are_refused() {
        for text in ["", "30", "s", "1s1m", "1s1s", "0s", "-1s", "1.5s", "1d", "1 s", "1000000s", "1é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_told_as_they_are_written() {
        for text in ["500ms", "1s", "1s500ms", "1m30s", "2h", "1h1m1s"] {
            assert_eq!(parse(text).map(format).as_deref(), Some(text));
        }
    }
}
