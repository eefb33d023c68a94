//! AMQP 1.0, which shares with 0-9-1 the port and the first four bytes: the SASL header, answered with the mechanisms;
//! with a login also the open frame, and a close.
//!
//! <https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-overview-v1.0-os.html>, parts 2.2, 2.4 and 5.3. A user without
//! a password logs in by ANONYMOUS, as its trace: so have it the clients of the field. What the broker says once the
//! password was sent is put into words of our own.

use std::io::Write;

use self::frame::{CLOSE, Frame, OPEN, close, next, open, sasl_init};
use self::value::{error_condition, mechanisms, properties_of, sasl_code};
use crate::check::{Cause, Outcome};
use crate::net::{Conversation, Failure, ProtocolError, Stream, quote};

mod frame;
mod value;

/// Two headers and five short frames.
const LIMIT: usize = 64 * 1024;

const HEADER: [u8; 8] = *b"AMQP\0\x01\0\0";
const SASL_HEADER: [u8; 8] = *b"AMQP\x03\x01\0\0";

const SASL_MECHANISMS: u8 = 0x40;
const SASL_OUTCOME: u8 = 0x44;

/// A user and a password, as far as there are any.
type Login = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Talks to a broker; `hostname` is that of the open frame, which some brokers take for a virtual host.
pub fn connect(conversation: &Conversation, login: Login, hostname: &str) -> Result<Outcome, Failure> {
    let mut stream = conversation.open(LIMIT)?;
    let mut buffer = Vec::new();
    stream.write_all(&SASL_HEADER)?;
    match next(&mut stream, &mut buffer)? {
        Frame::Header(header) if header == SASL_HEADER => conversation.alive("the header was answered"),
        Frame::Header(header) if header == HEADER => {
            stream.shutdown();
            return match login {
                (None, None) => Ok(Outcome::pass("AMQP 1.0, without a login")),
                _ => Err(refused("it takes no login (SASL)").into()),
            };
        }
        Frame::Header([.., major, minor, revision]) => {
            let reason = format!("it speaks AMQP {major}.{minor}.{revision}, not 1.0");
            return Err(Outcome::alive(Cause::Protocol, reason).into());
        }
        _ => return Err(foreign().into()),
    }
    let offered = match next(&mut stream, &mut buffer)? {
        Frame::Performative(SASL_MECHANISMS, fields) => mechanisms(&fields).ok_or_else(foreign)?,
        _ => return Err(foreign().into()),
    };
    let (mechanism, response): (&[u8], _) = match login {
        (None, None) => {
            stream.shutdown();
            return Ok(Outcome::pass(format!("AMQP 1.0, offers {}", quote(&offered.join(&b' ')))));
        }
        (Some(user), Some(password)) => (b"PLAIN", [b"\0", &user[..], b"\0", &password].concat()),
        (Some(user), None) => (b"ANONYMOUS", user),
        (None, Some(_)) => return Err(refused("login needs a user, with or without a password").into()),
    };
    if !offered.iter().any(|offer| offer == mechanism) {
        stream.shutdown();
        let mechanism = quote(mechanism);
        return Err(Outcome::alive(Cause::Protocol, format!("it does not take the login {mechanism}")).into());
    }
    conversation.note_secret();
    stream.write_all(&sasl_init(mechanism, &response, hostname))?;
    match next(&mut stream, &mut buffer)? {
        Frame::Performative(SASL_OUTCOME, fields) => match sasl_code(&fields).ok_or_else(foreign)? {
            0 => {}
            1 => return Err(refused("login refused").into()),
            2..=4 => return Err(unhealthy("it cannot look the login up").into()),
            _ => return Err(foreign().into()),
        },
        _ => return Err(foreign().into()),
    }
    opened(stream, &mut buffer, hostname)
}

/// What comes of the connection itself, once the login was accepted.
fn opened(mut stream: Stream, buffer: &mut Vec<u8>, hostname: &str) -> Result<Outcome, Failure> {
    // A broker that closes at once said why: it is read either way.
    let _ = stream.write_all(&[&HEADER[..], &open(hostname)].concat());
    match next(&mut stream, buffer)? {
        Frame::Header(header) if header == HEADER => {}
        _ => return Err(foreign().into()),
    }
    let properties = match next(&mut stream, buffer)? {
        Frame::Performative(OPEN, fields) => properties_of(&fields).unwrap_or_default(),
        Frame::Performative(CLOSE, fields) => return Err(closed(&fields).into()),
        _ => return Err(foreign().into()),
    };
    let _ = stream.write_all(&close());
    // A broker has to answer with an open frame before it may refuse by a close, with the reason.
    let outcome = loop {
        match next(&mut stream, buffer) {
            Ok(Frame::Performative(CLOSE, fields)) if error_condition(&fields).is_some() => {
                break Err(closed(&fields).into());
            }
            Ok(Frame::Performative(code, _)) if code != CLOSE => {}
            _ if properties.has_failed => break Err(refused("it refused the connection").into()),
            _ => break Ok(Outcome::pass(properties.name)),
        }
    };
    stream.shutdown();
    outcome
}

/// The outcome of a close frame by the broker.
fn closed(fields: &[u8]) -> Outcome {
    match error_condition(fields) {
        Some(b"amqp:unauthorized-access") => refused("login refused (amqp:unauthorized-access)"),
        Some(b"amqp:not-found") => refused("virtual host not found (amqp:not-found)"),
        Some(b"amqp:not-allowed") => refused("connection is not allowed (amqp:not-allowed)"),
        Some(b"amqp:resource-limit-exceeded") => unhealthy("limit is reached (amqp:resource-limit-exceeded)"),
        Some(b"amqp:connection:forced") => unhealthy("connection forced to close (amqp:connection:forced)"),
        Some(b"amqp:internal-error") => unhealthy("internal error (amqp:internal-error)"),
        _ => unhealthy("connection closed by the broker"),
    }
}

fn refused(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}

fn unhealthy(reason: &str) -> Outcome {
    Outcome::alive(Cause::Unhealthy, reason)
}

fn foreign() -> ProtocolError {
    ProtocolError::not_of("AMQP 1.0")
}

#[cfg(test)]
mod tests;
