use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Memcached::from_url(&check("memcached", port, &[])).unwrap().run(deadline)
}

#[test]
fn a_version_passes() {
    assert_eq!(run(says(b"VERSION 1.6.18\r\nVERSION 1.6.18\r\n"), soon()), Outcome::pass("memcached 1.6.18"));
}

#[test]
fn each_answer_tells_a_full_server_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (reply, verdict, cause) in [
        ("ERROR Too many open connections", Alive, Unhealthy),
        ("SERVER_ERROR out of memory reading request", Alive, Unhealthy),
        ("CLIENT_ERROR unauthenticated", Alive, Protocol),
        ("ERROR", Fail, Unhealthy),
        ("SERVER_ERROR proxy is lost", Fail, Unhealthy),
        ("VERSION", Fail, Protocol),
        ("ERRORS", Fail, Protocol),
        ("+PONG", Fail, Protocol),
        ("HTTP/1.1 400 Bad Request", Fail, Protocol),
    ] {
        let outcome = run(says(format!("{reply}\r\n").as_bytes()), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{reply}");
    }
}

/// A server that closes on text, as one with `-B binary` does once it has a header's bytes.
fn binary_only(status: u8, body: &'static [u8]) -> u16 {
    server(move |mut stream| {
        let mut received = [0; HEADER];
        stream.read_exact(&mut received).unwrap();
        if received == BINARY {
            let mut header = [0; HEADER];
            (header[0], header[1], header[7], header[11]) = (0x81, VERSION, status, body.len() as u8);
            stream.write_all(&[&header, body].concat()).unwrap();
        }
    })
}

#[test]
fn a_server_that_speaks_binary_only_is_asked_in_binary() {
    assert_eq!(run(binary_only(0, b"1.6.18"), soon()), Outcome::pass("memcached 1.6.18"));
    let reason = "it asks for a SASL login: Auth failure.";
    assert_eq!(run(binary_only(0x20, b"Auth failure."), soon()), Outcome::alive(Cause::Protocol, reason));
    let reason = "status 0x81: Unknown command";
    assert_eq!(run(binary_only(0x81, b"Unknown command"), soon()), Outcome::fail(Cause::Unhealthy, reason));
}

#[test]
fn a_binary_answer_of_any_other_form_is_refused() {
    let mut long = [0; HEADER];
    (long[0], long[1], long[10]) = (0x81, VERSION, 3);
    for received in [&b"\x81\x0c"[..], b"\x80\x0b", &long] {
        assert_eq!(binary(received).unwrap().cause, Some(Cause::Protocol));
    }
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"VERSION 1.6.18\r\n");
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(11211);
    let mut packet = [0; HEADER + 6];
    (packet[0], packet[1], packet[11]) = (0x81, VERSION, 6);
    for _ in 0..20_000 {
        text(&random.damaged(b"VERSION 1.6.18\r\n"));
        text(&random.bytes(40));
        binary(&random.damaged(&packet));
    }
}
