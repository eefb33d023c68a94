use std::io::Read;
use std::sync::{Arc, Mutex, mpsc};

use super::body::BodyExpectation;
use super::*;
use crate::check::{Cause, Verdict};
use crate::net::http1::Framing;
use crate::net::test_server::{Random, check, heard_up_to, hears, says, server, soon, survives, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Http::from_url(&check("http", port, &[])).unwrap().run(deadline)
}

fn with(options: &[(&str, &str)], answer: &str) -> Outcome {
    Http::from_url(&check("http", says(answer.as_bytes()), options)).unwrap().run(soon())
}

#[test]
fn the_status_decides() {
    for (answer, options, expected) in [
        ("HTTP/1.1 200 OK\r\n\r\n", &[][..], Outcome::pass("status 200 OK")),
        ("HTTP/1.0 204\r\n\r\n", &[], Outcome::pass("status 204")),
        ("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", &[], Outcome::pass("status 302 Found")),
        ("HTTP/1.1 503 Service Unavailable\n\n", &[], fail("status 503 Service Unavailable")),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", &[("status", "503")], pass_503()),
        ("HTTP/1.1 201 Created\r\n\r\n", &[("status", "200,204")], fail("status 201 Created")),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 500\r\n\r\n",
            &[],
            fail("status 500"),
        ),
        ("HTTP/1.1 200 \u{1b}[2J\r\n\r\n", &[], Outcome::pass("status 200 ?[2J")),
    ] {
        assert_eq!(with(options, answer), expected, "{answer:?}");
    }
}

#[test]
fn what_something_says_in_the_place_of_the_application_is_alive() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail, Pass};
    for (status, options, verdict, cause) in [
        ("401", &[][..], Alive, Some(Protocol)),
        ("403", &[], Alive, Some(Protocol)),
        ("407", &[], Alive, Some(Protocol)),
        ("429", &[], Alive, Some(Unhealthy)),
        ("429", &[("status", "200-499")], Pass, None),
        // Its own word, as the kubelet takes it.
        ("400", &[], Fail, Some(Unhealthy)),
        ("404", &[], Fail, Some(Unhealthy)),
        ("500", &[], Fail, Some(Unhealthy)),
        ("502", &[], Fail, Some(Unhealthy)),
        ("503", &[], Fail, Some(Unhealthy)),
        ("503", &[("alive", "503")], Alive, Some(Unhealthy)),
        ("504", &[("alive", "500-503,504")], Alive, Some(Unhealthy)),
        ("500", &[("alive", "503")], Fail, Some(Unhealthy)),
        ("403", &[("alive", "503")], Alive, Some(Protocol)),
        ("503", &[("alive", "503"), ("status", "503")], Pass, None),
    ] {
        let outcome = with(options, &format!("HTTP/1.1 {status}\r\n\r\n"));
        assert_eq!((outcome.verdict, outcome.cause), (verdict, cause), "{status} {options:?}");
    }
}

fn fail(reason: &str) -> Outcome {
    Outcome::fail(Cause::Unhealthy, reason)
}

fn pass_503() -> Outcome {
    Outcome::pass("status 503 Service Unavailable")
}

#[test]
fn what_is_not_http_is_a_protocol_error() {
    for answer in [
        "-ERR unknown command\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "x",
    ] {
        let outcome = with(&[], answer);
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{answer:?}");
    }
}

#[test]
fn headers_of_any_length_leave_the_status_known() {
    let policy = format!("Content-Security-Policy: {}\r\n", "a".repeat(17_000));
    let answer = format!("HTTP/1.1 200 OK\r\n{policy}{policy}Content-Length: 4\r\n\r\nwell, not this");
    assert_eq!(with(&[], &answer), Outcome::pass("status 200 OK"));
    assert_eq!(with(&[("body", "well")], &answer), Outcome::pass("status 200 OK"));
    assert_eq!(with(&[("body", "this")], &answer).verdict, Verdict::Fail);
    assert_eq!(with(&[], &answer.replace("200 OK", "500")), fail("status 500"));
    let early = format!("HTTP/1.1 103 Early Hints\r\n{policy}\r\n{answer}");
    assert_eq!(with(&[], &early), Outcome::pass("status 200 OK"));
    // Cut off in the midst of them it is no answer.
    assert_eq!(with(&[], &answer[..9_000]).cause, Some(Cause::Protocol));
    let endless = server(move |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&b"A: b\r\n".repeat(10_000)).is_ok() {}
    });
    let reason = "headers are longer than 10485760 bytes";
    assert_eq!(run(endless, soon()), Outcome::fail(Cause::Protocol, reason));
}

