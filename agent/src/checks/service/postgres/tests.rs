mod logins;
mod queries;

use std::net::TcpListener;

use super::message::{Frame, Phase, error, frame, message};
use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, soon, survives, survives_answering};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Postgres::from_url(&check("postgres", port, &[])).unwrap().run(deadline)
}

fn run_with(port: u16, options: &[(&str, &str)]) -> Outcome {
    Postgres::from_url(&check("postgres", port, options)).unwrap().run(soon())
}

/// A check that knows a user, a password and a database.
fn logged_in(name: &str, port: u16, options: &[(&str, &str)]) -> Outcome {
    let path = std::env::temp_dir().join(format!("health-probe-postgres-{name}-{}", std::process::id()));
    std::fs::write(&path, "s3cret\n").unwrap();
    let options = [options, &[("password-file", path.to_str().unwrap())]].concat();
    let mut check = check("postgres", port, &options);
    (check.user, check.path) = ("app".into(), "/app".into());
    let outcome = Postgres::from_url(&check).unwrap().run(soon());
    std::fs::remove_file(path).unwrap();
    assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
    outcome
}

fn request(kind: u32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&kind.to_be_bytes()[..], rest].concat())
}

fn refusal(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0Fpostmaster.c\0\0").as_bytes())
}

/// What a server says that trusts, up to where it is ready.
fn welcome() -> Vec<u8> {
    let status = message(b'S', b"server_version\x0015.14\0");
    [request(0, b""), status, message(b'K', &[7; 8]), message(b'Z', b"I")].concat()
}

fn row(columns: &[&str]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap().to_be_bytes().to_vec();
    for column in columns {
        body.extend_from_slice(&u32::try_from(column.len()).unwrap().to_be_bytes());
        body.extend_from_slice(column.as_bytes());
    }
    message(b'D', &body)
}

/// What a server says to a query that gives these rows.
fn result(rows: &[Vec<u8>]) -> Vec<u8> {
    let end = [message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat();
    [message(b'T', &[0, 1, 0, 0]), rows.concat(), end].concat()
}

fn trusting(answer: &[u8]) -> u16 {
    says(&[&welcome()[..], answer].concat())
}

#[test]
fn a_server_that_asks_for_a_login_accepts_connections() {
    for (asks, what) in [
        (request(3, b""), "a password"),
        (request(5, b"salt"), "a password"),
        (request(10, b"SCRAM-SHA-256\0\0"), "a password"),
        (request(7, b""), "a login"),
    ] {
        let outcome = run(says(&asks), soon());
        assert_eq!(outcome, Outcome::pass(format!("accepts connections, asks for {what}")));
        let outcome = run_with(says(&asks), &[("role", "primary")]);
        let reason = format!("asks for {what}, which the check does not have");
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    }
}

#[test]
fn a_server_that_trusts_is_heard_until_it_is_ready() {
    assert_eq!(run(says(&welcome()), soon()), Outcome::pass("accepts connections"));
    let full = [request(0, b""), refusal("53300", "sorry, too many clients already")].concat();
    let reason = "sorry, too many clients already (53300)";
    assert_eq!(run(says(&full), soon()), Outcome::alive(Cause::Unhealthy, reason));
}

#[test]
fn each_refusal_tells_whose_mistake_it_is() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail, Pass};
    for (code, without, with) in [
        ("57P03", (Alive, Some(Unhealthy)), (Alive, Some(Unhealthy))),
        ("57P01", (Alive, Some(Unhealthy)), (Alive, Some(Unhealthy))),
        ("57P02", (Alive, Some(Unhealthy)), (Alive, Some(Unhealthy))),
        ("53300", (Alive, Some(Unhealthy)), (Alive, Some(Unhealthy))),
        ("08P01", (Alive, Some(Unhealthy)), (Alive, Some(Unhealthy))),
        ("XX000", (Fail, Some(Unhealthy)), (Fail, Some(Unhealthy))),
        ("58030", (Fail, Some(Unhealthy)), (Fail, Some(Unhealthy))),
        ("28000", (Pass, None), (Alive, Some(Protocol))),
        ("3D000", (Pass, None), (Alive, Some(Protocol))),
        ("42501", (Pass, None), (Alive, Some(Protocol))),
        ("0A000", (Pass, None), (Alive, Some(Protocol))),
    ] {
        let outcome = run(says(&refusal(code, "why")), soon());
        assert_eq!((outcome.verdict, outcome.cause), without, "{code}");
        let outcome = logged_in("refused", says(&refusal(code, "why")), &[]);
        assert_eq!((outcome.verdict, outcome.cause), with, "{code}");
    }
}

