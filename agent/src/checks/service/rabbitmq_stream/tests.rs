use std::io::{Read, Write};
use std::net::TcpStream;

use super::frame::parse;
use super::*;
use crate::check::Cause;
use crate::net::test_server::{Random, check, says, server, soon, survives, survives_answering, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    RabbitmqStream::from_url(&check("rabbitmq-stream", port, &[])).unwrap().run(deadline)
}

fn frame(key: u16, content: &[u8]) -> Vec<u8> {
    let frame = [&key.to_be_bytes()[..], &[0, 1], content].concat();
    [&(frame.len() as u32).to_be_bytes()[..], &frame].concat()
}

fn response(key: u16, content: &[u8]) -> Vec<u8> {
    frame(0x8000 | key, &[&[0, 0, 0, 1][..], content].concat())
}

fn properties() -> Vec<u8> {
    let texts = ["product", "RabbitMQ", "version", "3.10.8"].map(string).concat();
    response(PEER_PROPERTIES, &[&[0, 1, 0, 0, 0, 2][..], &texts].concat())
}

/// The answers up to an open virtual host.
fn answers() -> Vec<Vec<u8>> {
    let mechanisms = [&[0, 1, 0, 0, 0, 1][..], &string("PLAIN")].concat();
    let tune = frame(TUNE, &[0, 0x10, 0, 0, 0, 0, 0, 60]);
    vec![
        properties(),
        response(SASL_HANDSHAKE, &mechanisms),
        [response(SASL_AUTHENTICATE, &[0, 1]), tune].concat(),
        [frame(0x17, &[]), response(OPEN, &[0, 1, 0, 0, 0, 0])].concat(),
    ]
}

fn metadata(code: u8) -> Vec<u8> {
    let broker = [&[0, 0, 0, 1, 0, 0][..], &string("localhost"), &[0, 0, 0x15, 0xb0]].concat();
    let stream = [&[0, 0, 0, 1][..], &string("events"), &[0, code, 0, 0, 0, 0, 0, 0]].concat();
    response(METADATA, &[broker, stream].concat())
}

fn log_in(answers: Vec<Vec<u8>>, stream: Option<&str>) -> Outcome {
    let port = server(move |mut stream: TcpStream| {
        for answer in &answers {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    let mut url = check("rabbitmq-stream", port, &[]);
    (url.user, url.password) = ("probe".into(), "$CARGO_PKG_NAME".into());
    url.options.extend(stream.map(|name| ("stream".to_owned(), name.to_owned())));
    RabbitmqStream::from_url(&url).unwrap().run(soon())
}

#[test]
fn the_properties_of_a_broker_pass_without_a_login() {
    assert_eq!(run(says(&properties()), soon()), Outcome::pass("RabbitMQ 3.10.8"));
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        b"\0\0\0\x03",
        b"\0\0\x40\x01",
        b"\0\0\0\x04\x80\x11\0\x02",
        b"\0\0\0\x0a\x80\x11\0\x01\0\0\0\x01\0\x0d",
    ] {
        assert_eq!(run(says(answer), soon()), frame::foreign().into(), "{answer:x?}");
    }
}

#[test]
fn a_login_opens_the_virtual_host_and_finds_the_stream() {
    assert_eq!(log_in(answers(), None), Outcome::pass("RabbitMQ 3.10.8"));
    for (code, outcome) in [
        (1, Outcome::pass("RabbitMQ 3.10.8")),
        (2, refused("stream does not exist (2)")),
        (6, Outcome::alive(Cause::Unhealthy, "stream is not available (6)")),
    ] {
        let all = [answers(), vec![metadata(code), response(CLOSE, &[0, 1])]].concat();
        assert_eq!(log_in(all, Some("events")), outcome);
    }
}

#[test]
fn each_refusal_is_alive() {
    for (number, answer, cause, reason) in [
        (1, response(SASL_HANDSHAKE, &[0, 7]), Cause::Protocol, "it does not take a user and a password (7)"),
        (2, response(SASL_AUTHENTICATE, &[0, 8]), Cause::Protocol, "login refused (8)"),
        (2, frame(CLOSE, &[0, 0, 0, 1, 0, 0x0f, 0, 0]), Cause::Unhealthy, "refused with code 15"),
        (
            3,
            response(OPEN, &[0, 12]),
            Cause::Protocol,
            "virtual host is not there, or closed to this user (12)",
        ),
        (3, response(OPEN, &[0, 16]), Cause::Protocol, "access refused (16)"),
        (
            2,
            b"health-probe".to_vec(),
            Cause::Protocol,
            "PeerProperties was answered, but answer is not of RabbitMQ streams",
        ),
    ] {
        let mut all = answers();
        all.truncate(number);
        all.push(answer);
        assert_eq!(log_in(all, None), Outcome::alive(cause, reason));
    }
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    withholds("rabbitmq-stream", &answers().concat(), |url| {
        RabbitmqStream::from_url(url).unwrap().run(soon())
    });
    let half = CheckUrl { user: "me".into(), ..check("rabbitmq-stream", 1, &[]) };
    let outcome = RabbitmqStream::from_url(&half).unwrap().run(soon());
    assert_eq!(outcome, refused("login needs both a user and a password"));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &properties());
    survives_answering(
        |port, deadline| {
            let mut url = check("rabbitmq-stream", port, &[("stream", "events")]);
            (url.user, url.password) = ("probe".into(), "$CARGO_PKG_NAME".into());
            RabbitmqStream::from_url(&url).unwrap().run(deadline)
        },
        &[answers().concat(), metadata(1), response(CLOSE, &[0, 1])].concat(),
    );
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(5552);
    let (named, found) = (properties(), metadata(1));
    for _ in 0..20_000 {
        let _ = parse(&random.damaged(&named));
        broker(&random.damaged(&named[12..]));
        state_of(&random.damaged(&found[12..]));
    }
}