#[test]
fn the_body_is_searched_however_it_is_framed() {
    let long = "x".repeat(70_000);
    for (answer, found) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nall is well".to_owned(), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nall is well".to_owned(), false),
        ("HTTP/1.1 200 OK\r\n\r\nall is well".to_owned(), true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nall i\r\n6\r\ns well\r\n0\r\n\r\n"
                .to_owned(),
            true,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nall i\r\n0\r\n\r\ns well".to_owned(),
            false,
        ),
        (format!("HTTP/1.1 200 OK\r\n\r\n{}is well", "x".repeat(65_000)), true),
        (format!("HTTP/1.1 200 OK\r\n\r\n{long}is well"), false),
        (
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n7\r\nis well\r\n0\r\n\r\n",
                long.len()
            ),
            false,
        ),
        ("HTTP/1.1 204 No Content\r\n\r\nis well".to_owned(), false),
    ] {
        let outcome = with(&[("body", "is well")], &answer);
        assert_eq!(outcome.verdict == Verdict::Pass, found, "{}", &answer[..60.min(answer.len())]);
        assert!(found || outcome.reason.ends_with("body does not hold \"is well\""), "{outcome:?}");
        // What is not searched may hold it.
        assert_eq!(outcome.verdict == Verdict::Alive, answer.len() > 70_000, "{outcome:?}");
    }
    let broken = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nall\r\n";
    assert_eq!(with(&[("body", "x")], broken).reason, "a chunk of the body is malformed");
}

