use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, survives_answering, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Redis::from_url(&check("redis", port, &[])).unwrap().run(deadline)
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
        ("$0\r\n", Fail, Protocol),
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
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        let right =
            received[..count].starts_with(b"*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n*1\r\n$4\r\nPING\r\n");
        let reply = if right { "+OK\r\n+PONG\r\n+OK\r\n" } else { "-WRONGPASS no\r\n-NOAUTH no\r\n+OK\r\n" };
        stream.write_all(reply.as_bytes()).unwrap();
    })
}

#[test]
fn a_password_file_is_read_without_its_line_end_and_never_quoted() {
    let path = std::env::temp_dir().join(format!("health-probe-redis-{}", std::process::id()));
    let file = path.to_str().unwrap();
    let redis = Redis::from_url(&check("redis", with_password(), &[("password-file", file)])).unwrap();
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
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        stream.write_all(&received[..count]).unwrap();
    });
    let renamed = says(b"-ERR unknown command 'AUTH', with args beginning with: 's3cret' \r\n");
    for (port, verdict) in [(echo, Verdict::Fail), (renamed, Verdict::Alive)] {
        let options = [("password-file", path.to_str().unwrap())];
        let outcome = Redis::from_url(&check("redis", port, &options)).unwrap().run(soon());
        assert_eq!(outcome.verdict, verdict, "{outcome:?}");
        assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_missing_variable_is_named() {
    let mut check = check("redis", 1, &[]);
    check.password = "$HEALTH_PROBE_NO_SUCH".into();
    let outcome = Redis::from_url(&check).unwrap().run(soon());
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
    survives_answering(
        |port, deadline| Redis::from_url(&check("redis", port, &[("sentinel", "m")])).unwrap().run(deadline),
        b"+PONG\r\n*2\r\n$5\r\nflags\r\n$6\r\nmaster\r\n+OK 3 usable\r\n",
    );
}

#[test]
fn no_reply_makes_it_panic() {
    let primary = Replication::from_url(&check("redis", 1, &[("role", "primary")]));
    let mut random = Random(42);
    for _ in 0..20_000 {
        let mut buffer = Vec::new();
        let bytes =
            random.damaged(b"+OK\r\n-ERR max number\r\n+PONG\r\n$12\r\nrole:master\r\r\n:1\r\n*2\r\n$-1\r\n");
        let mut rest = &bytes[..];
        while let Ok(reply) = read(&mut rest, &mut buffer) {
            judge(&reply, Redaction::None);
            if let Reply::Bulk(Some(info)) = &reply {
                replication::judge(primary, info);
            }
            if rest.is_empty() && buffer.is_empty() {
                break;
            }
        }
    }
}

fn run_with(options: &[(&str, &str)], reply: &str) -> Outcome {
    Redis::from_url(&check("redis", says(reply.as_bytes()), options)).unwrap().run(soon())
}

fn info(lines: &str) -> String {
    format!("+PONG\r\n${}\r\n{lines}\r\n+OK\r\n", lines.len())
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

#[test]
fn the_role_and_the_lag_decide_over_readiness_only() {
    let replica = |rest: &str| info(&format!("# Replication\r\nrole:slave\r\nmaster_link_status:{rest}\r\n"));
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    for (options, reply, outcome) in [
        (("role", "primary"), info("role:master\r\n"), Outcome::pass("PONG, primary")),
        (("role", "replica"), info("role:master\r\n"), alive("is a primary, expected a replica")),
        (("role", "replica"), replica("down"), Outcome::pass("PONG, replica")),
        (("max-lag", "10s"), info("role:master\r\n"), Outcome::pass("PONG, primary")),
        (("max-lag", "10s"), replica("down"), alive("the link to the primary is down")),
        (
            ("max-lag", "10s"),
            replica("up\r\nmaster_last_io_seconds_ago:10"),
            Outcome::pass("PONG, replica, 10 s behind"),
        ),
        (
            ("max-lag", "10s"),
            replica("up\r\nmaster_last_io_seconds_ago:11"),
            alive("11 s behind the primary, expected at most 10s"),
        ),
        (
            ("max-lag", "10s"),
            replica("up\r\nmaster_sync_in_progress:1"),
            alive("a sync with the primary is in progress"),
        ),
        (("role", "primary"), "+PONG\r\n-NOPERM no\r\n".into(), Outcome::alive(Cause::Protocol, "NOPERM no")),
        (
            ("role", "primary"),
            info("nothing"),
            Outcome::alive(
                Cause::Protocol,
                "PING was answered, but answer is not of Redis: INFO without a role",
            ),
        ),
    ] {
        assert_eq!(run_with(&[options], &reply), outcome, "{reply}");
    }
}

#[test]
fn the_cluster_and_the_master_decide_over_readiness_only() {
    let cluster = "cluster_state:fail\r\ncluster_slots_ok:0\r\n";
    let outcome = run_with(
        &[("cluster-state", "ok"), ("role", "primary")],
        &format!("{}{}", info("role:master\r\n").replace("+OK\r\n", ""), bulk(cluster)),
    );
    let reason = "cluster_state is fail, expected ok: 0 of 16384 slots are ok";
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
    let disabled =
        run_with(&[("cluster-state", "ok")], "+PONG\r\n-ERR This instance has cluster support disabled\r\n");
    let reason = "CLUSTER is answered with ERR This instance has cluster support disabled";
    assert_eq!(disabled, Outcome::alive(Cause::Protocol, reason));
    let master = format!("+PONG\r\n*2\r\n{}{}+OK 1 usable\r\n+PONG\r\n", bulk("flags"), bulk("master"));
    let outcome = run_with(&[("sentinel", "m"), ("command", "PING")], &master);
    assert_eq!(outcome, Outcome::pass("PONG, PING is answered with \"PONG\""));
    let outcome = run_with(&[("sentinel", "m")], "+PONG\r\n*2\r\n$5\r\nflags\r\n");
    let reason = "PING was answered, but connection closed before the answer";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    withholds("redis", b"-NOAUTH Authentication required.\r\n", |url| {
        Redis::from_url(url).unwrap().run(soon())
    });
}

#[test]
fn many_checks_at_once_share_nothing() {
    let port = says(b"+PONG\r\n+OK\r\n");
    let redis = Redis::from_url(&check("redis", port, &[])).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(redis.run(soon()).verdict, Verdict::Pass));
        }
    });
}

#[test]
fn a_server_that_falls_silent_after_its_pong_is_alive() {
    let silent = server(|mut stream| {
        stream.write_all(b"+PONG\r\n").unwrap();
        thread::sleep(std::time::Duration::from_secs(2));
    });
    for option in [("command", "BLPOP q 5"), ("role", "primary")] {
        let redis = Redis::from_url(&check("redis", silent, &[option])).unwrap();
        let outcome = redis.run(Deadline::after(std::time::Duration::from_millis(200)));
        assert_eq!(outcome, Outcome::alive(Cause::Timeout, "PING was answered, but timed out"));
        let reason = "PING was answered, but connection closed before the answer";
        assert_eq!(run_with(&[option], "+PONG\r\n"), Outcome::alive(Cause::Protocol, reason));
    }
}

mod commands;
