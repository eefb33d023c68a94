use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Kafka::from_url(&check("kafka", port, &[])).unwrap().run(deadline)
}

fn framed(correlation: u32, body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 4).to_be_bytes(), &correlation.to_be_bytes(), body].concat()
}

/// Produce and ApiVersions in the form of version 3, the first with a tagged field of two bytes.
fn modern() -> Vec<u8> {
    framed(1, &[0, 0, 3, 0, 0, 0, 0, 0, 12, 1, 7, 2, 8, 9, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0])
}

#[test]
fn a_list_of_apis_passes() {
    assert_eq!(run(says(&modern()), soon()), Outcome::pass("ApiVersions answered, 2 APIs"));
}

#[test]
fn the_request_is_that_of_the_specification() {
    let asked = request(3, 1);
    let expected = b"\0\0\0\x2b\0\x12\0\x03\0\0\0\x01\0\x0chealth-probe\0\x0dhealth-probe";
    assert!(asked.starts_with(&expected[..]), "{asked:?}");
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    assert_eq!(asked[expected.len()..], [&[version.len() as u8 + 1], version, &[0]].concat());
    assert_eq!(asked.len(), 4 + 0x2b);
    assert_eq!(request(0, 4), b"\0\0\0\x16\0\x12\0\0\0\0\0\x04\0\x0chealth-probe");
}

#[test]
fn an_old_broker_is_asked_again_in_its_own_version() {
    let port = server(|mut stream| {
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        assert_eq!(received[6..8], [0, 3], "{:?}", &received[..count]);
        stream.write_all(&framed(1, &[0, 35, 0, 0, 0, 0])).unwrap();
        let count = stream.read(&mut received).unwrap();
        assert_eq!(received[..count], request(0, 4));
        stream.write_all(&framed(4, &[0, 0, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2])).unwrap();
    });
    assert_eq!(run(port, soon()), Outcome::pass("ApiVersions answered, 1 APIs"));
}

#[test]
fn what_follows_the_first_answer_takes_nothing_from_it() {
    for rest in [vec![0], modern(), vec![0xff; 8_192]] {
        let outcome = run(says(&[modern(), rest].concat()), soon());
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    }
}

#[test]
fn each_answer_tells_a_broker_from_something_else() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    let mut misnumbered = modern();
    misnumbered[7] = 2;
    for (what, answer, verdict, cause) in [
        ("a request that it finds invalid", framed(1, &[0, 42, 1, 0, 0, 0, 0, 0]), Alive, Protocol),
        ("a broken broker", framed(1, &[0xff, 0xff, 1, 0, 0, 0, 0, 0]), Fail, Unhealthy),
        ("another correlation id", misnumbered, Fail, Protocol),
        (
            "a list without ApiVersions",
            framed(1, &[0, 0, 2, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0]),
            Fail,
            Protocol,
        ),
        ("an empty list", framed(1, &[0, 0, 1, 0, 0, 0, 0, 0]), Fail, Protocol),
        ("more APIs than bytes", framed(1, &[0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 18]), Fail, Protocol),
        ("a length beyond the limit", vec![0, 1, 0, 1, 0, 0, 0, 1], Fail, Protocol),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Fail, Protocol),
        ("a TLS alert", vec![0x15, 3, 3, 0, 2, 2, 80], Alive, Protocol),
        ("nothing", vec![], Fail, Protocol),
    ] {
        let outcome = run(says(&answer), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{what}: {outcome:?}");
    }
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &modern());
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(42);
    let old = framed(1, &[0, 0, 0, 0, 0, 1, 0, 18, 0, 0, 0, 2]);
    for _ in 0..20_000 {
        for (good, version) in [(modern(), 3), (old.clone(), 0)] {
            let bytes = random.damaged(&good);
            if let Ok(answer) = read(&mut &bytes[..], 1) {
                let _ = judge(&answer, version);
            }
        }
    }
}
