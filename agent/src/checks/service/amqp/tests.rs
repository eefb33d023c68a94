use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::wire::parse;
use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Amqp::from_url(&check("amqp", port, &[])).unwrap().run(deadline)
}

fn start(mechanisms: &str) -> Vec<u8> {
    let text = |name: &[u8], value: &[u8]| [&short_string(name)[..], b"S", &long_string(value)].concat();
    let capability = [&short_string(b"version")[..], b"t\x01"].concat();
    let properties = [
        [&short_string(b"capabilities")[..], b"F", &long_string(&capability)].concat(),
        text(b"product", b"RabbitMQ"),
        text(b"version", b"3.10.8"),
    ]
    .concat();
    let strings = [long_string(&properties), long_string(mechanisms.as_bytes()), long_string(b"en_US")];
    method(START, &[&b"\0\x09"[..], &strings.concat()].concat())
}

fn close(code: u16, text: &str) -> Vec<u8> {
    method(CLOSE, &[&code.to_be_bytes()[..], &short_string(text.as_bytes()), &[0; 4]].concat())
}

#[test]
fn a_start_passes_without_a_login() {
    assert_eq!(run(says(&start("PLAIN AMQPLAIN")), soon()), Outcome::pass("RabbitMQ 3.10.8"));
}

#[test]
fn a_broker_of_another_protocol_is_named() {
    let outcome = run(says(b"AMQP\x03\x01\x00\x00"), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "it speaks AMQP 1.0.0, not 0-9-1: use ?version=1.0"));
    for answer in [
        &b"HTTP/1.1 400\r\n"[..],
        b"AMQX",
        b"\x01\0\x01\0\0\0\0",
        b"\x01\0\0\x7f\0\0\0",
        b"\x01\0\0\0\0\0\0\0",
    ] {
        assert_eq!(run(says(answer), soon()), foreign().into(), "{answer:x?}");
    }
}

/// Logs in to a broker that gives these answers, one to each write, and hands back what it heard.
fn log_in(answers: Vec<Vec<u8>>) -> (Outcome, Vec<u8>) {
    static FILES: Mutex<usize> = Mutex::new(0);
    let number = {
        let mut files = FILES.lock().unwrap();
        *files += 1;
        *files
    };
    let path = std::env::temp_dir().join(format!("health-probe-amqp-{}-{number}", std::process::id()));
    std::fs::write(&path, "s3cret").unwrap();
    let all = Arc::new(Mutex::new(Vec::new()));
    let received = all.clone();
    let port = server(move |mut stream: TcpStream| {
        let mut piece = [0; 4096];
        for answer in &answers {
            let count = stream.read(&mut piece).unwrap();
            received.lock().unwrap().extend_from_slice(&piece[..count]);
            let _ = stream.write_all(answer);
        }
    });
    let mut check = check("amqp", port, &[("password-file", path.to_str().unwrap())]);
    check.user = "probe".into();
    check.path = "/a%2fb".into();
    let outcome = Amqp::from_url(&check).unwrap().run(soon());
    std::fs::remove_file(path).unwrap();
    let received = all.lock().unwrap().clone();
    (outcome, received)
}

fn tune() -> Vec<u8> {
    method(TUNE, &[7, 0xff, 0, 2, 0, 0, 0, 60])
}

#[test]
fn a_login_opens_the_virtual_host_and_closes() {
    let (outcome, received) =
        log_in(vec![start("AMQPLAIN PLAIN"), tune(), method(OPEN_OK, &[0]), method(CLOSE_OK, &[])]);
    assert_eq!(outcome, Outcome::pass("RabbitMQ 3.10.8"));
    let has = |part: &[u8]| received.windows(part.len()).any(|window| window == part);
    assert!(received.starts_with(HEADER));
    assert!(has(b"\x05PLAIN\0\0\0\x0d\0probe\0s3cret\x05en_US\xce"));
    assert!(has(&method(TUNE_OK, &[7, 0xff, 0, 2, 0, 0, 0, 0])));
    assert!(has(&method(OPEN, b"\x03a/b\0\0")));
    assert!(has(&close(200, "")));
}

#[test]
fn each_close_tells_a_busy_broker_from_a_refused_login() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (code, text, verdict, cause) in [
        (320, "CONNECTION_FORCED - s3cret", Alive, Unhealthy),
        (403, "ACCESS_REFUSED - s3cret", Alive, Protocol),
        (506, "RESOURCE_ERROR - s3cret", Alive, Unhealthy),
        (530, "NOT_ALLOWED - vhost s3cret not found", Alive, Protocol),
        (530, "NOT_ALLOWED - access to vhost '/' refused for user 's3cret'", Alive, Protocol),
        (
            530,
            "NOT_ALLOWED - access refused for user 's3cret': connection limit (0) is reached",
            Alive,
            Unhealthy,
        ),
        (541, "INTERNAL_ERROR - vhost 's3cret' is down", Alive, Unhealthy),
        (541, "INTERNAL_ERROR - s3cret", Fail, Unhealthy),
        (501, "FRAME_ERROR - s3cret", Fail, Unhealthy),
    ] {
        for answers in
            [vec![start("PLAIN"), close(code, text)], vec![start("PLAIN"), tune(), close(code, text)]]
        {
            let (outcome, received) = log_in(answers);
            assert_eq!(
                (outcome.verdict, outcome.cause),
                (verdict, Some(cause)),
                "{code} {text}: {outcome:?}"
            );
            assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
            assert!(received.starts_with(HEADER));
        }
    }
}

