use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, soon, survives};

const HEALTHY: &[u8] = b"Zookeeper version: 3.8.0-5a02a05eddb5, built on 2022-02-25 08:49 UTC\n\
Latency min/avg/max: 0/0.0/0\nReceived: 1\nSent: 0\nConnections: 1\nOutstanding: 0\nZxid: 0x0\n\
Mode: follower\nNode count: 5\n";

fn run(port: u16, deadline: Deadline) -> Outcome {
    ZooKeeper::from_url(&check("zookeeper", port, &[])).unwrap().run(deadline)
}

#[test]
fn every_mode_that_takes_writes_passes() {
    assert_eq!(run(says(HEALTHY), soon()), Outcome::pass("follower, version 3.8.0"));
    let keeper = "ClickHouse Keeper version: v23.8.2.7-stable-f73c8f3\nMode: leader\n";
    assert_eq!(run(says(keeper.as_bytes()), soon()), Outcome::pass("leader, version v23.8.2.7"));
    for mode in ["leader", "observer", "standalone"] {
        let answer = format!("Zookeeper version: 3.9, built on x\nMode: {mode}");
        assert_eq!(run(says(answer.as_bytes()), soon()), Outcome::pass(format!("{mode}, version 3.9")));
    }
}

#[test]
fn a_server_that_cannot_serve_is_alive() {
    use Cause::{Protocol, Unhealthy};
    for (answer, cause, reason) in [
        (
            "This ZooKeeper instance is not currently serving requests\n",
            Unhealthy,
            "This ZooKeeper instance is not currently serving requests",
        ),
        (
            "This instance is not currently serving requests",
            Unhealthy,
            "This instance is not currently serving requests",
        ),
        (
            "srvr is not executed because it is not in the whitelist.\n",
            Protocol,
            "srvr is not in the server's 4lw.commands.whitelist",
        ),
        ("Zookeeper version: 3.8.0\nMode: read-only\n", Unhealthy, "read-only: it has no quorum"),
        ("Zookeeper version: 3.8.0\nMode: odd\n", Unhealthy, "mode is \"odd\""),
    ] {
        assert_eq!(run(says(answer.as_bytes()), soon()), Outcome::alive(cause, reason));
    }
}

#[test]
fn what_is_not_of_zookeeper_fails() {
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x15\x03\x03\x00\x02", b"-ERR no", b"\n"] {
        let outcome = run(says(answer), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{outcome:?}");
    }
    let cut = run(says(b"Zookeeper version: 3.8.0\nLatency"), soon());
    assert_eq!(cut, Outcome::fail(Cause::Protocol, "connection closed before the answer"));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, HEALTHY);
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(2181);
    for _ in 0..20_000 {
        judge(&random.damaged(HEALTHY));
    }
}
