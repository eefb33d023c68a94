//! Kafka: ApiVersions, which a broker answers before any login (KIP-35, KIP-43).
//!
//! <https://kafka.apache.org/protocol.html>. A broker that does not know version 3 of the request answers in the form of
//! version 0 with UNSUPPORTED_VERSION (KIP-511), and is then asked with version 0, which every broker since 0.10 knows.
//!
//! It says nothing of topics, of replicas or of the quorum on purpose: probes that ask for metadata time out while a
//! cluster recovers, and the restarts keep it from recovering.

use std::io::{self, Error, ErrorKind, Read, Write};

use super::Runnable;
use crate::deadline::Deadline;
use crate::grammar::{Check, PathRule, Refusal, Spec, Target, TlsRule};
use crate::net::{Endpoint, fault, quote, read_until};
use crate::outcome::{Cause, Outcome};

/// The longest answer; that of a broker with a hundred APIs is below 1 KiB.
const LONGEST: usize = 64 * 1024;

/// Both answers.
const LIMIT: usize = LONGEST + 1024;

const API_VERSIONS: u16 = 18;

const UNKNOWN_SERVER_ERROR: i16 = -1;
const UNSUPPORTED_VERSION: i16 = 35;

pub const SPEC: Spec = Spec {
    scheme: "kafka",
    summary: "ApiVersions is answered, which a broker does before any login",
    target: Target::Address { port: Some(9092) },
    credentials: false,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[],
};

/// A check of one broker.
pub struct Kafka {
    endpoint: Endpoint,
}

impl Kafka {
    pub fn from_check(check: &Check) -> Result<Self, Refusal> {
        Ok(Self { endpoint: Endpoint::from_check(check, check.option("tls").is_some(), &[])? })
    }

    fn ask(&self, deadline: Deadline) -> Result<Outcome, Outcome> {
        let mut stream = self.endpoint.open(deadline, LIMIT)?;
        let outcome = api_versions(&mut stream).unwrap_or_else(|error| self.refused(error));
        // There is no goodbye: the broker reads the end of the connection, and has nothing to log.
        stream.leave();
        Ok(outcome)
    }

    fn refused(&self, error: Error) -> Outcome {
        let closed = matches!(
            error.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        );
        if closed && !self.endpoint.secure() {
            let reason = "connection closed before the answer: the listener may want TLS (?tls)";
            return Outcome::fail(Cause::Protocol, reason);
        }
        fault(error)
    }
}

impl Runnable for Kafka {
    /// Pass exactly on a list of APIs that holds the one it came by.
    fn run(&self, deadline: Deadline) -> Outcome {
        self.ask(deadline).unwrap_or_else(|outcome| outcome)
    }
}

fn api_versions(stream: &mut (impl Read + Write)) -> io::Result<Outcome> {
    for version in [3, 0] {
        let correlation = 4 - u32::from(version);
        stream.write_all(&request(version, correlation))?;
        let answer = read(stream, correlation)?;
        match judge(&answer, version) {
            Ok(apis) => return Ok(Outcome::pass(format!("ApiVersions answered, {apis} APIs"))),
            Err(Refused::Answer) => return Err(foreign(&answer)),
            Err(Refused::Code(UNSUPPORTED_VERSION)) if version > 0 => {}
            Err(Refused::Code(UNKNOWN_SERVER_ERROR)) => {
                return Ok(Outcome::fail(Cause::Unhealthy, "ApiVersions answered with UNKNOWN_SERVER_ERROR"));
            }
            // Our request is at fault, not the broker.
            Err(Refused::Code(code)) => {
                return Ok(Outcome::alive(
                    Cause::Protocol,
                    format!("ApiVersions refused: error code {code}"),
                ));
            }
            Err(Refused::Tls) => {
                let reason = "peer speaks TLS, and the check does not (?tls)";
                return Ok(Outcome::alive(Cause::Protocol, reason));
            }
        }
    }
    Ok(Outcome::alive(Cause::Protocol, "ApiVersions refused: no version in common"))
}

/// An ApiVersions request: its length, its header, and the name and version of the client from version 3 on.
fn request(version: u16, correlation: u32) -> Vec<u8> {
    let name = env!("CARGO_PKG_NAME").as_bytes();
    let mut request = [API_VERSIONS.to_be_bytes(), version.to_be_bytes()].concat();
    request.extend_from_slice(&correlation.to_be_bytes());
    request.extend_from_slice(&(name.len() as u16).to_be_bytes());
    request.extend_from_slice(name);
    if version >= 3 {
        let no_tags = [0];
        request.extend_from_slice(&no_tags);
        for text in [name, env!("CARGO_PKG_VERSION").as_bytes()] {
            // A compact string: its length and one.
            request.push(text.len() as u8 + 1);
            request.extend_from_slice(text);
        }
        request.extend_from_slice(&no_tags);
    }
    [&(request.len() as u32).to_be_bytes(), &request[..]].concat()
}

/// The answer after its length; that of a TLS server, an alert, as it is.
fn read(stream: &mut impl Read, correlation: u32) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    read_until(stream, &mut answer, |seen| {
        if is_alert(seen) {
            return Ok(Some(()));
        }
        let Some(length) = seen.first_chunk().map(|length| u32::from_be_bytes(*length) as usize) else {
            return Ok(None);
        };
        // The correlation id, an error code, and an empty list at least; a broker says nothing that it was not asked.
        let whole = length.saturating_add(4);
        if !(7..=LONGEST).contains(&length) || seen.len() > whole {
            return Err(foreign(seen));
        }
        if seen.get(4..8).is_some_and(|id| id != correlation.to_be_bytes()) {
            return Err(foreign(seen));
        }
        Ok((seen.len() == whole).then_some(()))
    })?;
    Ok(answer)
}

/// The head of a TLS record that holds an alert.
fn is_alert(seen: &[u8]) -> bool {
    matches!(seen, [0x15, 3, 0..=4, 0, ..])
}

fn foreign(said: &[u8]) -> Error {
    Error::new(ErrorKind::InvalidData, format!("answer is not of Kafka: {:?}", quote(said)))
}

/// Why an answer is not a list of APIs.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Answer,
    Code(i16),
    Tls,
}

/// The number of APIs in a whole answer.
fn judge(answer: &[u8], version: u16) -> Result<usize, Refused> {
    if is_alert(answer) {
        return Err(Refused::Tls);
    }
    let body = answer.get(8..).unwrap_or_default();
    let (code, mut rest) = body.split_first_chunk().ok_or(Refused::Answer)?;
    match i16::from_be_bytes(*code) {
        0 => apis(&mut rest, version).ok_or(Refused::Answer),
        code => Err(Refused::Code(code)),
    }
}

fn apis(rest: &mut &[u8], version: u16) -> Option<usize> {
    let count = match version {
        0 => u32::from_be_bytes(*take(rest, 4)?.first_chunk()?),
        // A compact array: its length and one.
        _ => varint(rest)?.checked_sub(1)?,
    };
    let mut known = false;
    // A false count ends with the bytes.
    for _ in 0..count {
        let key = take(rest, 6)?.first_chunk()?;
        known |= u16::from_be_bytes(*key) == API_VERSIONS;
        if version > 0 {
            tags(rest)?;
        }
    }
    known.then_some(count as usize)
}

/// Steps over tagged fields (KIP-482).
fn tags(rest: &mut &[u8]) -> Option<()> {
    for _ in 0..varint(rest)? {
        varint(rest)?;
        let length = varint(rest)? as usize;
        take(rest, length)?;
    }
    Some(())
}

/// A number of seven bits a byte, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *take(rest, 1)?.first()?;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests;
