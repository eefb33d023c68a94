//! Frames and fields of AMQP 0-9-1: section 2.3.5 and 4.2 of the specification.

use std::io;

use crate::net::codec::reader::Reader;
use crate::net::{Stream, read_until};

/// More than any broker says of itself at the start.
const PAYLOAD_LIMIT: usize = 16 * 1024;

const METHOD: u8 = 1;
const HEARTBEAT: u8 = 8;
const END: u8 = 0xce;

/// What a broker sends: a method of the connection, or the header of the protocol that it would rather speak.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Method {
        id: Id,
        arguments: Vec<u8>,
    },
    Header([u8; 4]),
    /// Anything else.
    Foreign,
}

/// The class and the method.
pub type Id = (u16, u16);

/// What the broker says next; what follows it stays in the buffer.
pub fn next(stream: &mut Stream, buffer: &mut Vec<u8>) -> io::Result<Frame> {
    next_by(stream, buffer, parse)
}

/// The first frame of some bytes, none where it is empty, and how long it is; none at all while it is not whole.
type Parsed<F> = Option<(Option<F>, usize)>;

/// The next frame that is not empty, in either version.
pub fn next_by<F>(stream: &mut Stream, buffer: &mut Vec<u8>, parse: fn(&[u8]) -> Parsed<F>) -> io::Result<F> {
    loop {
        let (frame, length) = read_until(stream, buffer, |received| Ok(parse(received)))?;
        buffer.drain(..length.min(buffer.len()));
        if let Some(frame) = frame {
            return Ok(frame);
        }
    }
}

/// The first frame, none where it is a heartbeat, and how long it is; once it is whole, or can be none.
pub fn parse(received: &[u8]) -> Option<(Option<Frame>, usize)> {
    let foreign = Some((Some(Frame::Foreign), received.len()));
    match received.first()? {
        b'A' if received.iter().zip(b"AMQP").all(|(byte, expected)| byte == expected) => {
            let version = received.strip_prefix(b"AMQP")?.first_chunk()?;
            return Some((Some(Frame::Header(*version)), 8));
        }
        &METHOD | &HEARTBEAT => {}
        _ => return foreign,
    }
    let mut fields = Reader::new(received);
    let (kind, channel, size) = (fields.byte()?, fields.be(2)?, fields.be(4)? as usize);
    if channel != 0 || size > PAYLOAD_LIMIT {
        return foreign;
    }
    let payload = fields.take(size)?;
    if fields.byte()? != END {
        return foreign;
    }
    let length = size + 8;
    if kind == HEARTBEAT {
        return Some((None, length));
    }
    let mut fields = Reader::new(payload);
    let (Some(class), Some(method)) = (fields.array(), fields.array()) else { return foreign };
    let id = (u16::from_be_bytes(class), u16::from_be_bytes(method));
    Some((Some(Frame::Method { id, arguments: fields.rest().to_vec() }), length))
}

/// A method of the connection as a frame.
pub fn method(id: Id, arguments: &[u8]) -> Vec<u8> {
    let mut frame = vec![METHOD, 0, 0];
    frame.extend_from_slice(&(arguments.len() as u32 + 4).to_be_bytes());
    frame.extend_from_slice(&id.0.to_be_bytes());
    frame.extend_from_slice(&id.1.to_be_bytes());
    frame.extend_from_slice(arguments);
    frame.push(END);
    frame
}

/// A string with its length in one byte; what is longer than 255 bytes is cut.
pub fn short_string(text: &[u8]) -> Vec<u8> {
    let text = text.get(..255).unwrap_or(text);
    [&[text.len() as u8], text].concat()
}

/// A string, or a table, with its length in four bytes.
pub fn long_string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes(), text].concat()
}

/// A string with its length in one byte.
pub fn read_short_string<'a>(fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = fields.byte()?;
    fields.take(length.into())
}

/// A string, or a table, with its length in four bytes.
pub fn read_long_string<'a>(fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = fields.be(4)?;
    fields.take(length as usize)
}

/// The string of this name in a table.
///
/// The types are those that brokers send, which differ from the specification's:
/// <https://www.rabbitmq.com/amqp-0-9-1-errata#section_3>.
pub fn string_of<'a>(table: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut fields = Reader::new(table);
    loop {
        let found = read_short_string(&mut fields)? == name;
        match fields.byte()? {
            b'S' if found => return read_long_string(&mut fields),
            b'S' | b'A' | b'F' | b'x' => read_long_string(&mut fields)?,
            b't' | b'b' | b'B' => fields.take(1)?,
            b's' | b'u' => fields.take(2)?,
            b'I' | b'i' | b'f' => fields.take(4)?,
            b'D' => fields.take(5)?,
            b'l' | b'd' | b'T' => fields.take(8)?,
            b'V' => &[],
            _ => return None,
        };
    }
}
