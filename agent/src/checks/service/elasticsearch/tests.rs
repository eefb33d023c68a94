use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, withholds};

const NODE: &str = r#"{ "name" : "n", "cluster_name" : "c", "version" : { "number" : "8.15.2" }, "tagline" : "You Know, for Search" }"#;

fn run(port: u16, deadline: Deadline) -> Outcome {
    Elasticsearch::from_url(&check("elasticsearch", port, &[])).unwrap().run(deadline)
}

fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn each_status_of_the_node_is_judged() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    assert_eq!(run(says(answer(200, NODE).as_bytes()), soon()), Outcome::pass("version 8.15.2"));
    for (status, body, verdict, cause) in [
        (503, r#"{"error":{"type":"master_not_discovered_exception"}}"#, Alive, Unhealthy),
        (429, "", Alive, Unhealthy),
        (401, "", Alive, Protocol),
        (403, "", Alive, Protocol),
        (400, "<center>The plain HTTP request was sent to HTTPS port</center>", Alive, Protocol),
        (500, "", Fail, Unhealthy),
        (502, "", Fail, Unhealthy),
        (404, "", Fail, Protocol),
        (302, "", Fail, Protocol),
        (200, "all is well", Fail, Protocol),
        (200, r#"{"version":{"number":"1.2"}}"#, Fail, Protocol),
        (200, r#"{"cluster_name":"c","version":{"number":"cHJvYmU6czNjcmV0"}}"#, Fail, Protocol),
    ] {
        let outcome = run(says(answer(status, body).as_bytes()), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{status} {body}: {outcome:?}");
    }
}

/// A node that answers the status of its cluster too, each on its own connection or both on one.
fn node(health: &'static str) -> u16 {
    server(move |mut stream| {
        let mut received = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut received) {
            let request = String::from_utf8_lossy(&received[..count]).into_owned();
            let text = if request.starts_with("GET / ") { answer(200, NODE) } else { health.to_owned() };
            if stream.write_all(text.as_bytes()).is_err() || request.contains("Connection: close") {
                return;
            }
        }
    })
}

#[test]
fn the_status_of_the_cluster_counts_only_where_it_is_asked_for() {
    use Cause::{Protocol, Unhealthy};
    let ask = |health, wanted| {
        let check = check("opensearch", node(health), &[("cluster-status", wanted)]);
        Elasticsearch::from_url(&check).unwrap().run(soon())
    };
    let red = "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"status\":\"red\"}";
    let yellow = "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"status\":\"yellow\"}";
    let green =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"status\":\"green\"}\r\n0\r\n\r\n";
    assert_eq!(run(node(red), soon()).verdict, Verdict::Pass);
    for wanted in ["green", "yellow"] {
        let expected = Outcome::alive(Unhealthy, format!("cluster is red, expected {wanted}"));
        assert_eq!(ask(red, wanted), expected);
        assert_eq!(ask(green, wanted), Outcome::pass("version 8.15.2, cluster green"));
    }
    assert_eq!(ask(yellow, "yellow"), Outcome::pass("version 8.15.2, cluster yellow"));
    assert_eq!(ask(yellow, "green"), Outcome::alive(Unhealthy, "cluster is yellow, expected green"));
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(
        (ask(refused, "green").verdict, ask(refused, "green").cause),
        (Verdict::Alive, Some(Protocol))
    );
    assert_eq!(ask("", "green").verdict, Verdict::Alive);
}

#[test]
fn a_login_is_sent_to_this_machine_and_never_repeated() {
    let path = std::env::temp_dir().join(format!("health-probe-elastic-{}", std::process::id()));
    std::fs::write(&path, "s3cret\n").unwrap();
    let options = [("password-file", path.to_str().unwrap())];
    let login = |port| {
        let mut check = check("elasticsearch", port, &options);
        check.user = "probe".into();
        check
    };
    let echo = server(|mut stream| {
        let mut received = [0; 1024];
        let count = stream.read(&mut received).unwrap_or_default();
        let request = String::from_utf8_lossy(&received[..count]).into_owned();
        let sent = request.split("Authorization: Basic ").nth(1).and_then(|rest| rest.split('\r').next());
        let right = sent == Some("cHJvYmU6czNjcmV0");
        let status = if right { 401 } else { 200 };
        let _ = stream.write_all(format!("HTTP/1.1 {status} {sent:?}\r\n\r\n{sent:?}").as_bytes());
    });
    let outcome = Elasticsearch::from_url(&login(echo)).unwrap().run(soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "status 401: no login, or a refused one"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    let refusal = answer(401, "");
    withholds("elasticsearch", refusal.as_bytes(), |url| Elasticsearch::from_url(url).unwrap().run(soon()));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, answer(200, NODE).as_bytes());
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(9200);
    for _ in 0..20_000 {
        let body = random.damaged(NODE.as_bytes());
        let _ = known(&Answer { status: 200, text: String::new(), body });
    }
}
