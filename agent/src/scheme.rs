//! The grammar of a check, `[name=]scheme://[login@][host][:port][/path][?options]`: text in, [`CheckUrl`] or [`ParseError`] out.
//! `checks.json` at the root of the crate is its contract with the injector.

mod address;
mod check_url;
mod command_line;
mod definition;
mod duration;
mod error;
mod header;
mod json_path;
mod measure;
mod option_type;
mod options;
mod pattern;
mod percent;
#[cfg(test)]
mod tests;

pub use address::{database, path_name};
pub use check_url::CheckUrl;
pub use duration::{format as format_duration, parse as parse_duration};
pub use error::{ParseError, quoted};
pub use header::{can_be_sent, name_of as header_name};
pub use json_path::parse as json_path;
pub use measure::{
    Rate, Space, Window, parse_milli_celsius, parse_percent, parse_rate, parse_space, parse_window,
};
pub use option_type::{OptionType, is_device};
pub use pattern::compile as compile_pattern;
pub use percent::{decode as percent_decode, hex};

pub use command_line::split as split_words;
pub use definition::{PathRule, Scheme, Target, TlsRule};

/// The longest text of a check, in bytes: longer ones are refused before anything looks at them.
const LONGEST: usize = 2048;

/// Takes a text apart by the grammar of its scheme; never panics, and never repeats a password that was written out.
pub fn parse(text: &str, schemes: &[&Scheme]) -> Result<CheckUrl, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError(format!("check is longer than {LONGEST} bytes, expected at most {LONGEST}")));
    }
    let (head, rest) = text.split_once(':').map_or((text, None), |(head, rest)| (head, Some(rest)));
    let (name, scheme) = match head.split_once('=') {
        Some((name, scheme)) => (known_name(name)?, scheme),
        None => ("", head),
    };
    let Some(rest) = rest else {
        return Err(ParseError(format!(
            "check is {}, expected a URL such as http://:8080/healthz",
            quoted(text)
        )));
    };
    let definition = known_scheme(scheme, schemes)?;
    let check = CheckUrl {
        text: text.to_owned(),
        name: name.to_owned(),
        scheme: scheme.to_owned(),
        ..CheckUrl::default()
    };
    match definition.target {
        Target::Command => Ok(CheckUrl { command: command_line::split(rest)?, ..check }),
        _ => parse_url(check, rest, definition),
    }
}

fn known_name(name: &str) -> Result<&str, ParseError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=63).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(name);
    }
    Err(ParseError(format!(
        "name is {}, expected lower-case letters, digits and dashes, at most 63",
        quoted(name)
    )))
}

fn known_scheme<'a>(scheme: &str, schemes: &[&'a Scheme]) -> Result<&'a Scheme, ParseError> {
    schemes.iter().find(|definition| definition.scheme == scheme).copied().ok_or_else(|| {
        let mut names: Vec<_> = schemes.iter().map(|definition| definition.scheme).collect();
        names.sort_unstable();
        ParseError(format!("scheme is {}, expected one of {}", quoted(scheme), names.join(", ")))
    })
}

fn parse_url(mut check: CheckUrl, rest: &str, definition: &Scheme) -> Result<CheckUrl, ParseError> {
    if let Some(character) =
        rest.chars().find(|&character| !('!'..='~').contains(&character) || character == '#')
    {
        let received = quoted(character.encode_utf8(&mut [0; 4]));
        return Err(ParseError(format!("check holds the character {received}, expected it percent-encoded")));
    }
    let (target, query) = rest.split_once('?').unwrap_or((rest, ""));
    let followed = |expected| {
        ParseError(format!("{} is followed by {}, expected {expected}", definition.scheme, quoted(target)))
    };
    match definition.target {
        Target::Address { port } => address::parse(&mut check, rest, definition, port)?,
        Target::File | Target::Path => {
            let path = target.strip_prefix("//").filter(|path| path.starts_with('/'));
            check.set_path(path.ok_or_else(|| followed("///PATH"))?, definition)?;
            let decoded = percent::decode(&check.path).ok_or_else(|| {
                ParseError(format!("path is {}, expected percent-encoded UTF-8", quoted(&check.path)))
            })?;
            if definition.target == Target::File {
                check.files.push(decoded);
            }
            options::parse(&mut check, query, definition)?;
        }
        Target::Name => {
            let name = target.strip_prefix("//").ok_or_else(|| followed("//NAME"))?;
            if !is_device_name(name) {
                return Err(ParseError(format!("name is {}, expected that of a device", quoted(name))));
            }
            name.clone_into(&mut check.path);
            options::parse(&mut check, query, definition)?;
        }
        Target::None | Target::Command => {
            if !target.is_empty() {
                return Err(followed("nothing but ?OPTIONS"));
            }
            options::parse(&mut check, query, definition)?;
        }
    }
    if !matches!(definition.target, Target::Address { .. }) {
        options::requirements(&check, definition)?;
    }
    Ok(check)
}

/// What the kernel gives an interface or a controller as a name.
fn is_device_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@".contains(&byte);
    (1..=63).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('.')
}
