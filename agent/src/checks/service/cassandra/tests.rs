use std::io::{Read, Write};
use std::net::TcpStream;

use super::envelope::{parse, request};
use super::frame::{frame_length, frames, payload_of};
use super::*;
use crate::check::Verdict;
use crate::net::Redaction;
use crate::net::test_server::{
    Random, check, heard_up_to, hears, says, server, soon, survives, survives_answering, withholds,
};

mod queries;

fn run(port: u16, deadline: Deadline) -> Outcome {
    run_with(port, &[], deadline)
}

fn run_with(port: u16, options: &[(&str, &str)], deadline: Deadline) -> Outcome {
    Cassandra::from_url(&check("cassandra", port, options)).unwrap().run(deadline)
}

fn answer(version: u8, opcode: u8, body: &[u8]) -> Vec<u8> {
    request(0x80 | version, opcode, body)
}

/// As Cassandra 5.0.2 answers OPTIONS.
fn supported(version: u8) -> Vec<u8> {
    let mut body = vec![0, 3];
    for (name, values) in [
        ("PROTOCOL_VERSIONS", &["3/v3", "4/v4", "5/v5", "6/v6-beta"][..]),
        ("COMPRESSION", &["snappy", "lz4"]),
        ("CQL_VERSION", &["3.4.7"]),
    ] {
        body.extend_from_slice(&string(name));
        body.extend_from_slice(&(values.len() as u16).to_be_bytes());
        values.iter().for_each(|value| body.extend_from_slice(&string(value)));
    }
    answer(version, SUPPORTED, &body)
}

fn error(version: u8, code: u32, message: &str) -> Vec<u8> {
    answer(version, ERROR, &[&code.to_be_bytes(), &string(message)[..]].concat())
}

fn authenticate(version: u8) -> Vec<u8> {
    answer(version, AUTHENTICATE, &string("org.apache.cassandra.auth.PasswordAuthenticator"))
}

/// Asks a node that gives these answers, one for each request, with a user and a password.
fn log_in(answers: Vec<Vec<u8>>, options: &[(&str, &str)]) -> Outcome {
    let port = server(move |mut stream: TcpStream| {
        for answer in &answers {
            if !stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                return;
            }
            let _ = stream.write_all(answer);
        }
        while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
    });
    let mut url = check("cassandra", port, options);
    (url.user, url.password) = ("cassandra".into(), "$CARGO_PKG_NAME".into());
    Cassandra::from_url(&url).unwrap().run(soon())
}

#[test]
fn an_answer_to_options_passes_without_a_login() {
    assert_eq!(run(says(&supported(4)), soon()), Outcome::pass("speaks CQL 3.4.7"));
    let (port, heard) = hears(&supported(4));
    run(port, soon());
    assert_eq!(heard_up_to(&heard, "\x05\0\0\0\0"), "\x04\0\0\0\x05\0\0\0\0");
}

#[test]
fn a_node_of_another_version_is_asked_in_that() {
    for version in [3, 5] {
        let port = server(move |mut stream: TcpStream| {
            let mut request = [0; 9];
            stream.read_exact(&mut request).unwrap();
            let refusal = error(version, 0x0a, "Invalid or unsupported protocol version (4)");
            let _ = stream.write_all(&if request[0] == version { supported(version) } else { refusal });
            let _ = stream.read(&mut request);
        });
        assert_eq!(run(port, soon()), Outcome::pass("speaks CQL 3.4.7"), "{version}");
    }
    for (version, reason) in [(2, "protocol error (0x000a): x"), (4, "protocol error (0x000a): x")] {
        let outcome = run(says(&error(version, 0x0a, "x")), soon());
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason), "{version}");
    }
}

#[test]
fn each_error_tells_a_busy_node_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (code, verdict, cause) in [
        (0x0000, Fail, Unhealthy),
        (0x000a, Alive, Protocol),
        (0x1001, Alive, Unhealthy),
        (0x1002, Alive, Unhealthy),
        (0x7777, Alive, Unhealthy),
    ] {
        let outcome = run(says(&error(4, code, "why")), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{outcome:?}");
        assert!(outcome.reason.ends_with(&format!("({code:#06x}): why")), "{outcome:?}");
        // Once OPTIONS was answered the server lives, whatever it says of the rest.
        let outcome =
            run_with(says(&[supported(4), error(4, code, "why")].concat()), &[("query", "x")], soon());
        assert_eq!((outcome.verdict, outcome.cause), (Alive, Some(cause)), "{outcome:?}");
    }
}

