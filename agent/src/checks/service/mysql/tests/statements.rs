//! What is asked after a login.

use super::*;

#[test]
fn a_query_gives_what_is_expected_or_is_not_ready() {
    let asked = |expect: &str, rows: &[&[Option<&str>]]| {
        after_login(&[("query", "SELECT ready"), ("expect", expect)], &[table(&["ready"], rows)])
    };
    let unhealthy = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    assert_eq!(asked("yes", &[&[Some("yes")]]), Outcome::pass("MariaDB 10.11.19"));
    assert_eq!(asked("yes", &[&[Some("no")]]), unhealthy("the query gives \"no\", expected \"yes\""));
    assert_eq!(asked("yes", &[&[None]]), unhealthy("the query gives NULL, expected \"yes\""));
    assert_eq!(asked("yes", &[]), unhealthy("the query gives no row"));
    let plain = |answer| after_login(&[("query", "DO 1")], &[answer]);
    assert_eq!(plain(packet(1, OK)).verdict, Verdict::Pass);
    assert_eq!(plain(table(&["a"], &[])), unhealthy("the query gives no row"));
    let syntax = [&b"\xff\x28\x04#42000"[..], b"You have an error in your SQL syntax"].concat();
    assert_eq!(plain(packet(1, &syntax)).cause, Some(Cause::Protocol));
    assert_eq!(plain(packet(1, &refusal(1047))), unhealthy("error 1047: some words"));
    let long = plain(table(&["a"], &[&[Some("a")][..]; 3000]));
    assert_eq!(long, Outcome::alive(Cause::Protocol, "the answer to the statement is too long"));
}

#[test]
fn a_statement_that_waits_for_a_lock_is_alive() {
    let waiting = server(|mut stream| {
        stream.write_all(&packet(0, MARIADB)).unwrap();
        for reply in [packet(2, OK), packet(1, OK)] {
            packet::read(&mut stream, 4096).unwrap();
            stream.write_all(&reply).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_secs(2));
    });
    let check = CheckUrl { user: "health".into(), ..check("mysql", waiting, &[("query", "SELECT 1")]) };
    let outcome =
        Mysql::from_url(&check).unwrap().run(Deadline::after(std::time::Duration::from_millis(200)));
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Timeout)), "{outcome:?}");
}

#[test]
fn a_role_is_told_by_replication_and_by_read_only() {
    let none = table(&REPLICA, &[]);
    let row = table(&REPLICA, &[&[Some("Yes"), Some("Yes"), Some("0")]]);
    let denied = packet(1, &[&b"\xff\xcb\x04#42000"[..], b"Access denied; you need SUPER"].concat());
    let read_only = |value| table(&["@@global.read_only"], &[&[Some(value)]]);
    let role = |role, statements: &[Vec<u8>]| after_login(&[("role", role)], statements).reason;
    let (on, off) = (read_only("ON"), read_only("OFF"));
    assert_eq!(role("primary", &[read_only("0"), none.clone()]), "MariaDB 10.11.19, primary");
    assert_eq!(role("primary", &[read_only("1")]), "is a replica, expected a primary");
    assert_eq!(role("primary", &[off.clone(), row.clone()]), "is a replica, expected a primary");
    assert_eq!(role("replica", &[off.clone(), row]), "MariaDB 10.11.19, replica");
    assert_eq!(role("replica", &[off.clone(), none]), "is a primary, expected a replica");
    assert_eq!(role("replica", &[on]), "MariaDB 10.11.19, replica");
    assert_eq!(role("primary", &[off, denied.clone()]), "MariaDB 10.11.19, primary");
    let lag = after_login(&[("max-lag", "1s")], &[denied]);
    assert_eq!((lag.verdict, lag.cause), (Verdict::Alive, Some(Cause::Protocol)));
}

#[test]
fn the_worst_lag_counts_and_a_thread_that_does_not_run_is_stopped() {
    let lag = |rows: &[&[Option<&str>]]| after_login(&[("max-lag", "10s")], &[table(&REPLICA, rows)]);
    let row = |seconds| [Some("Yes"), Some("Yes"), seconds];
    let unhealthy = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    assert_eq!(lag(&[&row(Some("3")), &row(Some("10"))]), Outcome::pass("MariaDB 10.11.19, 10s behind"));
    assert_eq!(lag(&[&row(Some("11")), &row(Some("0"))]), unhealthy("is 11s behind, expected at most 10s"));
    let stopped = "replication is stopped (IO thread: Connecting, SQL thread: Yes)";
    for seconds in [None, Some("0")] {
        let connecting = [Some("Connecting"), Some("Yes"), seconds];
        assert_eq!(lag(&[&row(Some("0")), &connecting]), unhealthy(stopped));
    }
    let unknown = unhealthy("it is not known how far the replica is behind");
    assert_eq!(lag(&[&row(Some("0")), &row(None)]), unknown);
    assert_eq!(lag(&[]), Outcome::pass("MariaDB 10.11.19"));
    let orphan = after_login(
        &[("max-lag", "10s"), ("role", "replica")],
        &[table(&["@@global.read_only"], &[&[Some("1")]]), table(&REPLICA, &[])],
    );
    assert_eq!(orphan, unhealthy("is read-only, but replicates from no source"));
}

#[test]
fn hostile_servers_are_survived_after_a_login() {
    let port = |answer: Vec<u8>| answers(MARIADB, &[packet(2, OK), packet(1, OK), answer]);
    let good = table(&REPLICA, &[&[Some("Yes"), Some("Yes"), Some("0")]]);
    let mut random = Random(7);
    for _ in 0..200 {
        let outcome = with("health", &[("max-lag", "1s")], port(random.damaged(&good)));
        assert!(outcome.reason.len() < 400 && !outcome.reason.contains('\n'), "{outcome:?}");
    }
}
