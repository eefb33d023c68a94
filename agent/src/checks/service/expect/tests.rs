use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives};

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

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(42);
    let pattern = compile_pattern(r"(^|\n)(\+OK|[^-]\x80){1,3}\b.*?\r\n").unwrap();
    for _ in 0..3_000 {
        let bytes = random.damaged(b"\r\n-no\r\n+OK \x80\xff\xe9 OK\r\n");
        let mut said = String::new();
        let _ = wait_for(&pattern, &mut &bytes[..], &mut said);
        assert!(first_line(&said).len() <= 120);
    }
}
