use super::*;
use crate::check::{Cause, Verdict};
use crate::net::http2::hpack::encode;
use crate::net::http2::tests::frames;
use crate::net::http2::{Answer, frame};
use crate::net::test_server::{Random, check, says, soon, survives};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Grpc::from_url(&check("grpc", port, &[])).unwrap().run(deadline)
}

/// Settings, `:status: 200`, a message with this serving status, trailers with `grpc-status: 0`.
fn serving(status: u8) -> Vec<u8> {
    answering(&[("content-type", "application/grpc")], &[0, 0, 0, 0, 2, 8, status], &[])
}

/// The same with these headers, these data, and a frame after the headers.
fn answering(headers: &[(&str, &str)], data: &[u8], between: &[(u8, u8, u32, &[u8])]) -> Vec<u8> {
    let head = encode(&[&[(":status", "200")], headers].concat());
    let trailers = encode(&[("grpc-status", "0")]);
    let begin = [(frame::SETTINGS, 0, 0, &[][..]), (frame::HEADERS, frame::END_HEADERS, 1, &head)];
    let end =
        [(frame::DATA, 0, 1, data), (frame::HEADERS, frame::END_HEADERS | frame::END_STREAM, 1, &trailers)];
    frames(&[&begin[..], between, &end].concat())
}

#[test]
fn an_answer_that_the_library_of_the_kubelet_does_not_take_is_no_pass_and_no_failure() {
    const SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 1];
    let grpc = [("content-type", "application/grpc+proto")];
    let alive = |reason: &str| Outcome::alive(Cause::Protocol, reason);
    for (answer, expected) in [
        (answering(&grpc, SERVING, &[]), Outcome::pass("SERVING")),
        (answering(&[], SERVING, &[]), alive("SERVING, but its content-type is \"\"")),
        (
            answering(&[("content-type", "application/grpc-web")], SERVING, &[]),
            alive("SERVING, but its content-type is \"application/grpc-web\""),
        ),
        (answering(&grpc, &[SERVING, &[0]].concat(), &[]), alive("SERVING, but more follows it")),
        (
            answering(&grpc, SERVING, &[(frame::WINDOW_UPDATE, 0, 1, &[0; 4])]),
            alive("SERVING, but a window is opened by nothing"),
        ),
        (
            answering(&[grpc[0], ("X-Odd", "a")], SERVING, &[]),
            alive("SERVING, but a name of a header is in upper case"),
        ),
        (
            answering(&grpc, SERVING, &[(frame::PUSH_PROMISE, frame::END_HEADERS, 1, &[0, 0, 0, 2, 0x88])]),
            alive("a stream was pushed, which is not taken here"),
        ),
        // What says that it is not healthy is believed whatever it looks like.
        (answering(&[], &[0, 0, 0, 0, 2, 8, 2], &[]), Outcome::fail(Cause::Unhealthy, "NOT_SERVING")),
    ] {
        assert_eq!(run(says(&answer), soon()), expected);
    }
}

#[test]
fn an_answer_that_is_longer_than_is_read_is_alive() {
    let data = [0; 16 * 1024];
    let endless = [&[(frame::SETTINGS, 0, 0, &[][..])], &[(frame::DATA, 0, 1, &data[..]); 4][..]].concat();
    let outcome = run(says(&frames(&endless)), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "the answer is longer than is read here"));
    let block = encode(&[("x", &"a".repeat(15_000))]);
    let more = [(frame::CONTINUATION, 0, 1, &block[..]); 20];
    let headers = [&[(frame::SETTINGS, 0, 0, &[][..]), (frame::HEADERS, 0, 1, &block)], &more[..]].concat();
    let outcome = run(says(&frames(&headers)), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "headers are longer than 262144 bytes"));
}

