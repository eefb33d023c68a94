use super::*;
use crate::net::tls::upgrading_server;

const STEPS: [(&str, &str); 5] = [
    ("send", r"a STARTTLS\r\n"),
    ("expect", "^a OK"),
    ("starttls", ""),
    ("send2", "b"),
    ("expect2", "^hello"),
];

#[test]
fn tls_begins_after_the_line_of_the_agreement() {
    for agreement in [&b"a OK\r\n"[..], b"a OK begin TLS now\r\n", b"* word\r\na OK begin\n"] {
        let port = upgrading_server("server.crt", agreement);
        let mut steps = STEPS;
        steps[1].1 = r"(^|\n)a OK";
        assert_eq!(ask(port, &steps), Outcome::pass("hello"), "{agreement:?}");
        steps[1].1 = r"(^|\n)a OK.*\n";
        assert_eq!(ask(port, &steps), Outcome::pass("hello"), "{agreement:?}");
        assert_eq!(ask(port, &steps[..3]), Outcome::pass(first_of(agreement)), "{agreement:?}");
    }
}

fn first_of(agreement: &[u8]) -> String {
    String::from_utf8_lossy(agreement).lines().next().unwrap().to_owned()
}

#[test]
fn a_later_step_may_ask_for_tls() {
    let port = upgrading_server("server.crt", b"220 a\r\n250 b\r\n220 go\r\n");
    let steps = [
        ("send", r"EHLO\n"),
        ("expect", r"^220 a\r\n"),
        ("expect2", r"^250 b\r\n"),
        ("starttls", ""),
        ("starttls-after", "3"),
        ("expect3", "^220"),
        ("send4", "b"),
        ("expect4", "^hello"),
    ];
    assert_eq!(ask(port, &steps), Outcome::pass("hello"));
}

#[test]
fn words_in_the_clear_after_the_agreement_are_a_failure() {
    let reason = "words in the clear after the agreement to TLS";
    for said in [&b"a OK\r\nb OK\r\n"[..], b"a OK go\r\n\0", b"a OK\n\n"] {
        assert_eq!(ask(says(said), &STEPS), Outcome::fail(Cause::Identity, reason), "{said:?}");
    }
}

#[test]
fn a_peer_that_has_agreed_and_speaks_no_tls_is_alive_unless_it_is_another() {
    let outcome = ask(says(b"a OK\r\n"), &STEPS);
    let reason = "expect matched, but connection closed in the TLS handshake";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    let outcome = ask(says(b"a OK"), &STEPS);
    assert_eq!(outcome.verdict, Verdict::Alive);
    let port = upgrading_server("server.crt", b"a OK\r\n");
    let other = format!("{}/src/net/tls/testdata/own-ca.crt", env!("CARGO_MANIFEST_DIR"));
    let outcome = ask(port, &[&STEPS[..], &[("ca", other.as_str())]].concat());
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Identity)), "{outcome:?}");
}

#[test]
fn a_peer_that_does_not_agree_fails_only_if_it_has_said_nothing_before() {
    let refusing: &[&[u8]] = &[b"* OK\r\n", b"a NO\r\n"];
    let outcome = ask(speaks(refusing), &[&[("banner", "OK")], &STEPS[..]].concat());
    let reason = "the banner came, but answer does not match: \"a NO\"";
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
    let outcome = ask(says(b"a NO\r\n"), &STEPS);
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, "answer does not match: \"a NO\""));
}
