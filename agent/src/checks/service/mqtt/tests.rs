use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Mqtt::from_url(&check("mqtt", port, &[])).unwrap().run(deadline)
}

#[test]
fn an_accepted_connection_passes() {
    for connack in
        [&[0x20, 2, 0, 0][..], &[0x20, 9, 0, 0, 6, 0x22, 0, 10, 0x21, 0, 20], &[0x20, 0x80, 1, 0, 0]]
    {
        assert_eq!(run(says(connack), soon()), Outcome::pass("connection accepted"));
    }
}

#[test]
fn each_code_tells_a_busy_broker_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (codes, verdict, cause) in [
        (&[3, 0x88, 0x89, 0x97, 0x9f, 0x9c, 0x9d][..], Alive, Unhealthy),
        (&[1, 2, 4, 5, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x95], Alive, Protocol),
        (&[6, 0x7f, 0x80, 0x81, 0x82, 0xff], Fail, Unhealthy),
    ] {
        for &code in codes {
            let outcome = run(says(&[0x20, 2, 0, code]), soon());
            assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{code:#x}: {outcome:?}");
        }
    }
}

#[test]
fn what_is_no_connack_is_refused_at_once() {
    for received in [&b"HTTP/1.1"[..], b"\x30", b"\x20\x00", b"\x20\x01", b"\x20\xff\xff", b"\x20\x02\x02"] {
        assert_eq!(code(received), Some(None), "{received:x?}");
    }
    for received in [&b""[..], b"\x20", b"\x20\x02", b"\x20\x80", b"\x20\x02\x00", b"\x20\x80\x01\x01"] {
        assert_eq!(code(received), None, "{received:x?}");
    }
}

#[test]
fn a_broker_of_version_5_only_is_asked_again() {
    for refusal in [&[0x20, 2, 0, 1][..], &[0x20, 3, 0, 0x84, 0]] {
        let port = server(move |mut stream| {
            let mut received = [0; 512];
            let count = stream.read(&mut received).unwrap();
            let accepted =
                received[..count].starts_with(b"\x10\x24\0\x04MQTT\x05\x02\0\x0a\0\0\x17healthprobe");
            stream.write_all(if accepted { &[0x20, 3, 0, 0, 0] } else { refusal }).unwrap();
            if accepted {
                let mut rest = Vec::new();
                stream.read_exact(&mut received[..2]).unwrap();
                assert_eq!(received[..2], DISCONNECT);
                stream.read_to_end(&mut rest).unwrap();
                assert!(rest.is_empty());
            }
        });
        assert_eq!(run(port, soon()).verdict, Verdict::Pass);
    }
}

#[test]
fn a_login_follows_the_client_identifier() {
    let packet = |user, password| connect(Version::V311, user, password).unwrap();
    assert_eq!(packet(None, None)[..14], *b"\x10\x23\0\x04MQTT\x04\x02\0\x0a\0\x17");
    let both = packet(Some(b"me"), Some(b"s3cret"));
    assert_eq!((both[9], &both[both.len() - 12..]), (0xc2, &b"\0\x02me\0\x06s3cret"[..]));
    let user = packet(Some(b"me"), None);
    assert_eq!((user[9], &user[user.len() - 4..]), (0x82, &b"\0\x02me"[..]));
    let password = packet(None, Some(b"p"));
    assert_eq!((password[9], &password[password.len() - 5..]), (0xc2, &b"\0\0\0\x01p"[..]));
    let long = packet(Some(&[b'x'; 300]), None);
    assert_eq!((long[0], long[1], long[2], long.len()), (0x10, 0xd1, 0x02, 3 + 0x151));
    assert_eq!(connect(Version::V5, Some(&[0; 65_536]), None).unwrap_err().verdict, Verdict::Alive);
}

#[test]
fn no_two_checks_share_a_client_identifier() {
    let mut all: Vec<String> = (0..1_000).map(|_| client_id()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 1_000);
    assert!(all.iter().all(|id| id.len() == 23 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())));
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    withholds("mqtt", &[0x20, 2, 0, 5], |url| Mqtt::from_url(url).unwrap().run(soon()));
}

#[test]
fn a_server_that_repeats_the_password_is_not_repeated() {
    let path = std::env::temp_dir().join(format!("health-probe-mqtt-{}", std::process::id()));
    std::fs::write(&path, "s3cret").unwrap();
    let echo = server(|mut stream| {
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        stream.write_all(&received[..count]).unwrap();
    });
    let options = [("password-file", path.to_str().unwrap())];
    let outcome = Mqtt::from_url(&check("mqtt", echo, &options)).unwrap().run(soon());
    assert_eq!(outcome, Outcome::fail(Cause::Protocol, "answer is not of MQTT"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &[0x20, 2, 0, 3]);
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(1883);
    for _ in 0..20_000 {
        code(&random.damaged(&[0x20, 9, 0, 0, 6, 0x22, 0, 10, 0x21, 0, 20]));
        code(&random.bytes(8)).flatten().map(judge);
    }
}
