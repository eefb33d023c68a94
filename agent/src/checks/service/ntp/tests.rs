use std::time::Duration;

use super::packet::LENGTH;
use super::*;
use crate::net::test_server::{answers, check, soon, survives_datagrams};

/// A server that answers with this, and the time of now.
fn serving(first: u8, stratum: u8, reference: &'static [u8; 4], ahead: i64) -> u16 {
    answers(move |question| vec![reply(question, first, stratum, reference, ahead)])
}

fn reply(question: &[u8], first: u8, stratum: u8, reference: &[u8; 4], ahead: i64) -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seconds = now.as_secs() + 2_208_988_800;
    let fraction = (u64::from(now.subsec_nanos()) << 32) / 1_000_000_000;
    let time = ((seconds.wrapping_add_signed(ahead) << 32) | fraction).to_be_bytes();
    let origin = question.get(40..LENGTH).unwrap_or(&[0; 8]);
    [&[first, stratum][..], &[0; 10], reference, &[0; 8], origin, &time, &time].concat()
}

fn ask(port: u16, options: &[(&str, &str)]) -> Outcome {
    Ntp::from_url(&check("ntp", port, options)).unwrap().run(soon())
}

const WELL: u8 = 0b00_100_100;
const PEER: &[u8; 4] = b"\x0a\0\0\x01";

#[test]
fn a_synchronised_server_passes() {
    let outcome = ask(serving(WELL, 3, PEER, 0), &[("max-stratum", "3"), ("max-offset", "2s")]);
    assert!(outcome.reason.starts_with("stratum 3, offset "), "{outcome:?}");
    assert_eq!(outcome.cause, None);
    // A leap second is announced, and one that answers as version 3.
    assert_eq!(ask(serving(0b01_011_100, 1, b"GPS\0", 0), &[]).cause, None);
}

#[test]
fn one_without_time_is_alive() {
    for (first, stratum, reference, reason) in [
        (0b11_100_100, 3, PEER, "not synchronised: leap 3"),
        (WELL, 16, PEER, "not synchronised: stratum 16"),
        (WELL, 0, b"\0\0\0\0", "not synchronised: stratum 0"),
        (0b11_100_100, 0, b"RATE", "kiss-o'-death RATE"),
        (WELL, 0, b"DENY", "kiss-o'-death DENY"),
        (WELL, 4, PEER, "stratum 4, expected at most 3"),
    ] {
        let outcome = ask(serving(first, stratum, reference, 0), &[("max-stratum", "3")]);
        assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
    }
}

#[test]
fn a_clock_that_is_too_far_off_is_alive() {
    for (ahead, sign) in [(100, '+'), (-100, '-')] {
        let port = serving(WELL, 2, PEER, ahead);
        let outcome = ask(port, &[("max-offset", "50s")]);
        assert!(outcome.reason.starts_with(&format!("offset {sign}")), "{outcome:?}");
        assert!(outcome.reason.ends_with(" ms, expected at most 50s"), "{outcome:?}");
        assert_eq!((outcome.verdict, outcome.cause), (crate::check::Verdict::Alive, Some(Cause::Unhealthy)));
        assert_eq!(ask(port, &[("max-offset", "5m")]).cause, None);
        assert_eq!(ask(port, &[]).cause, None);
    }
}

#[test]
fn an_answer_to_another_question_is_none() {
    let port = answers(|_| vec![reply(&[1; LENGTH], WELL, 2, PEER, 0), b"short".to_vec()]);
    let check = Ntp::from_url(&check("ntp", port, &[])).unwrap();
    let outcome = check.run(Deadline::after(Duration::from_millis(100)));
    assert_eq!(outcome, Outcome::fail(Cause::Protocol, "only messages that answer something else came"));
    let port =
        answers(|question| vec![reply(&[1; LENGTH], WELL, 2, PEER, 0), reply(question, WELL, 2, PEER, 0)]);
    assert_eq!(ask(port, &[]).cause, None);
}

#[test]
fn offsets_are_told_in_milliseconds() {
    for (micros, text) in [(0, "+0.000 ms"), (-1, "-0.001 ms"), (1_234_567, "+1234.567 ms")] {
        assert_eq!(milliseconds(micros), text);
    }
}

#[test]
fn hostile_servers_are_survived() {
    survives_datagrams(
        |port, deadline| Ntp::from_url(&check("ntp", port, &[])).unwrap().run(deadline),
        &reply(&[0; LENGTH], WELL, 2, PEER, 0),
    );
}
