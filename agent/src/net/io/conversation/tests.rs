use std::io::ErrorKind;

use rustls::version::TLS13;

use super::*;
use crate::net::test_server::{check, soon};
use crate::net::tls::tls_server;

fn judged(answered: bool, failure: impl Into<Failure>) -> Outcome {
    let endpoint = Endpoint::from_url(&check("redis", 1, &[])).unwrap();
    Conversation::hold(&endpoint, soon(), |conversation| {
        if answered {
            conversation.alive("PING was answered");
        }
        Err(failure.into())
    })
}

#[test]
fn silence_after_an_answer_is_alive_and_before_it_a_failure() {
    for (kind, cause, reason) in [
        (ErrorKind::TimedOut, Cause::Timeout, "timed out"),
        (ErrorKind::UnexpectedEof, Cause::Protocol, "connection closed before the answer"),
        (ErrorKind::BrokenPipe, Cause::Protocol, "connection closed before the answer"),
        (ErrorKind::ConnectionReset, Cause::Protocol, "connection reset before the answer"),
    ] {
        assert_eq!(judged(false, io::Error::from(kind)), Outcome::fail(cause, reason));
        let alive = Outcome::alive(cause, format!("PING was answered, but {reason}"));
        assert_eq!(judged(true, io::Error::from(kind)), alive);
    }
}

#[test]
fn what_is_not_of_the_protocol_after_an_answer_is_alive() {
    let foreign = || ProtocolError::not_of("Redis");
    let reason = "PING was answered, but answer is not of Redis";
    for failure in [Failure::from(foreign()), Failure::from(io::Error::from(foreign()))] {
        assert_eq!(judged(true, failure), Outcome::alive(Cause::Protocol, reason));
    }
    assert_eq!(judged(false, foreign()), Outcome::fail(Cause::Protocol, "answer is not of Redis"));
}

#[test]
fn a_judgement_is_excused_as_an_error_is() {
    let endpoint = Endpoint::from_url(&check("redis", 1, &[])).unwrap();
    for cause in [Cause::Protocol, Cause::Connect, Cause::Timeout] {
        let outcome = Conversation::hold(&endpoint, soon(), |conversation| {
            conversation.alive("PING was answered");
            Ok(Outcome::fail(cause, "odd"))
        });
        assert_eq!(outcome, Outcome::alive(cause, "PING was answered, but odd"));
    }
}

#[test]
fn a_certificate_that_lasts_too_short_is_alive_however_tls_began() {
    let port = tls_server("server.crt", &TLS13, false);
    let judged = |days: &str, upgrades: bool, outcome: Outcome| {
        let endpoint = Endpoint::over_tls(&check("redis", port, &[("min-days", days)])).unwrap();
        Conversation::hold(&endpoint, soon(), |conversation| {
            if upgrades {
                conversation.open_upgraded(100, |_| Ok(()))?;
            } else {
                conversation.open(100)?;
            }
            Ok(outcome)
        })
    };
    for upgrades in [false, true] {
        let short = judged("999999", upgrades, Outcome::pass("PONG"));
        assert_eq!((short.verdict, short.cause), (Verdict::Alive, Some(Cause::Unhealthy)));
        let told = short.reason.strip_prefix("certificate expires in ").unwrap();
        assert!(told.ends_with(" days, expected at least 999999: PONG"), "{short:?}");
        assert_eq!(judged("30", upgrades, Outcome::pass("PONG")), Outcome::pass("PONG"));
        let broken = Outcome::fail(Cause::Unhealthy, "broken");
        assert_eq!(judged("999999", upgrades, broken.clone()), broken);
    }
}

#[test]
fn what_the_server_says_itself_or_who_it_is_is_not_excused() {
    for cause in [Cause::Unhealthy, Cause::Identity] {
        let broken = Outcome::fail(cause, "broken");
        assert_eq!(judged(true, broken.clone()), broken);
    }
}