#[test]
fn a_body_is_judged_by_texts_patterns_and_values_and_by_what_it_must_not_be() {
    const JSON: &str = r#"{"status":"UP","checks":[{"n":1}],"ok":true}"#;
    for (options, body, expected) in [
        (&[("body-pattern", "^al+ is"), ("not-body", "lost")][..], "all is well", None),
        (&[("body-pattern", "^is")], "all is well", Some("body does not match \"^is\"")),
        (&[("not-body", "is")], "all is well", Some("body holds \"is\"")),
        (&[("not-body-pattern", "l$")], "all is well", Some("body matches \"l$\"")),
        (&[("not-body-pattern", "^l")], "all is well", None),
        (&[("json.status", "UP"), ("json.ok", "true"), ("json.checks.0.n", "1")], JSON, None),
        (&[("json.status", "DOWN")], JSON, Some("json.status is \"UP\", expected \"DOWN\"")),
        (&[("json.state", "UP")], JSON, Some("body has no json.state")),
        (&[("not-json.status", "UP")], JSON, Some("json.status is \"UP\"")),
        (&[("not-json.status", "DOWN"), ("not-json.error", "x")], JSON, None),
        (&[("json.status", "UP")], "<html>", Some("body is not JSON")),
        (&[("not-json.status", "DOWN")], "<html>", Some("body is not JSON")),
        (
            &[("body", "all"), ("not-body", "well"), ("body", "lost")],
            "all is well",
            Some("body holds \"well\""),
        ),
    ] {
        let outcome =
            with(options, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        let wanted =
            expected.map_or(Outcome::pass("status 200 OK"), |why| fail(&format!("status 200 OK, {why}")));
        assert_eq!(outcome, wanted, "{options:?}");
    }
}

#[test]
fn what_is_not_seen_of_a_body_is_held_against_nobody() {
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{{\"a\":\"{}end\",\"b\":1}}", "x".repeat(70_000));
    for option in ["body", "body-pattern", "json.b", "not-body", "not-body-pattern", "not-json.b"] {
        let outcome = with(&[(option, "end")], &long);
        assert_eq!(outcome.verdict, Verdict::Alive, "{option}: {outcome:?}");
        assert!(
            outcome.reason.starts_with("status 200 OK, the first 64 KiB of the longer body "),
            "{outcome:?}"
        );
    }
    // A match up to where it was cut off may go on otherwise.
    assert_eq!(with(&[("not-body-pattern", "x+$")], &long).verdict, Verdict::Alive);
    let broken = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall";
    for (option, verdict) in
        [("not-body", Verdict::Alive), ("not-json.a", Verdict::Fail), ("body", Verdict::Fail)]
    {
        assert_eq!(with(&[(option, "lost")], broken).verdict, verdict, "{option}");
    }
    let secret = [("header.X-Name", "$CARGO_PKG_NAME"), ("json.a", "b")];
    let echo = with(&secret, "HTTP/1.1 200 OK\r\n\r\n{\"a\":\"health-probe\"}");
    assert_eq!(echo, fail("status 200, json.a is something else, expected \"b\""));
}

/// A server that answers a path by its line, and all requests that it hears.
fn routes(answers: &'static [(&str, &str)]) -> (u16, Arc<Mutex<String>>) {
    let heard = Arc::new(Mutex::new(String::new()));
    let all = heard.clone();
    let port = server(move |mut stream| {
        let mut received = [0; 4096];
        let count = stream.read(&mut received).unwrap();
        let request = String::from_utf8_lossy(&received[..count]).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = answers
            .iter()
            .find(|(known, _)| *known == path)
            .map_or("404 Not Found\r\n", |(_, answer)| answer);
        all.lock().unwrap().push_str(&request);
        let _ = stream.write_all(format!("HTTP/1.1 {answer}\r\n").as_bytes());
    });
    (port, heard)
}

fn following(port: u16, path: &str, options: &[(&str, &str)]) -> Outcome {
    let url = CheckUrl { path: path.into(), ..check("http", port, options) };
    Http::from_url(&url).unwrap().run(soon())
}

#[test]
fn redirects_are_followed_on_wish_and_the_last_answer_is_judged() {
    let (port, heard) = routes(&[
        ("/", "302 Found\r\nLocation: a/../b?c\r\n"),
        ("/b?c", "307 Temporary Redirect\r\nLocation: /well\r\n"),
        ("/well", "200 OK\r\n\r\nall is well"),
        ("/sick", "302 Found\r\nLocation: /none\r\n"),
        ("/loop", "302 Found\r\nLocation: /loop\r\n"),
        ("/odd", "302 Found\r\nLocation: ftp://a\r\n"),
        ("/bare", "302 Found\r\n"),
        ("/other", "302 Found\r\nLocation: http://other.test/a\r\n"),
        ("/gone", "302 Found\r\nLocation: http://localhost:1/a\r\n"),
    ]);
    let same = [("follow", "same-host"), ("send", "a"), ("header.X-Name", "$CARGO_PKG_NAME")];
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    assert_eq!(following(port, "/", &[]), Outcome::pass("status 302 Found"));
    assert_eq!(
        following(port, "/", &[("follow", "same-host"), ("body", "well")]),
        Outcome::pass("status 200 OK")
    );
    assert_eq!(following(port, "/", &same), Outcome::pass("status 200"));
    let last = heard.lock().unwrap().split_once("POST ").unwrap().1.to_owned();
    assert!(last.starts_with("/ HTTP/1.1\r\n") && last.contains("GET /b?c HTTP/1.1\r\n"), "{last}");
    assert_eq!(
        (last.matches("X-Name: health-probe\r\n").count(), last.matches("Content-Length").count()),
        (3, 1)
    );
    assert_eq!(following(port, "/sick", &[("follow", "same-host")]), fail("status 404 Not Found"));
    assert_eq!(following(port, "/bare", &[("follow", "same-host")]), Outcome::pass("status 302 Found"));
    assert_eq!(
        following(port, "/loop", &[("follow", "same-host")]),
        alive("the server redirects more than 10 times")
    );
    assert_eq!(
        following(port, "/odd", &[("follow", "any-host")]),
        alive("the server redirects to what HTTP cannot ask for")
    );
    let other = "the server redirects to another host, \"other.test\": expected follow=any-host";
    assert_eq!(following(port, "/other", &[("follow", "same-host")]), alive(other));
    let gone = "the server redirects, but connection refused on 127.0.0.1 and ::1";
    assert_eq!(following(port, "/gone", &[("follow", "same-host")]), Outcome::alive(Cause::Connect, gone));
}

#[test]
fn another_server_hears_no_secret_and_says_nothing_against_the_one_that_is_checked() {
    let (there, heard) = routes(&[("/well", "200 OK\r\n"), ("/sick", "500 Sorry\r\n")]);
    let answer = |place: String| -> &'static str {
        Box::leak(format!("302 Found\r\nLocation: http://{place}\r\n").into_boxed_str())
    };
    let answers = vec![
        ("/port", answer(format!("localhost:{there}/sick"))),
        ("/well", answer(format!("[::ffff:127.0.0.1]:{there}/well"))),
        ("/sick", answer(format!("[::ffff:127.0.0.1]:{there}/sick"))),
    ];
    let (here, _) = routes(answers.leak());
    let any = [("follow", "any-host"), ("header.X-Name", "$CARGO_PKG_NAME"), ("header.X-Tenant", "blue")];
    assert_eq!(following(here, "/well", &any), Outcome::pass("status 200"));
    let reason = "the server redirects, but status 500";
    assert_eq!(following(here, "/sick", &any), Outcome::alive(Cause::Unhealthy, reason));
    // Asked without the secret that it was to be asked with.
    assert_eq!(following(here, "/port", &any), Outcome::alive(Cause::Unhealthy, "status 500"));
    assert_eq!(following(here, "/port", &[("follow", "same-host")]), fail("status 500 Sorry"));
    let heard = heard.lock().unwrap();
    assert!(heard.contains("X-Tenant: blue") && !heard.contains("X-Name"), "{heard}");
}

#[test]
fn the_request_is_what_a_server_expects() {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |mut stream| {
        let mut received = [0; 1024];
        let count = stream.read(&mut received).unwrap();
        let _ = sender.send(String::from_utf8_lossy(&received[..count]).into_owned());
    });
    let mut check = check("http", port, &[("method", "HEAD")]);
    check.path = "/a%20b".into();
    Http::from_url(&check).unwrap().run(soon());
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "HEAD /a%20b HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: health-probe/{version}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(receiver.recv().unwrap(), expected);
}

