//! Envelopes, which version 3 and 4 call frames: section 2 of the specification.

use std::io;

use crate::net::codec::reader::Reader;
use crate::net::{ProtocolError, Redaction};

/// The longest answer that is read; that to OPTIONS is below 1 KiB.
pub const LONGEST: usize = 32 * 1024;

const HEAD: usize = 9;
const IS_ANSWER: u8 = 0x80;

pub const ERROR: u8 = 0x00;
pub const STARTUP: u8 = 0x01;
pub const READY: u8 = 0x02;
pub const AUTHENTICATE: u8 = 0x03;
pub const OPTIONS: u8 = 0x05;
pub const SUPPORTED: u8 = 0x06;
pub const QUERY: u8 = 0x07;
pub const RESULT: u8 = 0x08;
pub const AUTH_CHALLENGE: u8 = 0x0e;
pub const AUTH_RESPONSE: u8 = 0x0f;
pub const AUTH_SUCCESS: u8 = 0x10;

const TRACING: u64 = 0x02;
const CUSTOM_PAYLOAD: u64 = 0x04;
const WARNING: u64 = 0x08;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    pub version: u8,
    pub opcode: u8,
    pub body: Vec<u8>,
}

/// A request.
pub fn request(version: u8, opcode: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&[version, 0, 0, 0, opcode], &length[..], body].concat()
}

/// The first answer and how long it is, once it is whole.
pub fn parse(received: &[u8], redaction: Redaction) -> io::Result<Option<(Envelope, usize)>> {
    // What does not begin as one never becomes one, however long it is waited for.
    if received.first().is_some_and(|first| !(IS_ANSWER | 1..=IS_ANSWER | 15).contains(first)) {
        return Err(redaction.not_of("CQL", received).into());
    }
    let mut fields = Reader::new(received);
    let head =
        (|| Some((fields.byte()?, fields.be(1)?, fields.be(2)?, fields.byte()?, fields.be(4)? as usize)))();
    let Some((version, flags, stream, opcode, length)) = head else { return Ok(None) };
    if stream != 0 || opcode > 0x10 {
        return Err(foreign().into());
    }
    if length > LONGEST {
        return Err(ProtocolError::because(format!("answer is longer than {LONGEST} bytes")).into());
    }
    let Some(body) = fields.take(length) else { return Ok(None) };
    let body = message(body, flags).ok_or_else(foreign)?.to_vec();
    Ok(Some((Envelope { version: version & !IS_ANSWER, opcode, body }, HEAD + length)))
}

/// A body without what its flags put in front of the message.
fn message(body: &[u8], flags: u64) -> Option<&[u8]> {
    let mut fields = Reader::new(body);
    if flags & TRACING != 0 {
        fields.take(16)?;
    }
    if flags & WARNING != 0 {
        for _ in 0..fields.be(2)? {
            skip_string(&mut fields)?;
        }
    }
    if flags & CUSTOM_PAYLOAD != 0 {
        for _ in 0..fields.be(2)? {
            skip_string(&mut fields)?;
            read_bytes(&mut fields)?;
        }
    }
    Some(fields.rest())
}

/// A `[string]`; none of ours is longer than it may be.
pub fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

pub fn skip_string(fields: &mut Reader) -> Option<()> {
    let length = fields.be(2)?;
    fields.take(length as usize).map(|_| ())
}

/// A `[bytes]`, in which null is none.
pub fn read_bytes<'a>(fields: &mut Reader<'a>) -> Option<Option<&'a [u8]>> {
    let length = i32::from_be_bytes(fields.array()?);
    match usize::try_from(length) {
        Ok(length) => fields.take(length).map(Some),
        Err(_) => Some(None),
    }
}

/// What is not the protocol.
pub fn foreign() -> ProtocolError {
    ProtocolError::not_of("CQL")
}
