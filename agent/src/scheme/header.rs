//! The headers of a request as a check gives them, `header.NAME=VALUE` and `header-file.NAME=PATH`: their names, and that no
//! secret is written out. A refusal repeats no value: what is refused may be a secret all the same.

use super::option_type::{OptionType, variable};
use super::{CheckUrl, ParseError};

/// The first part of the options that give a header.
pub const FAMILIES: [&str; 2] = ["header.", "header-file."];

/// In characters, of a name and of a value.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 256;

/// The agent writes these itself, or they are about the connection and not the request.
const OWN: [&str; 15] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// These are made to hold a secret.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What was expected in place of this name of a header, if it is none that a check may give: as the apiserver takes them in
/// a probe.
pub fn name_mismatch(name: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(plain) {
        return Some("1 to 64 letters, digits and dashes in place of NAME");
    }
    match name.to_ascii_lowercase().as_str() {
        "host" => Some("host-header for this one"),
        name if OWN.contains(&name) => Some("none that the agent writes itself"),
        _ => None,
    }
}

/// The error for the value of an option that may be a secret, if it is not `$NAME` or, of a header, a text that can be sent.
pub fn value_error(option: &str, kind: OptionType, value: Option<&str>) -> Option<ParseError> {
    if value.and_then(variable).is_some() {
        return None;
    }
    if kind == OptionType::Secret {
        let received = format!("option {option} is written out");
        let expected = format!("$NAME of an environment variable or ?{option}-file=PATH");
        return Some(ParseError(format!("{received}, expected {expected}")));
    }
    let name = option.strip_prefix("header.").unwrap_or_default();
    if SECRET.contains(&name.to_ascii_lowercase().as_str()) {
        let expected = format!("$NAME of an environment variable or ?header-file.{name}=PATH");
        return Some(ParseError(format!("option {option} is written out, expected {expected}")));
    }
    if value
        .is_some_and(|value| can_be_sent(value) && value.len() <= LONGEST_VALUE && !value.starts_with('$'))
    {
        return None;
    }
    let expected =
        "$NAME of an environment variable, or 1 to 256 characters of ASCII without $ or a space in front";
    Some(ParseError(format!("option {option} holds what cannot be sent, expected {expected}")))
}

/// Whether a text can be the value of a header: a line break in it would begin a header of its own.
pub fn can_be_sent(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Refuses a header that comes from two places.
pub fn each_once(check: &CheckUrl) -> Result<(), ParseError> {
    let mut names: Vec<String> = Vec::new();
    for name in check.options.iter().filter_map(|(option, _)| name_of(option)) {
        if names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(ParseError(format!("header {name} is given twice, expected once")));
        }
        names.push(name.to_owned());
    }
    Ok(())
}

/// Refuses a check that would say twice whose it is.
pub fn one_authorization(check: &CheckUrl) -> Result<(), ParseError> {
    let has_login =
        !check.user.is_empty() || !check.password.is_empty() || check.option("password-file").is_some();
    let options = check.options.iter().map(|(option, _)| option.as_str()).filter(|&option| {
        matches!(option, "creds" | "creds-file" | "nkey" | "nkey-file" | "token" | "token-file")
            || name_of(option).is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
    });
    let mut given = has_login.then_some("login").into_iter().chain(options);
    let (Some(first), Some(second)) = (given.next(), given.next()) else { return Ok(()) };
    let what = if has_login { "" } else { "option " };
    Err(ParseError(format!("{what}{first} is given with {second}, expected one of the two")))
}

/// The header that an option gives, if it gives one.
pub fn name_of(option: &str) -> Option<&str> {
    FAMILIES.iter().find_map(|family| option.strip_prefix(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_refused_that_the_agent_writes_or_that_is_none() {
        for name in ["X-Tenant", "a", "Authorization", "user-agent"] {
            assert_eq!(name_mismatch(name), None, "{name}");
        }
        for name in ["", "a b", "a_b", "a:b", "é", "Host", "content-LENGTH", &"a".repeat(65)] {
            assert!(name_mismatch(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_value_that_may_be_a_secret_is_repeated() {
        let error = |option, kind, value| value_error(option, kind, Some(value)).map(|error| error.0);
        assert_eq!(error("header.X", OptionType::Header, "$NAME"), None);
        assert_eq!(error("header.X", OptionType::Header, "blue sky"), None);
        for (option, kind, value) in [
            ("header.X", OptionType::Header, "hunter2\r\nb: c"),
            ("header.X", OptionType::Header, "$hunter2-"),
            ("header.X", OptionType::Header, " hunter2"),
            ("header.authorization", OptionType::Header, "Bearer hunter2"),
            ("header.Cookie", OptionType::Header, "hunter2=1"),
            ("token", OptionType::Secret, "hunter2"),
        ] {
            let sentence = error(option, kind, value).unwrap();
            assert!(sentence.contains(", expected $NAME") && !sentence.contains("hunter2"), "{sentence}");
        }
    }
}
