//! The messages of grpc.health.v1, and what its answers mean.

use crate::check::{Cause, Outcome, Verdict};
use crate::checks::service::http::in_place_of_application;
use crate::net::codec::reader::{Reader, write_varint};
use crate::net::http2::{Answer, broken_off};
use crate::net::quote;

/// How a call went, as its headers or trailers say.
#[derive(Default)]
pub struct Status {
    pub code: Option<Vec<u8>>,
    pub message: Option<Vec<u8>>,
    pub content_type: Option<Vec<u8>>,
}

impl Status {
    pub fn note(&mut self, name: &[u8], value: &[u8]) {
        let field = match name {
            b"grpc-status" => &mut self.code,
            b"grpc-message" => &mut self.message,
            b"content-type" => &mut self.content_type,
            _ => return,
        };
        *field = Some(value.to_vec());
    }
}

/// Length-prefixed `HealthCheckRequest { service = 1 }`.
pub fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        write_varint(&mut message, service.len());
        message.extend_from_slice(service.as_bytes());
    }
    let length = message.len() as u32;
    [&[0], &length.to_be_bytes()[..], &message].concat()
}

/// The outcome of an answer; the status in its trailers comes before the message.
pub fn judge(answer: &Answer, status: &Status, service: &str) -> Outcome {
    if let Some(code) = answer.broken_off {
        return broken_off("call", code);
    }
    if answer.is_cut {
        return Outcome::alive(Cause::Protocol, "the answer is longer than is read here");
    }
    let Some(digits) = &status.code else { return without_status(answer) };
    let Some(code) = str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u8>().ok()) else {
        return Outcome::fail(Cause::Protocol, format!("grpc-status is {:?}", quote(digits)));
    };
    let message = status.message.as_deref().map(quote).filter(|text| !text.is_empty());
    let text = match message {
        Some(message) => format!("{}: {message}", name(code)),
        None => name(code),
    };
    match code {
        0 => match (serving(&answer.data), flaw(answer, status)) {
            // The client of gRPC's library takes no such answer.
            (outcome, Some(flaw)) if outcome.verdict == Verdict::Pass => {
                Outcome::alive(Cause::Protocol, format!("{}, but {flaw}", outcome.reason))
            }
            (outcome, _) => outcome,
        },
        5 => Outcome::fail(Cause::Unhealthy, format!("service {service:?} is unknown")),
        12 => Outcome::fail(Cause::Protocol, "grpc.health.v1.Health is not implemented"),
        7 | 16 => Outcome::alive(Cause::Protocol, text),
        // What a limiter or a proxy says, and a server that shuts down, in the place of the application.
        8 | 14 => Outcome::alive(Cause::Unhealthy, text),
        _ => Outcome::fail(Cause::Unhealthy, text),
    }
}

/// What is wrong with an answer that is understood.
fn flaw(answer: &Answer, status: &Status) -> Option<String> {
    let content_type = status.content_type.as_deref().unwrap_or_default();
    match content_type.strip_prefix(b"application/grpc").map(<[u8]>::first) {
        Some(None | Some(b'+' | b';')) => answer.flaw.map(str::to_owned),
        _ => Some(format!("its content-type is {:?}", quote(content_type))),
    }
}

/// An answer by something in between, or by no gRPC server at all: the table of gRPC's http-grpc-status-mapping.
fn without_status(answer: &Answer) -> Outcome {
    let status = answer.status.as_deref().map(quote).unwrap_or_default();
    let text = format!("HTTP status {status} without a grpc-status");
    match status.parse() {
        // UNAVAILABLE, by that table: no server of gRPC says it so.
        Ok(502..=504) => Outcome::alive(Cause::Unhealthy, text),
        Ok(status) if let Some(cause) = in_place_of_application(status) => Outcome::alive(cause, text),
        _ => Outcome::fail(Cause::Protocol, text),
    }
}

/// Length-prefixed `HealthCheckResponse { status = 1 }`.
fn serving(data: &[u8]) -> Outcome {
    let message = match data.split_first_chunk::<5>() {
        Some(([0, length @ ..], rest)) => rest.split_at_checked(u32::from_be_bytes(*length) as usize),
        _ => None,
    };
    let Some((message, rest)) = message else {
        return Outcome::fail(Cause::Protocol, "answer holds no whole message");
    };
    match field_one(message) {
        Some(1) if !rest.is_empty() => Outcome::alive(Cause::Protocol, "SERVING, but more follows it"),
        Some(1) => Outcome::pass("SERVING"),
        Some(0) => Outcome::fail(Cause::Unhealthy, "UNKNOWN"),
        Some(2) => Outcome::fail(Cause::Unhealthy, "NOT_SERVING"),
        Some(3) => Outcome::fail(Cause::Unhealthy, "SERVICE_UNKNOWN"),
        Some(other) => Outcome::fail(Cause::Unhealthy, format!("serving status {other}")),
        None => Outcome::fail(Cause::Protocol, "message is malformed"),
    }
}

/// The last varint with number 1, or 0; other fields are stepped over: <https://protobuf.dev/programming-guides/encoding/>.
fn field_one(message: &[u8]) -> Option<u64> {
    let mut message = Reader::new(message);
    let mut status = 0;
    while !message.is_empty() {
        let tag = message.varint()?;
        match tag & 7 {
            0 => {
                let value = message.varint()?;
                if tag >> 3 == 1 {
                    status = value;
                }
            }
            1 => {
                message.take(8)?;
            }
            2 => {
                let length = usize::try_from(message.varint()?).ok()?;
                message.take(length)?;
            }
            5 => {
                message.take(4)?;
            }
            _ => return None,
        }
    }
    Some(status)
}

fn name(code: u8) -> String {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    NAMES.get(usize::from(code)).map_or_else(|| format!("grpc-status {code}"), |&name| name.to_owned())
}