#[test]
fn what_is_no_cql_is_named() {
    for reply in
        [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\x84\0\0\x01\x06\0\0\0\0", b"\x84\0\0\0\x7f\0\0\0\0"]
    {
        let outcome = run(says(reply), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{outcome:?}");
        assert!(outcome.reason.starts_with("answer is not of CQL"), "{outcome:?}");
    }
    assert_eq!(
        run(says(b"\x84\0\0\0\x06\0\x10\0\0"), soon()),
        Outcome::fail(Cause::Protocol, "answer is longer than 32768 bytes")
    );
    let reason = "connection closed before the answer: the node may be full, or want TLS (?tls)";
    assert_eq!(run(says(b""), soon()), Outcome::fail(Cause::Protocol, reason));
}

#[test]
fn a_login_is_accepted_refused_or_wanted() {
    let success = answer(4, AUTH_SUCCESS, &[0xff; 4]);
    let outcome = log_in(vec![supported(4), authenticate(4), success], &[]);
    assert_eq!(outcome, Outcome::pass("speaks CQL 3.4.7, login accepted"));
    let outcome = log_in(vec![supported(4), answer(4, READY, &[])], &[]);
    assert_eq!(outcome, Outcome::pass("speaks CQL 3.4.7"));
    for (last, reason) in [
        (error(4, 0x100, "Provided username health-probe"), "login refused (0x0100)"),
        (answer(4, AUTH_CHALLENGE, &[0; 4]), "it wants another login than a user and a password"),
    ] {
        let outcome = log_in(vec![supported(4), authenticate(4), last], &[]);
        assert_eq!(outcome, refused(reason));
    }
    let outcome = run_with(says(&[supported(4), authenticate(4)].concat()), &[("query", "SELECT 1")], soon());
    assert_eq!(outcome, refused("it wants a login"));
    let half = CheckUrl { user: "me".into(), ..check("cassandra", 1, &[]) };
    let outcome = Cassandra::from_url(&half).unwrap().run(soon());
    assert_eq!(outcome, refused("login needs both a user and a password"));
}

#[test]
fn a_node_that_repeats_the_password_is_not_repeated() {
    let name = env!("CARGO_PKG_NAME");
    for echo in [name.as_bytes().to_vec(), error(4, 0x2200, name), answer(4, RESULT, name.as_bytes())] {
        let outcome = log_in(vec![supported(4), authenticate(4), echo], &[]);
        assert_eq!(outcome.verdict, Verdict::Alive);
        assert!(!outcome.reason.contains(name), "{outcome:?}");
    }
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    let answers = [supported(4), authenticate(4), answer(4, AUTH_SUCCESS, &[0xff; 4])].concat();
    withholds("cassandra", &answers, |url| Cassandra::from_url(url).unwrap().run(soon()));
}

#[test]
fn version_5_speaks_in_frames_once_it_was_started() {
    let frame = |envelope: &[u8]| frames(envelope).collect::<Vec<_>>().concat();
    let success = answer(5, AUTH_SUCCESS, &[0xff; 4]);
    // As Cassandra 5.0.2 sends it.
    assert_eq!(frame(&success)[..6], [0x0d, 0, 2, 0xcf, 7, 0xf7]);
    assert_eq!(frame(&success)[19..], [0x3c, 0xd8, 0xd3, 0xac]);
    let (head, tail) = success.split_at(5);
    let halves = [frame(head), frame(tail)].concat();
    let mut damaged = frame(&success);
    damaged[10] ^= 1;
    for (last, outcome) in [
        (frame(&success), Outcome::pass("speaks CQL 3.4.7, login accepted")),
        (halves, Outcome::pass("speaks CQL 3.4.7, login accepted")),
        (frame(&error(5, 0x100, "no")), refused("login refused (0x0100)")),
        (success.clone(), refused("OPTIONS was answered, but frame has a wrong check sum")),
        (damaged, refused("OPTIONS was answered, but frame has a wrong check sum")),
    ] {
        let port = server(move |mut stream: TcpStream| {
            let mut request = [0; 4096];
            for answer in [supported(5), authenticate(5), last.clone()] {
                let count = stream.read(&mut request).unwrap();
                if request[0] == 4 {
                    let _ = stream.write_all(&error(5, 0x0a, "Rejecting Protocol Version 4/v4 < 5/v5."));
                    return;
                }
                let in_frame = frame_length(&request[..count]).is_ok_and(|length| length == Some(count));
                assert_eq!(in_frame, answer == last);
                let _ = stream.write_all(&answer);
            }
            let _ = stream.read(&mut request);
        });
        let mut url = check("cassandra", port, &[]);
        (url.user, url.password) = ("me".into(), "$CARGO_PKG_NAME".into());
        assert_eq!(Cassandra::from_url(&url).unwrap().run(soon()), outcome);
    }
    let large = vec![7; 300_000];
    let pieces: Vec<_> = frames(&large).map(|frame| payload_of(&frame).unwrap().to_vec()).collect();
    assert_eq!((pieces.len(), pieces.concat()), (3, large));
}

#[test]
fn what_the_flags_put_in_front_of_a_message_is_stepped_over() {
    let warned = [&[0, 1][..], &string("slow"), b"body"].concat();
    let traced = [&[9; 16][..], b"body"].concat();
    let loaded = [&[0, 1][..], &string("key"), b"\0\0\0\x01vbody"].concat();
    for (flags, body) in [(8, warned), (2, traced), (4, loaded)] {
        let mut envelope = answer(4, RESULT, &body);
        envelope[1] = flags;
        let (read, length) = parse(&envelope, Redaction::None).unwrap().unwrap();
        assert_eq!((&read.body[..], length), (&b"body"[..], envelope.len()), "{flags}");
        assert!(parse(&envelope[..envelope.len() - 1], Redaction::None).unwrap().is_none());
    }
    let mut false_count = answer(4, RESULT, &[0xff; 4]);
    false_count[1] = 8;
    assert!(parse(&false_count, Redaction::None).is_err());
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &supported(4));
    survives_answering(
        |port, deadline| run_with(port, &[("query", "SELECT 1"), ("expect", "1")], deadline),
        &[supported(4), answer(4, READY, &[]), queries::rows(&[&[b'1'; 100]], 0x0d)].concat(),
    );
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(9042);
    let (good, row) = (supported(4), queries::rows(&[b"1", b"2"], 0x31));
    for _ in 0..20_000 {
        let _ = parse(&random.damaged(&good), Redaction::None);
        cql_version(&random.damaged(&good[9..]));
        let damaged = random.damaged(&row[9..]);
        if let Ok(row) = only_row(&damaged, 5) {
            let _ = row.compare(Some("1"), Redaction::None);
        }
        let _ = frame_length(&random.bytes(12));
    }
}
