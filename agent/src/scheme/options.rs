//! The options of a check, `?name=value&flag`.

use super::option_type::variable;
use super::{CheckUrl, OptionType, ParseError, Scheme, TlsRule, header, json_path, percent, quoted};

/// Reads the options into the check: each known, given once, of its kind.
pub fn parse(check: &mut CheckUrl, query: &str, scheme: &Scheme) -> Result<(), ParseError> {
    if query.is_empty() {
        return Ok(());
    }
    let all = scheme.all_options();
    for option in query.split('&') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let kind = known(name, &all, scheme.scheme)?;
        if check.option(name).is_some() {
            return Err(ParseError(format!("option {name} is given twice, expected once")));
        }
        let value = decoded(name, value, kind)?;
        if kind == OptionType::File {
            check.files.push(value.clone());
        }
        if let Some(variable) = variable(&value).filter(|_| kind.may_be_secret()) {
            check.reads(variable);
        }
        check.options.push((name.to_owned(), value));
    }
    Ok(())
}

/// Refuses a password that comes from two places.
pub fn one_password(check: &CheckUrl) -> Result<(), ParseError> {
    if !check.password.is_empty() && check.option("password-file").is_some() {
        return Err(ParseError(
            "password is given twice, expected either $NAME of an environment variable or ?password-file=PATH".into(),
        ));
    }
    Ok(())
}

/// Refuses options of TLS that would be quietly unused: a ca would let its user believe that the peer is verified.
pub fn tls_in_use(check: &CheckUrl, scheme: &Scheme) -> Result<(), ParseError> {
    let has = |name: &str| check.option(name).is_some();
    if has("tls") && has("starttls") {
        return Err(ParseError("option starttls is given with tls, expected one of the two".into()));
    }
    if !(scheme.tls == TlsRule::Always || has("tls") || has("starttls"))
        && let Some(name) =
            ["ca", "cert", "key", "min-days", "server-name"].into_iter().find(|name| has(name))
    {
        let expected = if scheme.tls == TlsRule::StartTls { "tls or starttls with it" } else { "both" };
        return Err(ParseError(format!("option {name} is given without tls, expected {expected}")));
    }
    match (has("cert"), has("key")) {
        (true, false) => Err(ParseError("option cert is given without key, expected both".into())),
        (false, true) => Err(ParseError("option key is given without cert, expected both".into())),
        _ => Ok(()),
    }
}

/// Refuses what would be quietly unused because the scheme gives it a meaning only beside something else.
pub fn requirements(check: &CheckUrl, scheme: &Scheme) -> Result<(), ParseError> {
    let given = |name: &str| match (name, name.split_once('=')) {
        ("path", _) => check.path.len() > 1,
        ("user", _) => !check.user.is_empty(),
        (_, Some((name, value))) => check.option(name) == Some(value),
        _ => check.option(name).is_some(),
    };
    match scheme.requires.iter().find(|(name, other)| given(name) && !given(other)) {
        None => Ok(()),
        Some((name, other)) => {
            let what = if *name == "path" { "" } else { "option " };
            Err(ParseError(format!("{what}{name} is given without {other}, expected both")))
        }
    }
}

/// The type of an option; that of a family such as `header.NAME` is known by what is in front of its dot.
fn known(name: &str, all: &[(&str, OptionType)], scheme: &str) -> Result<OptionType, ParseError> {
    let refuse = |expected: &str| Err(ParseError(format!("option is {}, expected {expected}", quoted(name))));
    if let Some((family, rest)) = name.split_once('.')
        && let Some((known, kind)) = all.iter().find(|(known, _)| in_family(known, family))
    {
        let mismatch = match known.ends_with("NAME") {
            true => header::name_mismatch(rest),
            false if json_path(rest).is_some() => None,
            false => Some("names joined by dots in place of PATH"),
        };
        return mismatch.map_or(Ok(*kind), |expected| refuse(&format!("{known} with {expected}")));
    }
    if let Some((_, kind)) = all.iter().find(|(known, _)| *known == name) {
        return Ok(*kind);
    }
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    let expected = if names.is_empty() { "none".into() } else { format!("one of {}", names.join(", ")) };
    refuse(&format!("{expected} for {scheme}"))
}

fn in_family(known: &str, family: &str) -> bool {
    known.split_once('.').is_some_and(|(known, _)| known == family)
}

fn decoded(name: &str, value: &str, kind: OptionType) -> Result<String, ParseError> {
    let refuse = |received: &str, expected: &str| {
        ParseError(format!("option {name} is {}, expected {expected}", quoted(received)))
    };
    // Users write `min-free=5%`, not `min-free=5%25`.
    let percent = matches!(kind, OptionType::Percent | OptionType::Space) && kind.mismatch(value).is_none();
    let decoded = percent.then(|| value.to_owned()).or_else(|| percent::decode(value));
    if kind.may_be_secret() {
        let error = header::value_error(name, kind, decoded.as_deref());
        return error.map_or(Ok(decoded.unwrap_or_default()), Err);
    }
    let decoded = decoded.ok_or_else(|| refuse(value, "percent-encoded UTF-8"))?;
    match kind.mismatch(&decoded) {
        Some(expected) => Err(refuse(&decoded, &expected)),
        None => Ok(decoded),
    }
}
