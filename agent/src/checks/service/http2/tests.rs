use super::*;
use crate::check::Verdict;
use crate::net::http2::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS,
};
use crate::net::http2::hpack::encode;
use crate::net::http2::tests::frames;
use crate::net::test_server::{Random, check, heard_up_to, hears, says, soon, survives};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Http2::from_url(&check("http2", port, &[])).unwrap().run(deadline)
}

fn with(options: &[(&str, &str)], answer: &[(u8, u8, u32, &[u8])]) -> Outcome {
    let answer = [&[(SETTINGS, 0, 0, &[][..])], answer].concat();
    Http2::from_url(&check("http2", says(&frames(&answer)), options)).unwrap().run(soon())
}

fn response(options: &[(&str, &str)], status: &str, body: &[u8]) -> Outcome {
    let block = encode(&[(":status", status), ("server", "x")]);
    with(options, &[(HEADERS, END_HEADERS, 1, &block), (DATA, END_STREAM, 1, body)])
}

fn fail(reason: &str) -> Outcome {
    Outcome::fail(Cause::Unhealthy, reason)
}

#[test]
fn the_status_decides_and_the_body_where_it_is_asked_for() {
    assert_eq!(response(&[], "200", b""), Outcome::pass("status 200"));
    assert_eq!(response(&[], "302", b""), Outcome::pass("status 302"));
    assert_eq!(response(&[], "503", b"well"), fail("status 503"));
    assert_eq!(response(&[("status", "503")], "503", b""), Outcome::pass("status 503"));
    assert_eq!(response(&[("body", "well")], "200", b"all is well"), Outcome::pass("status 200"));
    assert_eq!(response(&[("body", "lost")], "200", b"all"), fail("status 200, body does not hold \"lost\""));
    assert_eq!(response(&[("body", "well")], "500", b"all is well"), fail("status 500"));
    assert_eq!(
        response(&[("json.a", "b"), ("not-body", "c")], "200", b"{\"a\":\"b\"}"),
        Outcome::pass("status 200")
    );
    assert_eq!(
        response(&[("not-body", "well")], "200", b"all is well"),
        fail("status 200, body holds \"well\"")
    );
    assert_eq!(response(&[], "20", b"").cause, Some(Cause::Protocol));
}

#[test]
fn the_headers_of_the_check_are_sent_in_small_letters() {
    let block = encode(&[(":status", "200")]);
    let answer = frames(&[(SETTINGS, 0, 0, &[]), (HEADERS, END_HEADERS | END_STREAM, 1, &block)]);
    let (port, heard) = hears(&answer);
    let options = [("header.X-Tenant", "blue"), ("header.Accept", "text/plain")];
    let outcome = Http2::from_url(&check("http2", port, &options)).unwrap().run(soon());
    assert_eq!(outcome, Outcome::pass("status 200"));
    // It ends with GOAWAY.
    let heard = heard_up_to(&heard, "\0\0\0\0\0\0\0\0");
    assert!(heard.contains("\u{8}x-tenant\u{4}blue\u{10}\u{6}accept\u{a}text/plain"), "{heard:?}");
    assert!(!heard.contains("*/*"), "{heard:?}");
}

#[test]
fn interim_responses_split_bodies_and_trailers_are_understood() {
    let (early, done) = (encode(&[(":status", "103")]), encode(&[(":status", "200")]));
    let trailers = encode(&[("x", "y")]);
    let outcome = with(
        &[("body", "all is well")],
        &[
            (HEADERS, END_HEADERS, 1, &early),
            (HEADERS, 0, 1, &done[..3]),
            (CONTINUATION, END_HEADERS, 1, &done[3..]),
            (DATA, 0, 1, b"so all i"),
            (DATA, 0x8, 1, &[2, b's', b' ', b'w', b'e', 0, 0]),
            (DATA, 0, 1, b"ll"),
            (HEADERS, END_HEADERS | END_STREAM, 1, &trailers),
        ],
    );
    assert_eq!(outcome, Outcome::pass("status 200"));
}

#[test]
fn a_body_is_searched_as_far_as_the_window_lets_it_come() {
    let block = encode(&[(":status", "200")]);
    let (whole, rest) = (vec![b'x'; 16_384], vec![b'x'; 16_383]);
    let long = [
        (HEADERS, END_HEADERS, 1, &block[..]),
        (DATA, 0, 1, &whole),
        (DATA, 0, 1, &whole),
        (DATA, 0, 1, &whole),
        (DATA, 0, 1, &rest),
    ];
    // There is more of it, which may hold the text.
    let reason = "status 200, the first 64 KiB of the longer body does not hold \"end\"";
    assert_eq!(with(&[("body", "end")], &long), Outcome::alive(Cause::Unhealthy, reason));
    let short = [(HEADERS, END_HEADERS, 1, &block[..]), (DATA, END_STREAM, 1, &whole)];
    assert_eq!(with(&[("body", "end")], &short), fail("status 200, body does not hold \"end\""));
}

#[test]
fn a_peer_that_turns_the_request_away_is_alive_and_one_that_breaks_it_off_is_not() {
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    let reset = with(&[], &[(RST_STREAM, 0, 1, &[0, 0, 0, 7])]);
    assert_eq!(reset, alive("peer broke the request off: REFUSED_STREAM"));
    let going = with(&[], &[(GOAWAY, 0, 0, &[0; 8])]);
    assert_eq!(going, alive("peer broke the request off: NO_ERROR, it shuts down"));
    let calm = with(&[], &[(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11])]);
    assert_eq!(calm, alive("peer broke the request off: ENHANCE_YOUR_CALM"));
    let broken = with(&[], &[(RST_STREAM, 0, 1, &[0, 0, 0, 2])]);
    assert_eq!(broken, fail("peer broke the request off: INTERNAL_ERROR"));
    let block = encode(&[(":status", "200")]);
    let begun = [(HEADERS, END_HEADERS, 1, &block[..]), (RST_STREAM, 0, 1, &[0, 0, 0, 2])];
    assert_eq!(
        with(&[("body", "end")], &begun),
        alive("status 200, but peer broke the body off: INTERNAL_ERROR")
    );
    let old = with(&[], &[(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 13])]);
    assert_eq!(old, fail("peer broke the request off: HTTP_1_1_REQUIRED"));
}

#[test]
fn a_peer_that_speaks_http_1_is_told_apart() {
    let outcome = run(says(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), soon());
    assert_eq!(outcome, Outcome::fail(Cause::Protocol, "peer speaks HTTP/1.1, expected HTTP/2"));
    for other in [&b"-ERR unknown command\r\n"[..], b"<html><head>"] {
        let outcome = run(says(other), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)));
    }
}

fn healthy() -> Vec<u8> {
    let block = encode(&[(":status", "200")]);
    frames(&[(SETTINGS, 0, 0, &[]), (HEADERS, END_HEADERS, 1, &block), (DATA, END_STREAM, 1, b"all is well")])
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &healthy());
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(2);
    let options = [("body", "well")];
    for _ in 0..300 {
        let answer = random.damaged(&healthy());
        Http2::from_url(&check("http2", says(&answer), &options)).unwrap().run(soon());
    }
}