#[test]
fn an_error_before_the_protocol_is_busy_and_other_text_is_not_of_postgres() {
    let port = says(b"Ecould not fork new process for connection: Cannot allocate memory\n\0");
    let reason = "could not fork new process for connection: Cannot allocate memory";
    assert_eq!(run(port, soon()), Outcome::alive(Cause::Unhealthy, reason));
    for other in [
        &b"ERROR\r\n"[..],
        b"Error\0",
        b"E\0\0\0\x05C\0",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"-ERR unknown command\r\n",
        b"R\0\0\0\x04",
        b"R\0\0\0\x08\0\0\0\x63",
        b"R\0\0\0\x09\0\0\0\0x",
        b"S\0\0\0\x06a\0",
        b"\x16\x03\x03\0\x05hello",
    ] {
        let outcome = run(says(other), soon());
        assert_eq!(outcome, Outcome::fail(Cause::Protocol, "answer is not of PostgreSQL"), "{other:?}");
    }
}

#[test]
fn nobody_there_is_no_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(run(port, soon()), Outcome::fail(Cause::Connect, "connection refused on 127.0.0.1 and ::1"));
}

#[test]
fn the_answer_to_the_request_for_tls_is_one_letter() {
    use Cause::{Protocol, Unhealthy};
    for (answer, outcome) in [
        (b"N".to_vec(), Outcome::alive(Protocol, "server has no TLS")),
        (b"Ecould not fork\n\0".to_vec(), Outcome::alive(Unhealthy, "could not fork")),
        (refusal("57P03", "starting"), Outcome::alive(Unhealthy, "starting (57P03)")),
        (refusal("0A000", "unsupported"), Outcome::alive(Protocol, "unsupported (0A000)")),
        (b"X".to_vec(), Outcome::fail(Protocol, "answer is not of PostgreSQL")),
        (b"ERROR\r\n".to_vec(), Outcome::fail(Protocol, "answer is not of PostgreSQL")),
        (vec![], Outcome::fail(Protocol, "connection closed before the answer")),
    ] {
        assert_eq!(run_with(says(&answer), &[("tls", "")]), outcome);
    }
    let stripped = [&b"S"[..], &welcome()].concat();
    let outcome = run_with(says(&stripped), &[("tls", "")]);
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Protocol)));
}

#[test]
fn hostile_servers_are_survived() {
    survives_answering(run, &welcome());
    survives(run, &refusal("57P03", "the database system is starting up"));
}

#[test]
fn no_message_makes_it_panic() {
    let mut random = Random(42);
    let good = [welcome(), result(&[row(&["1", "2"])]), refusal("XX000", "why")].concat();
    for _ in 0..20_000 {
        let bytes = random.damaged(&good);
        let mut rest = &bytes[..];
        for phase in [Phase::Login, Phase::Inside, Phase::Query].into_iter().cycle().take(30) {
            if let Ok(Some(Frame::Message(_, end))) = frame(rest, phase) {
                let body = &rest[5..end];
                let _ = (error(body), query::row(body));
                rest = &rest[end..];
            }
        }
        query::row(&random.bytes(20));
    }
}
