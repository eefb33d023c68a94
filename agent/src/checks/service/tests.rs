//! What holds for every protocol of more than one step: a proof of life is kept.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use crate::check::{Cause, Deadline, HostRoots, Outcome, Verdict};
use crate::net::test_server::{says, server};
use crate::registry::{SCHEMES, check_of};
use crate::scheme::parse;

const MYSQL_GREETING: &[u8] = b"\x4a\0\0\0\x0a8.0.40\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\
    \0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0";

const CQL_SUPPORTED: &[u8] = b"\x84\0\0\0\x06\0\0\0\x18\0\x01\0\x0bCQL_VERSION\0\x01\0\x053.4.7";

/// An answer to PRELOGIN with encryption.
const MSSQL_PRELOGIN: &[u8] =
    b"\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x10\x27\0\0\x01";

/// A check with `PORT` in place of the port, and what its server answers before it goes wrong.
const ANSWERED: &[(&str, &[u8])] = &[
    ("redis://:password@:PORT", b"+OK\r\n"),
    ("redis://:PORT?role=primary", b"+PONG\r\n"),
    ("redis://:PORT?command=BLPOP%20q%205", b"+PONG\r\n"),
    ("redis://:PORT?cluster-state=ok", b"+PONG\r\n"),
    ("redis://:PORT?sentinel=m", b"+PONG\r\n*2\r\n$5\r\nflags\r\n"),
    ("smtp://:PORT", b"220 mail.test\r\n"),
    ("smtp://:PORT", b"220 mail.test\r\n502 what\r\n"),
    ("smtp://:PORT?starttls", b"220 mail.test\r\n250-a\r\n250 STARTTLS\r\n"),
    ("nats://:PORT", b"INFO {\"version\":\"2.10.0\"}\r\n"),
    ("nats://:PORT?tls", b"INFO {\"version\":\"2.10.0\",\"tls_required\":true}\r\n"),
    ("expect://:PORT?banner=^hello&send=a&expect=b", b"hello\n"),
    ("postgres://me:password@:PORT/db?allow-cleartext", b"R\0\0\0\x08\0\0\0\x03"),
    ("mssql://me:password@:PORT", MSSQL_PRELOGIN),
    ("mssql://:PORT?tls", MSSQL_PRELOGIN),
    ("mysql://me:password@:PORT", MYSQL_GREETING),
    ("mariadb://me@:PORT?tls", MYSQL_GREETING),
    ("amqp://me:password@:PORT?version=1.0", b"AMQP\x03\x01\0\0"),
    ("rabbitmq-stream://me:password@:PORT", b"\0\0\0\x0e\x80\x11\0\x01\0\0\0\x01\0\x01\0\0\0\0"),
    ("cassandra://me:password@:PORT?query=SELECT%201", CQL_SUPPORTED),
    (
        "amqp://me:password@:PORT",
        b"\x01\0\0\0\0\0\x1c\0\x0a\0\x0a\0\x09\0\0\0\0\0\0\0\x05PLAIN\0\0\0\x05en_US\xce",
    ),
];

fn ask(url: &str, port: u16, limit: Duration) -> Outcome {
    let text = url.replace("PORT", &port.to_string()).replace(":password@", ":$CARGO_PKG_NAME@");
    let url = parse(&text, SCHEMES).unwrap_or_else(|error| panic!("{text}: {}", error.0));
    check_of(&url, &HostRoots::default()).unwrap().run(Deadline::after(limit))
}

/// A server that gives the answer and is then silent for as long as the check waits.
fn falls_silent(answer: &'static [u8]) -> u16 {
    server(move |mut stream| {
        let _ = stream.write_all(answer);
        while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
        thread::sleep(Duration::from_secs(2));
    })
}

#[test]
fn silence_after_an_answer_is_alive() {
    for &(url, answer) in ANSWERED {
        let outcome = ask(url, falls_silent(answer), Duration::from_millis(150));
        assert_eq!(
            (outcome.verdict, outcome.cause),
            (Verdict::Alive, Some(Cause::Timeout)),
            "{url}: {outcome:?}"
        );
        let never = ask(url, falls_silent(b""), Duration::from_millis(150));
        assert_eq!(never, Outcome::fail(Cause::Timeout, "timed out"), "{url}");
    }
}

#[test]
fn an_end_after_an_answer_is_alive() {
    for &(url, answer) in ANSWERED {
        let outcome = ask(url, says(answer), Duration::from_secs(5));
        assert_eq!(outcome.verdict, Verdict::Alive, "{url}: {outcome:?}");
        assert_eq!(ask(url, says(b""), Duration::from_secs(5)).verdict, Verdict::Fail, "{url}");
    }
}

#[test]
fn garbage_after_an_answer_is_alive() {
    for &(url, answer) in ANSWERED {
        let answer = [answer, b"\x16 garbage that no server would say \r\n\xff\xff\xff\xff\xff\xff"].concat();
        let outcome = ask(url, says(&answer), Duration::from_secs(5));
        // Words in the place of a handshake may come from a program in between.
        let injected = url.starts_with("nats") && url.ends_with("tls");
        let expected = if injected { Verdict::Fail } else { Verdict::Alive };
        assert_eq!(outcome.verdict, expected, "{url}: {outcome:?}");
    }
}
