//! `checks.json` row by row, and random texts that must not bring the parser down.

use serde_json::Value;

use super::*;
use crate::check::HostRoots;
use crate::registry::{SCHEMES, check_of};

const CONTRACT: &str = include_str!("../../checks.json");

fn contract() -> Value {
    serde_json::from_str(CONTRACT).unwrap()
}

fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}")).to_owned()
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    value[key].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn kind(text: &str) -> OptionType {
    match text.split_once(':').unwrap_or((text, "")) {
        ("flag", _) => OptionType::Flag,
        ("integer", _) => OptionType::Integer,
        ("duration", _) => OptionType::Duration,
        ("text", _) => OptionType::Text,
        ("file", _) => OptionType::File,
        ("name", _) => OptionType::Name,
        ("status", _) => OptionType::Status,
        ("header", _) => OptionType::Header,
        ("secret", _) => OptionType::Secret,
        ("pattern", _) => OptionType::Pattern,
        ("choice", words) => OptionType::Choice(Box::leak(words.split('|').map(leak).collect())),
        ("path", _) => OptionType::Path,
        ("device", _) => OptionType::Device,
        ("window", _) => OptionType::Window,
        ("rate", _) => OptionType::Rate,
        ("percent", _) => OptionType::Percent,
        ("space", _) => OptionType::Space,
        ("temperature", words) => OptionType::Temperature(Box::leak(words.split('|').map(leak).collect())),
        other => panic!("unknown kind {other:?}"),
    }
}

fn scheme_of(scheme: &str, row: &Value) -> Scheme {
    let port = row["port"].as_u64().map(|port| u16::try_from(port).unwrap());
    let options = row["options"].as_object().unwrap().iter();
    let mut options: Vec<_> =
        options.map(|(name, text)| (leak(name), kind(text.as_str().unwrap()))).collect();
    options.sort_unstable_by_key(|(name, _)| *name);
    let requires = row["requires"].as_object().into_iter().flatten();
    let mut requires: Vec<_> =
        requires.map(|(name, other)| (leak(name), leak(other.as_str().unwrap()))).collect();
    requires.sort_unstable();
    Scheme {
        scheme: leak(scheme),
        summary: leak(&string(row, "summary")),
        target: match string(row, "target").as_str() {
            "address" => Target::Address { port },
            "file" => Target::File,
            "path" => Target::Path,
            "name" => Target::Name,
            "command" => Target::Command,
            "none" => Target::None,
            other => panic!("unknown target {other}"),
        },
        credentials: row["credentials"].as_bool().unwrap(),
        asks: row["asks"].as_bool().unwrap_or(true),
        connects: row["connects"].as_bool().unwrap_or(true),
        hardware: row["hardware"].as_bool().unwrap_or_default(),
        tls: match row["tls"].as_str() {
            None => TlsRule::Never,
            Some("always") => TlsRule::Always,
            Some("optional") => TlsRule::Optional,
            Some("starttls") => TlsRule::StartTls,
            Some(other) => panic!("unknown tls rule {other}"),
        },
        path: match string(row, "path").as_str() {
            "none" => PathRule::None,
            "optional" => PathRule::Optional,
            "required" => PathRule::Required,
            "socket" => PathRule::Socket,
            other => panic!("unknown path rule {other}"),
        },
        options: Box::leak(options.into_boxed_slice()),
        requires: Box::leak(requires.into_boxed_slice()),
    }
}

fn schemes() -> Vec<&'static Scheme> {
    let contract = contract();
    let rows = contract["schemes"].as_object().unwrap().iter();
    rows.map(|(scheme, row)| &*Box::leak(Box::new(scheme_of(scheme, row)))).collect()
}

fn expected_check(row: &Value) -> CheckUrl {
    let parsed = &row["parsed"];
    let options = parsed["options"].as_object().unwrap().iter();
    CheckUrl {
        text: string(row, "check"),
        name: string(parsed, "name"),
        scheme: string(parsed, "scheme"),
        host: string(parsed, "host"),
        port: parsed["port"].as_u64().map(|port| u16::try_from(port).unwrap()),
        socket: string(parsed, "socket"),
        user: string(parsed, "user"),
        password: string(parsed, "password"),
        path: string(parsed, "path"),
        options: options.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
        command: strings(parsed, "command"),
        env: strings(parsed, "env"),
        files: strings(parsed, "files"),
    }
}

#[test]
fn every_accepted_row_has_its_parsed_form() {
    let schemes = schemes();
    for row in contract()["accepted"].as_array().unwrap() {
        let mut check =
            parse(&string(row, "check"), &schemes).unwrap_or_else(|error| panic!("{row}: {error:?}"));
        check.options.sort();
        assert_eq!(check, expected_check(row));
    }
}

/// Parsed, and given its meaning: some rows are refused by the check itself.
fn error(text: &str) -> Option<String> {
    let made = parse(text, SCHEMES).and_then(|check| check_of(&check, &HostRoots::default()));
    made.err().map(|error| error.0)
}

