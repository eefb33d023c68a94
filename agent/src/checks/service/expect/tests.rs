use std::io::{Read, Write};

use super::dialogue::WINDOW;
use super::*;
use crate::check::{Cause, Verdict};
use crate::net::test_server::{check, says, server, soon, survives, survives_answering};

fn ask(port: u16, options: &[(&str, &str)]) -> Outcome {
    Expect::from_url(&check("expect", port, options)).unwrap().run(soon())
}

/// A server with this greeting and this answer, that hands back how the conversation went.
fn talks(banner: &'static [u8], question: &'static [u8], answer: &'static [u8]) -> u16 {
    server(move |mut stream| {
        stream.write_all(banner).unwrap();
        let mut received = vec![0; question.len()];
        stream.read_exact(&mut received).unwrap();
        assert_eq!(received, question);
        stream.write_all(answer).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    })
}

#[test]
fn each_step_is_waited_for() {
    let port = talks(b"", b"PING\r\n", b"PONG\r\n");
    assert_eq!(ask(port, &[("send", r"PING\r\n"), ("expect", r"^PONG\r\n")]), Outcome::pass("PONG"));
    assert_eq!(ask(port, &[("send", r"PING\r\n")]), Outcome::pass("sent"));
    let port = talks(b"hello\r\n", b"a\0", b"\xff\x01b");
    let steps = [("banner", "^hello"), ("send", r"a\x00"), ("expect", r"^\xff.b$"), ("quit", r"bye\n")];
    assert_eq!(ask(port, &steps), Outcome::pass("??b"));
    assert_eq!(ask(port, &[("banner", "hel+o")]), Outcome::pass("hello"));
}

#[test]
fn an_answer_in_pieces_is_put_together() {
    let port = server(|mut stream| {
        for byte in b"220-one\r\n220 two\r\n" {
            stream.write_all(&[*byte]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    assert_eq!(ask(port, &[("expect", r"(^|\n)220 .*\n")]), Outcome::pass("220-one"));
}

#[test]
fn after_the_banner_the_rest_counts_unless_something_is_sent() {
    let port = says(b"one\ntwo\n");
    assert_eq!(ask(port, &[("banner", r"one\n"), ("expect", "^two")]), Outcome::pass("two"));
    let port = talks(b"one\ntwo\n", b"?", b"three\n");
    let steps = [("banner", r"two\n"), ("send", "?"), ("expect", "^three")];
    assert_eq!(ask(port, &steps), Outcome::pass("three"));
}

#[test]
fn an_answer_that_does_not_match_is_quoted() {
    let reason = "answer does not match: \"-ERR no\"";
    let outcome = ask(says(b"\r\n-ERR no\r\nmore"), &[("expect", r"^\+OK")]);
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, reason));
    let outcome = ask(says(b""), &[("expect", "a")]);
    assert_eq!(outcome, Outcome::fail(Cause::Protocol, "connection closed before the answer"));
}

#[test]
fn no_more_than_the_window_is_looked_at() {
    let mut long = vec![0xe9; WINDOW];
    long.extend_from_slice(b"END");
    let outcome = ask(says(&long), &[("expect", "END")]);
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Unhealthy)));
    assert_eq!(ask(says(&long[3..]), &[("expect", "END")]).verdict, Verdict::Pass);
}

#[test]
fn a_check_that_asks_nothing_is_refused() {
    for options in [&[][..], &[("quit", "bye")]] {
        let refusal = Expect::from_url(&check("expect", 1, options)).err().unwrap();
        assert!(refusal.0.starts_with("none of the options banner, expect, send"), "{refusal:?}");
    }
}

#[test]
fn hostile_servers_are_survived() {
    // A flood is no answer of any protocol, but here the user knows the protocol: that it does not match is all there is to say.
    survives(
        |port, deadline| {
            let options = [("banner", r"^ready\r\n"), ("send", "a"), ("expect", r"^OK [0-9]+\r\n")];
            let mut outcome = Expect::from_url(&check("expect", port, &options)).unwrap().run(deadline);
            if outcome.reason.starts_with("answer does not match") {
                outcome.cause = Some(Cause::Protocol);
            }
            outcome
        },
        b"ready\r\nOK 12\r\n",
    );
}

