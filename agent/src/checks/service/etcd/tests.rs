use std::io::{Read, Write};
use std::time::Duration;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{check, says, server, soon, survives};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Etcd::from_url(&check("etcd", port, &[])).unwrap().run(deadline)
}

/// A member that answers these paths, over one connection, and every other with 404; a status of 0 is no answer.
fn member(answers: &'static [(&'static str, u16, &'static str)]) -> u16 {
    server(move |mut stream| {
        let mut received = [0; 1024];
        loop {
            let count = stream.read(&mut received).unwrap_or_default();
            if count == 0 {
                return;
            }
            let request = String::from_utf8_lossy(&received[..count]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(known, ..)| *known == path);
            let &(_, status, body) = found.unwrap_or(&("", 404, "404 page not found\n"));
            if status == 0 {
                std::thread::sleep(Duration::from_secs(2));
            }
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
            if request.contains("Connection: close") {
                return;
            }
        }
    })
}

const OWN: &str = "/health?serializable=true";
const TRUE: &str = "{\"health\":\"true\"}";
const FALSE: &str = "{\"health\":\"false\"}";

#[test]
fn the_endpoints_of_each_version_are_judged() {
    use Cause::{Protocol, Unhealthy};
    for (port, expected) in [
        (member(&[("/livez", 200, "ok\n"), ("/readyz", 200, "ok\n")]), Outcome::pass("healthy")),
        (
            member(&[
                ("/livez", 200, "ok\n"),
                (
                    "/readyz",
                    503,
                    "[+]data_corruption ok\n[-]linearizable_read failed: etcdserver: no leader\nhealthz check failed",
                ),
            ]),
            Outcome::alive(Unhealthy, "not ready: [-]linearizable_read failed: etcdserver: no leader"),
        ),
        (member(&[("/livez", 200, "ok\n"), ("/readyz", 403, "")]), Outcome::alive(Protocol, "status 403 x")),
        (
            member(&[("/livez", 503, "[-]serializable_read failed: timed out")]),
            Outcome::fail(Unhealthy, "not live: [-]serializable_read failed: timed out"),
        ),
        (member(&[("/livez", 401, "")]), Outcome::alive(Protocol, "status 401 x")),
        (
            member(&[("/livez", 400, "Client sent an HTTP request to an HTTPS server.\n")]),
            Outcome::alive(Protocol, "the server expects TLS: add tls"),
        ),
        (member(&[(OWN, 200, TRUE), ("/health", 200, TRUE)]), Outcome::pass("healthy")),
        (
            member(&[
                (OWN, 200, TRUE),
                ("/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}"),
            ]),
            Outcome::alive(Unhealthy, "RAFT NO LEADER"),
        ),
        (
            member(&[(OWN, 503, FALSE), ("/health", 503, FALSE)]),
            Outcome::alive(Unhealthy, "not healthy: no quorum, no leader, or an alarm"),
        ),
        (
            member(&[(OWN, 503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:timed out\"}")]),
            Outcome::fail(Unhealthy, "RANGE ERROR:timed out"),
        ),
        (member(&[]), Outcome::fail(Protocol, "answer is not of etcd: status 404 x")),
    ] {
        assert_eq!(run(port, soon()), expected);
    }
}

#[test]
fn a_member_that_waits_for_a_quorum_is_alive() {
    for answers in [&[("/livez", 200, "ok"), ("/readyz", 0, "")][..], &[(OWN, 200, TRUE), ("/health", 0, "")]]
    {
        let outcome = run(member(answers), Deadline::after(Duration::from_millis(200)));
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Timeout)), "{outcome:?}");
    }
    let hung = run(member(&[("/livez", 0, "")]), Deadline::after(Duration::from_millis(200)));
    assert_eq!(hung, Outcome::fail(Cause::Timeout, "timed out"));
}

#[test]
fn what_is_no_http_fails() {
    let outcome = run(says(b"\0\0\x0c\x04\0\0\0\0\0"), soon());
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n");
}