#[test]
fn every_refused_row_has_its_exact_sentence() {
    let mut schemes: Vec<_> = SCHEMES.iter().map(|scheme| scheme.scheme).collect();
    schemes.sort_unstable();
    for row in contract()["refused"].as_array().unwrap() {
        let sentence = string(row, "error").replace("{schemes}", &schemes.join(", "));
        assert_eq!(error(&string(row, "check")), Some(sentence), "{row}");
    }
}

#[test]
fn every_accepted_row_makes_a_check() {
    for row in contract()["accepted"].as_array().unwrap() {
        assert_eq!(error(&string(row, "check")), None, "{row}");
    }
}

#[test]
fn the_grammar_of_every_check_is_its_row() {
    for built in crate::registry::SCHEMES {
        let row = &contract()["schemes"][built.scheme];
        assert!(row.is_object(), "{} has no row", built.scheme);
        assert_eq!(format!("{built:?}"), format!("{:?}", scheme_of(built.scheme, row)));
    }
}

#[test]
fn every_row_has_a_check() {
    let built: Vec<_> = crate::registry::SCHEMES.iter().map(|scheme| scheme.scheme).collect();
    for scheme in contract()["schemes"].as_object().unwrap().keys() {
        assert!(built.contains(&scheme.as_str()), "{scheme} has no check");
    }
}

#[test]
fn options_keep_the_order_in_which_they_were_written() {
    let check = parse("https://:8443/?server-name=api&ca=/tls/ca.crt", &schemes()).unwrap();
    assert_eq!(check.options, [("server-name".into(), "api".into()), ("ca".into(), "/tls/ca.crt".into())]);
}

#[test]
fn the_limits_are_those_of_the_contract() {
    assert_eq!(contract()["limits"]["bytes"].as_u64(), u64::try_from(LONGEST).ok());
    let text = |length: usize| format!("http://:80/{}", "a".repeat(length - 11));
    assert!(parse(&text(LONGEST), &schemes()).is_ok());
    let error = parse(&text(LONGEST + 1), &schemes()).unwrap_err();
    assert_eq!(error.0, string(&contract()["limits"], "error"));
}

#[test]
fn a_password_never_appears_in_a_sentence() {
    let schemes = schemes();
    let passwords = [
        "hunter2",
        "hun/ter2",
        "hun?ter2",
        "hun:ter2",
        "hun@ter2",
        "6379/hunter2",
        "6379?hunter2",
        "/ter2",
        "é2",
    ];
    let forms = [
        "redis://:{}@:6379",
        "redis://me:{}@localhost",
        "redis:me:{}@x",
        "http:me:{}@x",
        "redis://me:{}@x/y?tls=1",
    ];
    for form in forms {
        for password in passwords {
            let sentence = parse(&form.replace("{}", password), &schemes).unwrap_err().0;
            for piece in password.split(['/', '?', ':', '@', 'é']).filter(|piece| piece.contains("ter2")) {
                assert!(!sentence.contains(piece), "{form} {password}: {sentence}");
            }
            assert!(!sentence.contains("hun"), "{form} {password}: {sentence}");
        }
    }
}

/// xorshift64: good enough to stir texts, and the same texts in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

#[test]
fn no_text_brings_the_parser_down() {
    const PIECES: [&str; 24] = [
        ":",
        "/",
        "?",
        "&",
        "=",
        "@",
        "%",
        "%2",
        "[",
        "]",
        "$",
        "'",
        "\"",
        "\\",
        " ",
        "\0",
        "é",
        "\u{202e}",
        "::1",
        "99999",
        "tls",
        "$A",
        "#",
        "\u{10ffff}",
    ];
    let schemes = schemes();
    let contract = contract();
    let rows = ["accepted", "refused"].map(|list| contract[list].as_array().unwrap().clone()).concat();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..60_000 {
        let mut text: Vec<char> = string(&rows[random.below(rows.len())], "check").chars().collect();
        for _ in 0..=random.below(4) {
            let start = random.below(text.len() + 1);
            let end = start + random.below(text.len() - start + 1).min(random.below(6));
            text.splice(start..end, PIECES[random.below(PIECES.len())].chars());
        }
        let text: String = text.into_iter().collect();
        match parse(&text, &schemes) {
            Ok(check) => assert_eq!(check.text, text),
            Err(ParseError(sentence)) => assert!(!sentence.chars().any(char::is_control), "{sentence:?}"),
        }
    }
}

#[test]
fn random_bytes_do_not_bring_the_parser_down() {
    let schemes = schemes();
    let mut random = Random(42);
    for _ in 0..60_000 {
        let bytes: Vec<u8> =
            (0..random.below(40)).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        let scheme = schemes[random.below(schemes.len())].scheme;
        let text = format!("{scheme}:{}", String::from_utf8_lossy(&bytes));
        drop(parse(&text, &schemes));
        drop(parse(&text[scheme.len()..], &schemes));
    }
}
