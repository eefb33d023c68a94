//! The messages of grpc.health.v1, and what its answers mean.

use crate::check::{Cause, Outcome};
use crate::checks::service::http::in_place_of_application;
use crate::net::codec::reader::{Reader, write_varint};
use crate::net::http2::{Answer, broken_off};
use crate::net::quote;

/// How a call went, as its headers or trailers say.
#[derive(Default)]
pub struct Status {
    pub code: Option<Vec<u8>>,
    pub message: Option<Vec<u8>>,
}

impl Status {
    pub fn note(&mut self, name: &[u8], value: &[u8]) {
        let field = match name {
            b"grpc-status" => &mut self.code,
            b"grpc-message" => &mut self.message,
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
        0 => serving(&answer.data),
        5 => Outcome::fail(Cause::Unhealthy, format!("service {service:?} is unknown")),
        12 => Outcome::fail(Cause::Protocol, "grpc.health.v1.Health is not implemented"),
        7 | 16 => Outcome::alive(Cause::Protocol, text),
        // What a limiter or a proxy says, and a server that shuts down, in the place of the application.
        8 | 14 => Outcome::alive(Cause::Unhealthy, text),
        _ => Outcome::fail(Cause::Unhealthy, text),
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
        Some(([0, length @ ..], message)) if u32::from_be_bytes(*length) as usize == message.len() => message,
        _ => return Outcome::fail(Cause::Protocol, "answer holds no whole message"),
    };
    match field_one(message) {
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
