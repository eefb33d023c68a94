use std::io::{Read, Write};
use std::net::TcpStream;

use super::frame::parse;
use super::value::list;
use super::*;
use crate::check::{Check, Deadline, Verdict};
use crate::checks::service::amqp::Amqp;
use crate::net::test_server::{
    Random, check, heard_up_to, hears, says, server, soon, survives_answering, withholds,
};
use crate::scheme::CheckUrl;

/// A frame of Artemis: its list has its length in one byte.
fn frame(kind: u8, code: u8, count: u8, fields: &[u8]) -> Vec<u8> {
    let body = [&[0, 0x53, code, 0xc0, fields.len() as u8 + 1, count][..], fields].concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], &[2, kind, 0, 0], &body].concat()
}

fn offers() -> Vec<u8> {
    [&SASL_HEADER[..], &frame(1, SASL_MECHANISMS, 1, b"\xe0\x12\x02\xa3\x05PLAIN\x09ANONYMOUS")].concat()
}

fn accepted() -> Vec<u8> {
    frame(1, SASL_OUTCOME, 2, b"P\0@")
}

/// As Artemis 2.40.0 answers, shortened.
fn opening() -> Vec<u8> {
    let fields = b"\xa1\x02id@p\0\x02\0\0`\xff\xffp\0\0u0@@\xe0\x12\x01\xa3\x10DELAYED_DELIVERY@\
        \xc1\x34\x04\xa3\x07product\xa1\x17apache-activemq-artemis\xa3\x07version\xa1\x062.40.0";
    [&HEADER[..], &frame(0, OPEN, 10, fields)].concat()
}

/// As Artemis refuses a login that SASL's ANONYMOUS had let in.
fn failing() -> Vec<u8> {
    let fields = b"\xa1\0@@@@@@@@\xc1\x28\x02\xa3\x24amqp:connection-establishment-failedA";
    [&HEADER[..], &frame(0, OPEN, 10, fields)].concat()
}

fn closing(condition: &str) -> Vec<u8> {
    let text = [&[0xa3, condition.len() as u8][..], condition.as_bytes(), b"\xa1\x06s3cret"].concat();
    frame(0, CLOSE, 1, &[&[0, 0x53, 0x1d, 0xc0, text.len() as u8 + 1, 2][..], &text].concat())
}

fn url(port: u16, user: &str, password: &str) -> CheckUrl {
    let (user, password) = (user.into(), password.into());
    CheckUrl { user, password, path: "/eu".into(), ..check("amqp", port, &[("version", "1.0")]) }
}

fn run(port: u16, deadline: Deadline) -> Outcome {
    Amqp::from_url(&url(port, "", "")).unwrap().run(deadline)
}

