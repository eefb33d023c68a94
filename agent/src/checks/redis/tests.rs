use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::net::test_server::{Random, check, says, server, soon, survives};
use crate::outcome::Verdict;

fn run(port: u16, deadline: Deadline) -> Outcome {
    Redis::from_check(&check("redis", port, &[])).unwrap().run(deadline)
}

#[test]
fn pong_passes() {
    assert_eq!(run(says(b"+PONG\r\n+OK\r\n"), soon()), Outcome::pass("PONG"));
}

#[test]
fn each_error_tells_a_busy_server_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (reply, verdict, cause) in [
        ("-LOADING Redis is loading the dataset in memory", Alive, Unhealthy),
        ("-MASTERDOWN Link with MASTER is down", Alive, Unhealthy),
        ("-BUSY Redis is busy running a script", Alive, Unhealthy),
        ("-MISCONF Redis is configured to save RDB snapshots", Alive, Unhealthy),
        ("-ERR max number of clients reached", Alive, Unhealthy),
        ("-NOAUTH Authentication required.", Alive, Protocol),
        ("-DENIED Redis is running in protected mode", Alive, Protocol),
        ("-NOPERM this user has no permissions", Alive, Protocol),
        ("-WRONGPASS invalid username-password pair", Alive, Protocol),
        ("-ERR invalid password", Alive, Protocol),
        ("-ERR AUTH <password> called without any password configured", Alive, Protocol),
        ("-ERR unknown command", Fail, Unhealthy),
        ("-ODD", Fail, Unhealthy),
        ("+PONK", Fail, Protocol),
        ("HTTP/1.1 400 Bad Request", Fail, Protocol),
        (":1", Fail, Protocol),
    ] {
        let outcome = run(says(format!("{reply}\r\n").as_bytes()), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{reply}");
    }
}

#[test]
fn nobody_there_is_no_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(run(port, soon()), Outcome::fail(Cause::Connect, "connection refused on 127.0.0.1 and ::1"));
}

/// A server that answers like one with the password `s3cret`, and hands back what it heard.
fn with_password() -> u16 {
    server(|mut stream| {
        let mut heard = [0; 512];
        let count = stream.read(&mut heard).unwrap();
        let right = heard[..count].starts_with(b"*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n*1\r\n$4\r\nPING\r\n");
        let reply = if right { "+OK\r\n+PONG\r\n+OK\r\n" } else { "-WRONGPASS no\r\n-NOAUTH no\r\n+OK\r\n" };
        stream.write_all(reply.as_bytes()).unwrap();
    })
}

#[test]
fn a_password_file_is_read_without_its_line_end_and_never_quoted() {
    let path = std::env::temp_dir().join(format!("health-probe-redis-{}", std::process::id()));
    let file = path.to_str().unwrap();
    let redis = Redis::from_check(&check("redis", with_password(), &[("password-file", file)])).unwrap();
    let missing = redis.run(soon());
    assert_eq!(missing, Outcome::alive(Cause::Protocol, format!("cannot read {file}: no such file")));
    std::fs::write(&path, "s3cret\r\n").unwrap();
    assert_eq!(redis.run(soon()).verdict, Verdict::Pass);
    std::fs::write(&path, "wrong").unwrap();
    assert_eq!(redis.run(soon()), Outcome::alive(Cause::Protocol, "WRONGPASS no"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_server_that_repeats_the_password_is_not_repeated() {
    let path = std::env::temp_dir().join(format!("health-probe-echo-{}", std::process::id()));
    std::fs::write(&path, "s3cret").unwrap();
    let echo = server(|mut stream| {
        let mut heard = [0; 512];
        let count = stream.read(&mut heard).unwrap();
        stream.write_all(&heard[..count]).unwrap();
    });
    let renamed = says(b"-ERR unknown command 'AUTH', with args beginning with: 's3cret' \r\n");
    for port in [echo, renamed] {
        let options = [("password-file", path.to_str().unwrap())];
        let outcome = Redis::from_check(&check("redis", port, &options)).unwrap().run(soon());
        assert_eq!(outcome.verdict, Verdict::Fail);
        assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_missing_variable_is_named() {
    let mut check = check("redis", 1, &[]);
    check.password = "$HEALTH_PROBE_NO_SUCH".into();
    let outcome = Redis::from_check(&check).unwrap().run(soon());
    let reason = "environment variable HEALTH_PROBE_NO_SUCH is not set";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn a_server_that_says_why_and_closes_at_once_is_heard() {
    let port = server(|mut stream| {
        stream.write_all(b"-ERR max number of clients reached\r\n").unwrap();
    });
    for _ in 0..50 {
        assert_eq!(run(port, soon()).verdict, Verdict::Alive);
    }
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"-LOADING Redis is loading the dataset in memory\r\n");
}

#[test]
fn no_reply_makes_it_panic() {
    let mut random = Random(42);
    for _ in 0..20_000 {
        let mut buffer = Vec::new();
        let bytes = random.damaged(b"+OK\r\n-ERR max number of clients reached\r\n+PONG\r\n");
        let mut rest = &bytes[..];
        while let Ok(reply) = line(&mut rest, &mut buffer) {
            judge(&reply, false);
            if rest.is_empty() && buffer.is_empty() {
                break;
            }
        }
    }
}

#[test]
fn many_checks_at_once_share_nothing() {
    let port = says(b"+PONG\r\n+OK\r\n");
    let redis = Redis::from_check(&check("redis", port, &[])).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(redis.run(soon()).verdict, Verdict::Pass));
        }
    });
}