#[test]
fn the_headers_of_the_check_are_sent_and_take_the_place_of_our_own() {
    let path = std::env::temp_dir().join(format!("health-probe-header-{}", std::process::id()));
    std::fs::write(&path, "correct-horse\n").unwrap();
    let options = [
        ("header.X-Tenant", "blue sky"),
        ("header.accept", "text/plain"),
        ("header.X-Name", "$CARGO_PKG_NAME"),
        ("header-file.X-Key", path.to_str().unwrap()),
    ];
    let (port, heard) = hears(b"HTTP/1.1 200 correct-horse\r\n\r\n");
    let asked = Http::from_url(&check("http", port, &options)).unwrap().run(soon());
    // A peer that was sent a secret may echo it.
    assert_eq!(asked, Outcome::pass("status 200"));
    std::fs::remove_file(path).unwrap();
    let heard = heard_up_to(&heard, "\r\n\r\n");
    let (own, own_name) =
        (concat!("User-Agent: health-probe/", env!("CARGO_PKG_VERSION")), env!("CARGO_PKG_NAME"));
    let expected = format!(
        "GET / HTTP/1.1\r\nHost: localhost:{port}\r\n{own}\r\nX-Tenant: blue sky\r\naccept: text/plain\r\n\
         X-Name: {own_name}\r\nX-Key: correct-horse\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(heard, expected);
}

#[test]
fn no_word_of_a_peer_that_was_sent_a_secret_is_repeated() {
    for answer in ["HTTP/1.1 2 health-probe", "health-probe", "HTTP/1.1 500 health-probe\r\n\r\n"] {
        let outcome = with(&[("header.X-Name", "$CARGO_PKG_NAME")], &format!("{answer}\r\n\r\n"));
        assert!(!outcome.reason.contains("health-probe"), "{outcome:?}");
    }
}

#[test]
fn a_secret_header_is_told_as_a_password_is() {
    let options = [("header.X-Name", "$CARGO_PKG_NAME")];
    for answer in ["200 OK", "500 Sorry", "404 Not Found"] {
        let (port, heard) = hears(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes());
        // An address of this machine, which does not look like one.
        let mut far = CheckUrl { host: "::ffff:127.0.0.1".into(), ..check("http", port, &options) };
        let reason = "a secret header was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
        // What is said to less than was to be asked is nothing against the server.
        assert_eq!(Http::from_url(&far).unwrap().run(soon()), Outcome::alive(Cause::Protocol, reason));
        assert!(!heard_up_to(&heard, "\r\n\r\n").contains("X-Name"));
        far.options.push(("allow-cleartext".into(), String::new()));
        assert_ne!(Http::from_url(&far).unwrap().run(soon()).verdict, Verdict::Alive, "{answer}");
        heard_up_to(&heard, "X-Name: health-probe\r\nConnection: close\r\n\r\n");
    }
}

#[test]
fn a_password_and_a_token_are_told_only_to_whom_they_may_be() {
    withholds("http", b"HTTP/1.1 401 Unauthorized\r\n\r\n", |url| Http::from_url(url).unwrap().run(soon()));
    withholds("http", b"HTTP/1.1 500 Sorry\r\n\r\n", |url| Http::from_url(url).unwrap().run(soon()));
    let far = CheckUrl {
        host: "::ffff:127.0.0.1".into(),
        ..check("http", says(b"HTTP/1.1 404 Not Found\r\n\r\n"), &[("token", "$CARGO_PKG_NAME")])
    };
    let reason =
        "the token was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
    assert_eq!(Http::from_url(&far).unwrap().run(soon()), Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn a_secret_that_no_header_may_hold_is_not_sent() {
    let path = std::env::temp_dir().join(format!("health-probe-smuggled-{}", std::process::id()));
    std::fs::write(&path, "a\r\nX-Admin: 1").unwrap();
    let outcome = with(&[("header-file.X", path.to_str().unwrap())], "HTTP/1.1 200 OK\r\n\r\n");
    std::fs::remove_file(path).unwrap();
    let reason = "the value of header X holds what no header may hold";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    let unset = with(&[("header.X", "$HEALTH_PROBE_NO_SUCH")], "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(unset.verdict, Verdict::Alive);
}

#[test]
fn a_header_cannot_be_smuggled_in() {
    let refused = Http::from_url(&check("http", 1, &[("host-header", "a\r\nb: c")])).err();
    assert!(refused.is_some());
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(7);
    let good =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nall i\r\n6\r\ns well\r\n0\r\n\r\n";
    let url = check("http", 1, &[("body", "well"), ("not-body", "lost"), ("body-pattern", "w.*l$")]);
    let expected = BodyExpectation::from_url(&url).unwrap();
    for round in 0..20_000 {
        let bytes = random.damaged(good);
        let (mut rest, mut buffer) = (&bytes[..], Vec::new());
        if let Ok(head) = read_head(&mut rest, &mut buffer, Redaction::None) {
            let framing =
                if round % 3 == 0 { Framing::Length(random.below(20)) } else { head.framing(false) };
            let mut search = Search::new(framing, &expected);
            let body = [&buffer, rest].concat();
            for end in 0..=body.len() {
                if !matches!(search.look(&body[..end]), Ok(false)) {
                    break;
                }
            }
        }
    }
}