/// Logs in to a broker that gives these answers, one to each write.
fn log_in(password: &str, answers: Vec<Vec<u8>>) -> Outcome {
    let port = server(move |mut stream: TcpStream| {
        for answer in &answers {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    Amqp::from_url(&url(port, "s3cret", password)).unwrap().run(soon())
}

#[test]
fn the_mechanisms_pass_without_a_login() {
    let pass = |words: &str| Outcome::pass(format!("AMQP 1.0, {words}"));
    assert_eq!(run(says(&offers()), soon()), pass("offers PLAIN ANONYMOUS"));
    let one = [&SASL_HEADER[..], &frame(1, SASL_MECHANISMS, 1, b"\xa3\x05PLAIN")].concat();
    assert_eq!(run(says(&one), soon()), pass("offers PLAIN"));
    // RabbitMQ's has lengths of four bytes.
    let array = b"\xf0\0\0\0\x0e\0\0\0\x01\xb3\0\0\0\x05PLAIN";
    let long = [&SASL_HEADER[..], &frame(1, SASL_MECHANISMS, 1, array)].concat();
    assert_eq!(run(says(&long), soon()), pass("offers PLAIN"));
    assert_eq!(run(says(&HEADER), soon()), pass("without a login"));
}

#[test]
fn a_broker_of_another_version_is_named() {
    let outcome = run(says(b"AMQP\0\0\x09\x01"), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "it speaks AMQP 0.9.1, not 1.0"));
    for answer in [&b"HTTP/1.1 400\r\n"[..], b"AMQX", b"\0\0\0\x07\x02\0\0\0", b"\0\0\0\x09\x02\0\0\0\x01"] {
        assert_eq!(run(says(answer), soon()), foreign().into(), "{answer:x?}");
    }
}

#[test]
fn a_login_opens_and_closes_the_connection() {
    let answers = [offers(), accepted(), opening(), frame(0, CLOSE, 0, b"")];
    for (password, initial) in [("$CARGO_PKG_NAME", &b"\0s3cret\0health-probe"[..]), ("", b"s3cret")] {
        assert_eq!(log_in(password, answers.to_vec()), Outcome::pass("apache-activemq-artemis 2.40.0"));
        let (port, heard) = hears(&answers.concat());
        Amqp::from_url(&url(port, "s3cret", password)).unwrap().run(soon());
        let end = String::from_utf8_lossy(&close()).into_owned();
        heard_up_to(&heard, &end);
        let heard = heard.lock().unwrap();
        let has = |part: &[u8]| heard.windows(part.len()).any(|window| window == part);
        let mechanism: &[u8] = if password.is_empty() { b"ANONYMOUS" } else { b"PLAIN" };
        assert!(heard.starts_with(&SASL_HEADER) && has(&HEADER));
        assert!(has(&sasl_init(mechanism, initial, "eu")) && has(&open("eu")));
    }
}

#[test]
fn each_refusal_tells_a_busy_broker_from_a_refused_login() {
    use Cause::{Protocol, Unhealthy};
    for (code, cause, reason) in [
        (1, Protocol, "login refused"),
        (2, Unhealthy, "it cannot look the login up"),
        (4, Unhealthy, "it cannot look the login up"),
        (9, Protocol, "the header was answered, but answer is not of AMQP 1.0"),
    ] {
        let outcome = log_in("$CARGO_PKG_NAME", vec![offers(), frame(1, SASL_OUTCOME, 1, &[0x50, code])]);
        assert_eq!(outcome, Outcome::alive(cause, reason));
    }
    for (condition, cause) in [
        ("amqp:unauthorized-access", Protocol),
        ("amqp:not-found", Protocol),
        ("amqp:not-allowed", Protocol),
        ("amqp:resource-limit-exceeded", Unhealthy),
        ("amqp:connection:forced", Unhealthy),
        ("amqp:internal-error", Unhealthy),
        ("s3cret", Unhealthy),
    ] {
        for open in [failing(), opening(), HEADER.to_vec()] {
            let last = [open, closing(condition)].concat();
            let outcome = log_in("$CARGO_PKG_NAME", vec![offers(), accepted(), last]);
            assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(cause)), "{outcome:?}");
            assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
        }
    }
    let outcome = log_in("", vec![offers(), accepted(), failing()]);
    assert_eq!(outcome, refused("it refused the connection"));
}

#[test]
fn a_login_that_the_broker_does_not_take_is_alive() {
    let only = [&SASL_HEADER[..], &frame(1, SASL_MECHANISMS, 1, b"\xa3\x08EXTERNAL")].concat();
    let outcome = log_in("$CARGO_PKG_NAME", vec![only.clone()]);
    assert_eq!(outcome, refused("it does not take the login PLAIN"));
    assert_eq!(log_in("", vec![only]), refused("it does not take the login ANONYMOUS"));
    assert_eq!(log_in("", vec![HEADER.to_vec()]), refused("it takes no login (SASL)"));
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    let answers = [offers(), accepted(), opening(), frame(0, CLOSE, 0, b"")].concat();
    withholds("amqp", &answers, |url| {
        let mut url = CheckUrl { path: String::new(), ..url.clone() };
        url.options.push(("version".into(), "1.0".into()));
        Amqp::from_url(&url).unwrap().run(soon())
    });
}

#[test]
fn hostile_servers_are_survived() {
    survives_answering(run, &offers());
    survives_answering(
        |port, deadline| Amqp::from_url(&url(port, "s3cret", "$CARGO_PKG_NAME")).unwrap().run(deadline),
        &[offers(), accepted()].concat(),
    );
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(1_0);
    let parts = [offers()[8..].to_vec(), accepted(), opening()[8..].to_vec(), closing("amqp:not-found")];
    for turn in 0..40_000 {
        let damaged = random.damaged(&parts[turn % 4]);
        let fields = match parse(&damaged) {
            Some((Some(Frame::Performative(_, fields)), _)) => fields,
            _ => random.bytes(60),
        };
        mechanisms(&fields);
        sasl_code(&fields);
        properties_of(&fields);
        error_condition(&fields);
    }
    assert_eq!(error_condition(&list(&[])), None);
    assert_eq!(parse(b"\0\0\0\x08\x02\0\0\0"), Some((None, 8)));
}