/// A server that says the first, and after each line that it hears the next; it closes once there is none.
fn speaks(lines: &'static [&'static [u8]]) -> u16 {
    server(move |mut stream| {
        let mut byte = [0];
        for (number, line) in lines.iter().enumerate() {
            while number > 0 && stream.read(&mut byte).is_ok_and(|count| count > 0) && byte != *b"\n" {}
            let _ = stream.write_all(line);
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while stream.read(&mut byte).is_ok_and(|count| count > 0) {}
    })
}

const TWO_STEPS: [(&str, &str); 5] =
    [("banner", "^hello"), ("send", r"one\n"), ("expect", "^1"), ("send2", r"two\n"), ("expect2", "^2")];

#[test]
fn several_steps_are_taken_in_their_order() {
    let mut steps = TWO_STEPS;
    assert_eq!(ask(speaks(&[b"hello\n", b"1 one\n", b"2 two\n"]), &steps), Outcome::pass("2 two"));
    steps.reverse();
    assert_eq!(ask(speaks(&[b"hello\n", b"1\n", b"2 two\n"]), &steps), Outcome::pass("2 two"));
    let five = [
        ("expect", "1"),
        ("expect2", "2"),
        ("expect3", "3"),
        ("send4", r"x\n"),
        ("expect4", "^4"),
        ("send5", r"y\n"),
    ];
    assert_eq!(ask(speaks(&[b"123 5\n", b"4\n", b""]), &five), Outcome::pass("4"));
}

#[test]
fn after_the_first_of_several_answers_nothing_is_a_failure() {
    type Lines = &'static [&'static [u8]];
    let said: [(Lines, Cause, &str); 4] = [
        (&[b"hello\n", b"1\n"], Cause::Protocol, "expect matched, but connection closed before the answer"),
        (
            &[b"hello\n", b"1\n", b"no\n", b""],
            Cause::Timeout,
            "expect matched, but timed out, no match so far: \"no\"",
        ),
        (&[b"hello\n", b"no\n"], Cause::Unhealthy, "the banner came, but answer does not match: \"no\""),
        (&[b"hello\n"], Cause::Protocol, "the banner came, but connection closed before the answer"),
    ];
    for (lines, cause, reason) in said {
        let check = Expect::from_url(&check("expect", speaks(lines), &TWO_STEPS)).unwrap();
        let outcome = check.run(Deadline::after(std::time::Duration::from_millis(300)));
        assert_eq!(outcome, Outcome::alive(cause, reason));
    }
    let silent = speaks(&[b"hello\n", b"1\n", b"", b""]);
    let check = Expect::from_url(&check("expect", silent, &TWO_STEPS)).unwrap();
    let outcome = check.run(Deadline::after(std::time::Duration::from_millis(300)));
    assert_eq!(outcome, Outcome::alive(Cause::Timeout, "expect matched, but timed out"));
}

#[test]
fn before_any_answer_a_dialogue_fails_as_a_question_does() {
    let outcome = ask(speaks(&[b"no\n"]), &TWO_STEPS[1..]);
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, "answer does not match: \"no\""));
    let outcome = ask(says(b""), &TWO_STEPS);
    assert_eq!(outcome, Outcome::fail(Cause::Protocol, "connection closed before the answer"));
}

#[test]
fn a_single_answer_that_does_not_match_fails_after_a_banner_too() {
    let outcome = ask(speaks(&[b"hello\n", b"no\n"]), &TWO_STEPS[..3]);
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, "answer does not match: \"no\""));
}

#[test]
fn hostile_peers_of_a_dialogue_are_survived() {
    // Both answers may come at once here: a flood after the banner is alive, and what is not of the protocol as well.
    survives_answering(
        |port, deadline| {
            let options = [("expect", r"^ready\r\n"), ("expect2", r"^OK [0-9]+\r\n"), ("send3", "a")];
            let mut outcome = Expect::from_url(&check("expect", port, &options)).unwrap().run(deadline);
            if outcome.reason.contains("answer does not match") {
                outcome.cause = Some(Cause::Protocol);
            }
            outcome
        },
        b"ready\r\nOK 12345\r\n",
    );
}

mod upgrade;
