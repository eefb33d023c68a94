//! The options of a check, `?name=value&flag`.

use super::{CheckUrl, OptionType, ParseError, Scheme, TlsRule, percent, quoted};

/// Reads the options into the check: each known, given once, of its kind.
pub fn parse(check: &mut CheckUrl, query: &str, scheme: &Scheme) -> Result<(), ParseError> {
    if query.is_empty() {
        return Ok(());
    }
    let all = scheme.all_options();
    for option in query.split('&') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let (name, kind) = known(name, &all, scheme.scheme)?;
        if check.option(name).is_some() {
            return Err(ParseError(format!("option {name} is given twice, expected once")));
        }
        let value = decoded(name, value, kind)?;
        if kind == OptionType::File {
            check.files.push(value.clone());
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
        && let Some(name) = ["ca", "cert", "key", "server-name"].into_iter().find(|name| has(name))
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
    let given = |name: &str| match name {
        "path" => check.path.len() > 1,
        "user" => !check.user.is_empty(),
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

fn known(
    name: &str,
    all: &[(&'static str, OptionType)],
    scheme: &str,
) -> Result<(&'static str, OptionType), ParseError> {
    all.iter().find(|(known, _)| *known == name).copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        let expected = if names.is_empty() { "none".into() } else { format!("one of {}", names.join(", ")) };
        ParseError(format!("option is {}, expected {expected} for {scheme}", quoted(name)))
    })
}

fn decoded(name: &str, value: &str, kind: OptionType) -> Result<String, ParseError> {
    let refuse = |received: &str, expected: &str| {
        ParseError(format!("option {name} is {}, expected {expected}", quoted(received)))
    };
    // Users write `min-free=5%`, not `min-free=5%25`.
    let percent = matches!(kind, OptionType::Percent | OptionType::Space) && kind.mismatch(value).is_none();
    let decoded = percent.then(|| value.to_owned()).or_else(|| percent::decode(value));
    let decoded = decoded.ok_or_else(|| refuse(value, "percent-encoded UTF-8"))?;
    match kind.mismatch(&decoded) {
        Some(expected) => Err(refuse(&decoded, &expected)),
        None => Ok(decoded),
    }
}
