mod redirects;
mod requests;

use std::time::Duration;

use super::body::BodyExpectation;
use super::*;
use crate::check::{Cause, Verdict};
use crate::net::http1::Framing;
use crate::net::test_server::{Random, check, says, server, soon, survives};

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
fn a_response_that_the_kubelet_does_not_take_is_no_pass_and_no_failure() {
    for (lines, flaw) in [
        ("no header\r\n", "a header has no colon"),
        (": a\r\n", "a header has a name that HTTP does not allow"),
        ("X-é: a\r\n", "a header has a name that HTTP does not allow"),
        ("X: a\0b\r\n", "a header holds a control character"),
        ("X: a\rb\r\n", "a header holds a control character"),
        (" X: a\r\n", "its first header begins with a space"),
        ("Content-Length:\r\n", "its Content-Length is no length"),
        ("Content-Length: -1\r\n", "its Content-Length is no length"),
        ("Content-Length: 1, 1\r\n", "its Content-Length is no length"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "it has two Content-Lengths"),
        ("Transfer-Encoding: gzip, chunked\r\n", "its Transfer-Encoding is not chunked"),
        ("Transfer-Encoding: identity\r\n", "its Transfer-Encoding is not chunked"),
    ] {
        let alive = Outcome::alive(Cause::Protocol, format!("status 200 OK, but {flaw}"));
        assert_eq!(with(&[], &format!("HTTP/1.1 200 OK\r\n{lines}\r\n")), alive, "{lines:?}");
        // What says that it is not healthy is believed whatever it looks like.
        assert_eq!(with(&[], &format!("HTTP/1.1 500\r\n{lines}\r\n")), fail("status 500"), "{lines:?}");
    }
    for lines in [
        "X: a\r\n b\r\n\tc\r\n",
        "X : a\r\n",
        "X Y: é\t\r\n",
        "Content-Length: 1\r\ncontent-length: 1\r\n",
        "Transfer-Encoding: Chunked\r\nX:\r\n",
    ] {
        assert_eq!(with(&[], &format!("HTTP/1.1 200 OK\r\n{lines}\r\n")), Outcome::pass("status 200 OK"));
    }
    for line in ["HTTP/2.0 200 OK", "HTTP/1.1  200 OK", "HTTP/1.2 \t200 OK"] {
        assert_eq!(with(&[], &format!("{line}\r\n\r\n")), Outcome::pass("status 200 OK"), "{line}");
    }
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
    assert_eq!(
        run(endless, Deadline::after(Duration::from_secs(30))),
        Outcome::fail(Cause::Protocol, reason)
    );
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
