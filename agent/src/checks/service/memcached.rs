//! memcached: `version`, answered with a version.
//!
//! The text protocol: <https://github.com/memcached/memcached/blob/master/doc/protocol.txt>. A server that is started
//! with `-B binary`, or with SASL (`-S`), closes on text without a word: it is asked once more in the binary protocol
//! (<https://github.com/memcached/memcached/wiki/BinaryProtocolRevamped>), in which it tells its version to everybody.
//! A server with an `--auth-file` tells it to no client without a login, and is alive.

use std::io::{ErrorKind, Write};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure, ProtocolError, quote, read_until};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

/// An answer is a line of fewer than thirty characters, or a packet as short.
const ANSWER_LIMIT: usize = 512;

const LIMIT: usize = 4 * ANSWER_LIMIT;

/// Twice, for these 24 bytes: a server that speaks binary only waits for a whole header before it closes.
const TEXT: &[u8; HEADER] = b"version\r\nversion\r\nquit\r\n";

/// The bytes of a binary header, of which the version request has no more.
const HEADER: usize = 24;

const BINARY: [u8; HEADER] = {
    let mut header = [0; HEADER];
    (header[0], header[1]) = (0x80, VERSION);
    header
};

const VERSION: u8 = 0x0b;

pub const SCHEME: Scheme = Scheme {
    scheme: "memcached",
    summary: "version is answered with one; a full server, or one that asks for a login, is alive but not ready",
    target: Target::Address { port: Some(11211) },
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one memcached server.
pub struct Memcached {
    endpoint: Endpoint,
}

impl Memcached {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)? })
    }

    fn text(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        // A server that is full says so and closes without reading: whether or not all was sent, its words tell.
        let _ = stream.write_all(TEXT);
        let mut received = Vec::new();
        match read_until(&mut stream, &mut received, |received| Ok(text(received))) {
            Ok(outcome) => {
                // Without a login `quit` is refused too.
                if received.starts_with(b"CLIENT_ERROR") {
                    stream.shutdown()
                } else {
                    stream.drain()
                }
                Ok(outcome)
            }
            Err(error) => match error.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset if received.is_empty() => {
                    self.binary(conversation)
                }
                _ => Err(error.into()),
            },
        }
    }

    fn binary(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        stream.write_all(&BINARY)?;
        let outcome = read_until(&mut stream, &mut Vec::new(), |received| Ok(binary(received)))?;
        // QUIT would count as an error where SASL asks for a login.
        stream.shutdown();
        Ok(outcome)
    }
}

impl Check for Memcached {
    /// Pass exactly on a version.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.text(conversation))
    }
}

/// The outcome of an answer in text, once it is whole or can be none.
fn text(received: &[u8]) -> Option<Outcome> {
    // What does not begin as an answer never becomes one, however long it is waited for.
    if received.first().is_some_and(|first| !b"VESC".contains(first)) {
        return Some(foreign(received));
    }
    // Whatever else has come: the first line is the answer.
    match received.windows(2).take(ANSWER_LIMIT).position(|pair| pair == b"\r\n") {
        Some(end) => Some(judge(received.get(..end).unwrap_or_default())),
        None => (received.len() > ANSWER_LIMIT).then(|| foreign(received)),
    }
}

fn judge(line: &[u8]) -> Outcome {
    let said = quote(line);
    if let Some(version) = said.strip_prefix("VERSION ") {
        return Outcome::pass(format!("memcached {version}"));
    }
    match said.as_str() {
        "ERROR Too many open connections" => Outcome::alive(Cause::Unhealthy, said),
        "CLIENT_ERROR unauthenticated" => Outcome::alive(Cause::Protocol, said),
        // For a buffer, not for an item: it passes as other connections end.
        _ if said.starts_with("SERVER_ERROR out of memory") => Outcome::alive(Cause::Unhealthy, said),
        _ if ["ERROR", "CLIENT_ERROR", "SERVER_ERROR"]
            .contains(&said.split(' ').next().unwrap_or_default()) =>
        {
            Outcome::fail(Cause::Unhealthy, said)
        }
        _ => foreign(line),
    }
}

/// The outcome of a binary answer, once it is whole or can be none.
fn binary(received: &[u8]) -> Option<Outcome> {
    if received.iter().zip([0x81, VERSION]).any(|(byte, expected)| *byte != expected) {
        return Some(foreign(received));
    }
    let (header, body) = received.split_first_chunk::<HEADER>()?;
    let [_, _, _, _, _, _, high, low, length @ .., _, _, _, _, _, _, _, _, _, _, _, _] = *header;
    let length = u32::from_be_bytes(length) as usize;
    if length > ANSWER_LIMIT {
        return Some(foreign(received));
    }
    let said = quote(body.get(..length)?);
    Some(match u16::from_be_bytes([high, low]) {
        0 => Outcome::pass(format!("memcached {said}")),
        0x20 => Outcome::alive(Cause::Protocol, format!("it asks for a SASL login: {said}")),
        status => Outcome::fail(Cause::Unhealthy, format!("status {status:#04x}: {said}")),
    })
}

fn foreign(received: &[u8]) -> Outcome {
    ProtocolError::quoting("memcached", received).into()
}

#[cfg(test)]
mod tests;