fn trailers_only(fields: &[(&str, &str)]) -> Outcome {
    let block = encode(fields);
    let answer = frames(&[
        (frame::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
        (frame::HEADERS, frame::END_HEADERS | frame::END_STREAM, 1, &block),
    ]);
    run(says(&answer), soon())
}

#[test]
fn only_serving_passes() {
    assert_eq!(run(says(&serving(1)), soon()), Outcome::pass("SERVING"));
    for (status, word) in
        [(0, "UNKNOWN"), (2, "NOT_SERVING"), (3, "SERVICE_UNKNOWN"), (9, "serving status 9")]
    {
        assert_eq!(run(says(&serving(status)), soon()), Outcome::fail(Cause::Unhealthy, word));
    }
}

#[test]
fn a_grpc_status_is_told_with_its_message() {
    let of = |code, message| {
        trailers_only(&[(":status", "200"), ("grpc-status", code), ("grpc-message", message)])
    };
    assert_eq!(of("12", ""), Outcome::fail(Cause::Protocol, "grpc.health.v1.Health is not implemented"));
    assert_eq!(of("5", "x"), Outcome::fail(Cause::Unhealthy, "service \"\" is unknown"));
    assert_eq!(of("14", "stopping"), Outcome::alive(Cause::Unhealthy, "UNAVAILABLE: stopping"));
    assert_eq!(of("16", ""), Outcome::alive(Cause::Protocol, "UNAUTHENTICATED"));
    assert_eq!(of("7", "no"), Outcome::alive(Cause::Protocol, "PERMISSION_DENIED: no"));
    assert_eq!(of("99", ""), Outcome::fail(Cause::Unhealthy, "grpc-status 99"));
    assert_eq!(of("x", "").cause, Some(Cause::Protocol));
    assert_eq!(of("8", "full"), Outcome::alive(Cause::Unhealthy, "RESOURCE_EXHAUSTED: full"));
    assert_eq!(of("13", ""), Outcome::fail(Cause::Unhealthy, "INTERNAL"));
    assert_eq!(of("4", ""), Outcome::fail(Cause::Unhealthy, "DEADLINE_EXCEEDED"));
    for (status, verdict, cause) in [
        ("401", Verdict::Alive, Cause::Protocol),
        ("407", Verdict::Alive, Cause::Protocol),
        ("429", Verdict::Alive, Cause::Unhealthy),
        ("503", Verdict::Alive, Cause::Unhealthy),
        ("404", Verdict::Fail, Cause::Protocol),
        ("500", Verdict::Fail, Cause::Protocol),
    ] {
        let proxy = trailers_only(&[(":status", status)]);
        assert_eq!((proxy.verdict, proxy.cause), (verdict, Some(cause)), "{proxy:?}");
    }
}

#[test]
fn a_peer_that_turns_the_call_away_is_alive_and_one_that_breaks_it_off_is_not() {
    let reset = frames(&[(frame::SETTINGS, 0, 0, &[]), (frame::RST_STREAM, 0, 1, &[0, 0, 0, 7])]);
    let outcome = run(says(&reset), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, "peer broke the call off: REFUSED_STREAM"));
    let going = frames(&[(frame::SETTINGS, 0, 0, &[]), (frame::GOAWAY, 0, 0, &[0; 8])]);
    let outcome = run(says(&going), soon());
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, "peer broke the call off: NO_ERROR, it shuts down"));
    let broken = frames(&[(frame::SETTINGS, 0, 0, &[]), (frame::RST_STREAM, 0, 1, &[0, 0, 0, 2])]);
    let outcome = run(says(&broken), soon());
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, "peer broke the call off: INTERNAL_ERROR"));
    let mut finishing =
        frames(&[(frame::SETTINGS, 0, 0, &[]), (frame::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0])]);
    finishing.extend_from_slice(&serving(1));
    assert_eq!(run(says(&finishing), soon()).verdict, Verdict::Pass);
}

#[test]
fn every_form_of_frame_is_understood() {
    let kind = encode(&[("content-type", "application/grpc")]);
    let head = [&[2, 0, 0, 0, 0, 9, 0x88], &kind[..], &[0, 0]].concat();
    let trailers = encode(&[("grpc-status", "0")]);
    let (begin, end) = trailers.split_at(5);
    let answer = frames(&[
        (frame::SETTINGS, 0, 0, &[]),
        (frame::SETTINGS, frame::ACK, 0, &[]),
        (frame::PING, 0, 0, b"12345678"),
        (8, 0, 0, &[0, 0, 1, 0]),
        (0xfe, 0xff, 1, b"of the future"),
        // Padded by 2, with a priority.
        (frame::HEADERS, frame::END_HEADERS | 0x28, 1, &head),
        (frame::DATA, 0x8, 1, &[1, 0, 0, 0, 0, 0]),
        (frame::DATA, 0, 1, &[2, 8, 1]),
        (frame::HEADERS, frame::END_STREAM, 1, begin),
        (frame::CONTINUATION, frame::END_HEADERS, 1, end),
    ]);
    assert_eq!(run(says(&answer), soon()), Outcome::pass("SERVING"));
}

#[test]
fn what_breaks_http_2_is_a_protocol_error() {
    let settings = frames(&[(frame::SETTINGS, 0, 0, &[])]);
    for bad in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        frames(&[(frame::PING, 0, 0, &[0; 8])]),
        [&settings[..], &frames(&[(frame::CONTINUATION, 0, 1, &[])])].concat(),
        [&settings[..], &frames(&[(frame::HEADERS, 0, 1, &[0x88]), (frame::DATA, 0, 1, &[])])].concat(),
        [&settings[..], &frames(&[(frame::DATA, 0x8, 1, &[9, 0])])].concat(),
        [&settings[..], &frames(&[(frame::HEADERS, 5, 1, &[0xff])])].concat(),
        [&settings[..], &frames(&[(frame::GOAWAY, 0, 0, &[0])])].concat(),
    ] {
        let outcome = run(says(&bad), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{outcome:?}");
    }
}

#[test]
fn a_service_is_named_in_the_request() {
    assert_eq!(health::request(""), [0; 5]);
    assert_eq!(health::request("a.B"), b"\0\0\0\0\x05\x0a\x03a.B");
    assert_eq!(health::request(&"x".repeat(300))[..8], *b"\0\0\0\x01\x2f\x0a\xac\x02");
}

#[test]
fn no_message_makes_it_panic() {
    let mut random = Random(13);
    for _ in 0..50_000 {
        let data = random.damaged(b"\0\0\0\0\x08\x12\x02hi\x08\x01\x1d\0\0\0\0");
        let status = health::Status { code: Some(b"0".to_vec()), ..health::Status::default() };
        health::judge(&Answer { data, ..Answer::default() }, &status, "");
    }
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &serving(1));
}
