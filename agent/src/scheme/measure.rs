//! Thresholds, rates and windows as people write them: `90C`, `5%`, `500Mi`, `10/h`, `6/10`.

use std::time::Duration;

use super::parse_duration;

/// The most readings that a window counts.
const LONGEST_COUNT: u32 = 60;

/// For how long something has to be so before it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Without a break.
    Time(Duration),
    /// In so many of the last readings.
    Count { least: u32, of: u32 },
}

/// At most so many in any such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub most: u64,
    pub unit: char,
}

/// A share of a whole, or a number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Percent(u32),
    Bytes(u64),
}

impl Rate {
    /// The time in which it counts.
    pub fn time(self) -> Duration {
        Duration::from_secs(match self.unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => 86_400,
        })
    }
}

/// The number, if the text is nothing but one to `longest` digits.
pub fn number(text: &str, longest: usize) -> Option<u32> {
    ((1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// A duration, or `6/10`: from 1 on, of 60 readings at most.
pub fn parse_window(text: &str) -> Option<Window> {
    let Some((least, of)) = text.split_once('/') else { return parse_duration(text).map(Window::Time) };
    let (least, of) = (number(least, 2)?, number(of, 2)?);
    (1 <= least && least <= of && of <= LONGEST_COUNT).then_some(Window::Count { least, of })
}

/// `10/h`: a number of at most six digits in a second, minute, hour or day.
pub fn parse_rate(text: &str) -> Option<Rate> {
    let (most, unit) = text.split_once('/')?;
    let unit = unit.chars().next().filter(|&it| unit.len() == 1 && "smhd".contains(it))?;
    Some(Rate { most: number(most, 6)?.into(), unit })
}

/// `90C` in thousandths of a degree, at most three digits.
pub fn parse_milli_celsius(text: &str) -> Option<i64> {
    Some(i64::from(number(text.strip_suffix('C')?, 3)?) * 1_000)
}

/// `5%`, at most 100.
pub fn parse_percent(text: &str) -> Option<u32> {
    number(text.strip_suffix('%')?, 3).filter(|&percent| percent <= 100)
}

/// `5%`, or a size in the binary units of Kubernetes.
pub fn parse_space(text: &str) -> Option<Space> {
    if let Some(percent) = parse_percent(text) {
        return Some(Space::Percent(percent));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let shift = ["Ki", "Mi", "Gi", "Ti"].iter().zip([10, 20, 30, 40]).find(|(name, _)| **name == unit)?.1;
    Some(Space::Bytes(u64::from(number(count, 6)?) << shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        for text in ["", "+1", "-1", " 1", "1000000", "1e3", "٣"] {
            assert_eq!(number(text, 6), None, "{text}");
        }
        assert_eq!(number("080", 5), Some(80));
    }

    #[test]
    fn windows_are_times_or_counts_of_readings() {
        assert_eq!(parse_window("5m"), Some(Window::Time(Duration::from_secs(300))));
        assert_eq!(parse_window("6/10"), Some(Window::Count { least: 6, of: 10 }));
        assert_eq!(parse_window("60/60"), Some(Window::Count { least: 60, of: 60 }));
        for text in ["", "/", "0/1", "2/1", "1/61", "1/0", "1/2/3", "001/2", "5", "0s", "+1/2"] {
            assert_eq!(parse_window(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_counts_in_one_unit_of_time() {
        assert_eq!(parse_rate("10/h"), Some(Rate { most: 10, unit: 'h' }));
        assert_eq!(parse_rate("0/d").map(Rate::time), Some(Duration::from_secs(86_400)));
        for text in ["", "/", "10", "10/", "10/2h", "-1/h", "1000000/s", "1/w", "1/é"] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }

    #[test]
    fn thresholds_have_their_unit() {
        assert_eq!(parse_milli_celsius("90C"), Some(90_000));
        assert_eq!(parse_percent("100%"), Some(100));
        assert_eq!(parse_space("5%"), Some(Space::Percent(5)));
        assert_eq!(parse_space("500Mi"), Some(Space::Bytes(500 << 20)));
        assert_eq!(parse_space("999999Ti"), Some(Space::Bytes(999_999 << 40)));
        for text in ["", "90", "C", "1000C", "-1C", "9.5C", "90F", "101%", "%", "5", "5M", "Mi", "5KiB"] {
            assert!(parse_milli_celsius(text).is_none() && parse_space(text).is_none(), "{text}");
        }
    }
}
