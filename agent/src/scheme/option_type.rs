//! The types of option values.

use std::net::Ipv4Addr;

use super::measure::number;
use super::{
    compile_pattern, parse_duration, parse_milli_celsius, parse_percent, parse_rate, parse_space,
    parse_window,
};

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    Flag,
    Integer,
    Duration,
    Text,
    File,
    Name,
    Status,
    /// The value of a header: `$NAME` of an environment variable, or a text.
    Header,
    /// `$NAME` of an environment variable, and nothing else.
    Secret,
    /// A regular expression.
    Pattern,
    Choice(&'static [&'static str]),
    /// An absolute path for which nothing has to be mounted.
    Path,
    /// A path under `/dev`.
    Device,
    /// `5m`, or `6/10`.
    Window,
    /// `10/h`
    Rate,
    /// `5%`
    Percent,
    /// `5%`, or `500Mi`.
    Space,
    /// `90C`, or one of these words.
    Temperature(&'static [&'static str]),
}

impl OptionType {
    /// Whether the value is not to be repeated.
    pub fn may_be_secret(self) -> bool {
        matches!(self, Self::Header | Self::Secret)
    }

    /// What was expected, if the value is not of this type.
    pub fn mismatch(self, value: &str) -> Option<String> {
        let (fits, expected) = match self {
            Self::Flag => (value.is_empty(), "no value"),
            Self::Integer => (number(value, 6).is_some(), "a whole number from 0 to 999999"),
            Self::Duration => (parse_duration(value).is_some(), "a duration such as 10s, 1m30s or 500ms"),
            Self::Text => (is_text(value), "1 to 256 characters, none of them a control character"),
            Self::File | Self::Path => (value.starts_with('/'), "an absolute path"),
            Self::Name => (is_dns_name(value), "a DNS name"),
            Self::Status => {
                (value.split(',').all(is_status_range), "status codes such as 200-399 or 200,204")
            }
            // Their errors are made elsewhere, since no error may repeat them.
            Self::Header | Self::Secret => return None,
            Self::Device => (is_device(value), "a path under /dev"),
            Self::Window => {
                (parse_window(value).is_some(), "a duration such as 5m, or a count of readings such as 6/10")
            }
            Self::Rate => (parse_rate(value).is_some(), "a rate such as 10/h"),
            Self::Percent => (parse_percent(value).is_some(), "a percentage such as 5%"),
            Self::Space => (parse_space(value).is_some(), "a percentage such as 5%, or a size such as 500Mi"),
            Self::Temperature(words) => {
                let fits = words.contains(&value) || parse_milli_celsius(value).is_some();
                let one = if words.len() > 1 { "one of " } else { "" };
                return (!fits).then(|| format!("a temperature such as 90C, or {one}{}", words.join(", ")));
            }
            Self::Pattern => return compile_pattern(value).err().map(str::to_owned),
            Self::Choice(words) => {
                return (!words.contains(&value)).then(|| format!("one of {}", words.join(", ")));
            }
        };
        (!fits).then(|| expected.to_owned())
    }
}

/// The name in `$NAME`, if it is one.
pub fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (name.bytes().all(plain) && name.starts_with(|first: char| !first.is_ascii_digit())).then_some(name)
}

/// A path under `/dev` that does not lead out of it.
pub fn is_device(path: &str) -> bool {
    path.strip_prefix("/dev/")
        .is_some_and(|rest| !rest.is_empty() && rest.split('/').all(|part| part != ".."))
}

/// A line break in a text that is sent would begin a header of its own.
fn is_text(text: &str) -> bool {
    (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Labels of letters, digits and inner dashes; a name whose last label is a number is a misspelt address.
pub fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number =
        text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(label) && !last_is_number
}

/// A DNS name or an IPv4 address.
pub fn is_host(text: &str) -> bool {
    // With a last dot, no search domain is put behind the name.
    is_dns_name(text.strip_suffix('.').unwrap_or(text)) || text.parse::<Ipv4Addr>().is_ok()
}

fn is_status_range(text: &str) -> bool {
    let status = |text: &str| number(text, 3).filter(|code| (100..=599).contains(code));
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    matches!((status(low), status(high)), (Some(low), Some(high)) if low <= high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_misspelt_addresses() {
        for name in ["localhost", "a.b-c.d1", "1a", "Redis.Default.svc"] {
            assert!(is_dns_name(name), "{name}");
        }
        for name in ["", ".", "a..b", "a..", "127.0.0.1.", "-a", "a-", "a_b", "256.1.1.1", "1", "é"] {
            assert!(!is_host(name), "{name}");
        }
        assert!(is_host("127.0.0.1") && is_host("a.b."));
    }

    #[test]
    fn status_codes_are_ranges_of_three_digits() {
        for text in ["200", "200-399", "200,204,300-302"] {
            assert_eq!(OptionType::Status.mismatch(text), None, "{text}");
        }
        for text in ["", ",", "200,", "600", "1000", "200-", "-200", "200-300-400"] {
            assert!(OptionType::Status.mismatch(text).is_some(), "{text}");
        }
    }
}
