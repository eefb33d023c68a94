use std::net::UdpSocket;
use std::time::Duration;

use super::*;
use crate::net::test_server::{answers, check, soon, survives_datagrams};

fn ask(port: u16, options: &[(&str, &str)], deadline: Deadline) -> Outcome {
    Udp::from_url(&check("udp", port, options)).unwrap().run(deadline)
}

const PING: [(&str, &str); 2] = [("send", r"ping\x00"), ("expect", r"^pong\r\n")];

#[test]
fn an_answer_that_matches_passes_and_any_does_without_a_pattern() {
    let port = answers(|question| match question {
        b"ping\0" => vec![b"pong\r\nmore".to_vec()],
        _ => vec![b"".to_vec()],
    });
    assert_eq!(ask(port, &PING, soon()), Outcome::pass("pong"));
    assert_eq!(ask(port, &PING[..1], soon()), Outcome::pass("pong"));
    assert_eq!(ask(port, &[("send", "?")], soon()), Outcome::pass("answered"));
}

#[test]
fn another_answer_is_waited_out() {
    let port = answers(|_| vec![b"busy\n".to_vec(), b"pong\r\n".to_vec()]);
    assert_eq!(ask(port, &PING, soon()), Outcome::pass("pong"));
    let port = answers(|_| vec![b"busy\n".to_vec()]);
    let outcome = ask(port, &PING, Deadline::after(Duration::from_millis(300)));
    assert_eq!(outcome, Outcome::fail(Cause::Timeout, "timed out, no match so far: \"busy\""));
}

#[test]
fn answers_that_do_not_match_come_to_an_end() {
    let port = answers(|_| vec![vec![b'x'; 8_000]; 40]);
    let outcome = ask(port, &PING, soon());
    assert_eq!(outcome.cause, Some(Cause::Unhealthy), "{outcome:?}");
    assert!(outcome.reason.starts_with("answer does not match: \"xxx"), "{outcome:?}");
}

#[test]
fn what_gets_lost_is_sent_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let port = answers(move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => vec![],
        _ => vec![b"pong\r\n".to_vec()],
    });
    assert_eq!(ask(port, &PING, soon()), Outcome::pass("pong"));
}

#[test]
fn silence_is_a_time_out_and_nobody_a_refusal() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let outcome = ask(port, &PING, Deadline::after(Duration::from_millis(100)));
    assert_eq!(outcome, Outcome::fail(Cause::Timeout, "timed out"));
    drop(silent);
    let outcome = ask(port, &PING, soon());
    assert_eq!(outcome.cause, Some(Cause::Connect));
    assert!(outcome.reason.starts_with("connection refused"), "{outcome:?}");
}

#[test]
fn hostile_servers_are_survived() {
    survives_datagrams(|port, deadline| ask(port, &PING, deadline), b"pong\r\n");
}