#[test]
fn a_login_that_is_refused_without_a_word_is_alive() {
    let (outcome, _) = log_in(vec![start("PLAIN"), Vec::new()]);
    assert_eq!(outcome, refused("login refused: connection closed"));
    let (outcome, received) = log_in(vec![start("EXTERNAL"), Vec::new()]);
    assert_eq!(outcome, refused("it does not take a user and a password (PLAIN)"));
    assert_eq!(received, HEADER);
}

#[test]
fn a_blocked_connection_is_alive_and_not_ready() {
    for (reason, expected) in [("low on memory", "blocked: low on memory"), ("s3cret", "blocked by an alarm")]
    {
        let blocked = method(BLOCKED, &short_string(reason.as_bytes()));
        let opened = method(OPEN_OK, &[0]);
        for answers in [
            vec![start("PLAIN"), tune(), [&blocked[..], &opened].concat(), method(CLOSE_OK, &[])],
            vec![start("PLAIN"), tune(), [&opened[..], &blocked].concat(), method(CLOSE_OK, &[])],
        ] {
            assert_eq!(log_in(answers).0, Outcome::alive(Cause::Unhealthy, expected));
        }
    }
    let heartbeat = b"\x08\0\0\0\0\0\0\xce".to_vec();
    let over = [method(BLOCKED, b"\x01x"), method(UNBLOCKED, b""), heartbeat, method(OPEN_OK, &[0])].concat();
    let (outcome, _) = log_in(vec![start("PLAIN"), tune(), over, method(CLOSE_OK, &[])]);
    assert_eq!(outcome.verdict, Verdict::Pass);
}

#[test]
fn a_broker_that_repeats_the_password_is_not_repeated() {
    let echo = [short_string(b"s3cret"), long_string(b"s3cret")].concat();
    for answer in [method((10, 20), &echo), method(CLOSE, b"s3cret"), b"s3cret\r\n".to_vec()] {
        let (outcome, _) = log_in(vec![start("PLAIN"), answer]);
        let reason = "the connection was started, but answer is not of AMQP 0-9-1";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
        assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
    }
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    withholds("amqp", &start("PLAIN"), |url| Amqp::from_url(url).unwrap().run(soon()));
    let half = CheckUrl { user: "me".into(), ..check("amqp", 1, &[]) };
    let outcome = Amqp::from_url(&half).unwrap().run(soon());
    assert_eq!(outcome, refused("login needs both a user and a password"));
}

#[test]
fn the_path_is_a_virtual_host() {
    for (path, expected) in [("", "/"), ("/", "/"), ("/%2f", "/"), ("/a%20b", "a b")] {
        let check = CheckUrl { path: path.into(), ..check("amqp", 1, &[]) };
        assert_eq!(Amqp::from_url(&check).unwrap().vhost, expected);
    }
    for path in ["/%ff", "/%00", "/a@b", &format!("/{}", "a".repeat(256))] {
        let check = CheckUrl { path: path.into(), ..check("amqp", 1, &[]) };
        assert!(Amqp::from_url(&check).is_err(), "{path}");
    }
}

#[test]
fn a_table_of_every_type_is_read() {
    let mut table = Vec::new();
    for (kind, length) in
        [("t", 1), ("b", 1), ("s", 2), ("I", 4), ("D", 5), ("l", 8), ("d", 8), ("T", 8), ("V", 0)]
    {
        table.extend_from_slice(&[&b"\x01a"[..], kind.as_bytes(), &vec![0; length]].concat());
    }
    table.extend_from_slice(b"\x01bA\0\0\0\x01x\x01cx\0\0\0\0\x01dS\0\0\0\x02ok");
    assert_eq!(string_of(&table, b"d"), Some(&b"ok"[..]));
    assert_eq!(string_of(&table, b"a"), None);
    assert_eq!(string_of(b"\x01a?", b"a"), None);
}

#[test]
fn hostile_brokers_are_survived() {
    survives(run, &start("PLAIN"));
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(5672);
    let (good, closing) = (start("PLAIN"), close(320, "CONNECTION_FORCED"));
    for _ in 0..20_000 {
        if let Some((Some(Frame::Method { arguments, .. }), _)) = parse(&random.damaged(&good)) {
            Broker::parse(&arguments);
        }
        closed(&random.damaged(&closing[11..]));
        block(&random.bytes(20));
        string_of(&random.bytes(60), b"x");
    }
}
