//! Frames and fields of AMQP 0-9-1: section 2.3.5 and 4.2 of the specification.

use std::io;

use crate::net::{Stream, read_until};

/// More than any broker says of itself at the start.
const PAYLOAD_LIMIT: usize = 16 * 1024;

const METHOD: u8 = 1;
const HEARTBEAT: u8 = 8;
const END: u8 = 0xce;

/// What a broker sends: a method of the connection, or the header of the protocol that it would rather speak.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
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
pub fn next(stream: &mut Stream, buffer: &mut Vec<u8>) -> io::Result<Said> {
    loop {
        let (said, length) = read_until(stream, buffer, |heard| Ok(parse(heard)))?;
        buffer.drain(..length.min(buffer.len()));
        if let Some(said) = said {
            return Ok(said);
        }
    }
}

/// The first frame, none where it is a heartbeat, and how long it is; once it is whole, or can be none.
pub fn parse(heard: &[u8]) -> Option<(Option<Said>, usize)> {
    let foreign = Some((Some(Said::Foreign), heard.len()));
    match heard.first()? {
        b'A' if heard.iter().zip(b"AMQP").all(|(byte, expected)| byte == expected) => {
            let version = heard.strip_prefix(b"AMQP")?.first_chunk()?;
            return Some((Some(Said::Header(*version)), 8));
        }
        &METHOD | &HEARTBEAT => {}
        _ => return foreign,
    }
    let mut fields = Fields(heard);
    let (kind, channel, size) = (fields.byte()?, fields.short()?, fields.long()? as usize);
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
    let mut fields = Fields(payload);
    let (Some(class), Some(method)) = (fields.short(), fields.short()) else { return foreign };
    Some((Some(Said::Method { id: (class, method), arguments: fields.0.to_vec() }), length))
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

/// Fields that are read one after the other; none once they are at their end.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub fn short(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub fn long(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub fn short_string(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(length.into())
    }

    pub fn long_string(&mut self) -> Option<&'a [u8]> {
        let length = self.long()?;
        self.take(length as usize)
    }

    /// The string of this name in a table of which these are the fields.
    ///
    /// The types are those that brokers send, which differ from the specification's:
    /// <https://www.rabbitmq.com/amqp-0-9-1-errata#section_3>.
    pub fn string_of(mut self, name: &[u8]) -> Option<&'a [u8]> {
        loop {
            let found = self.short_string()? == name;
            match self.byte()? {
                b'S' if found => return self.long_string(),
                b'S' | b'A' | b'F' | b'x' => self.long_string()?,
                b't' | b'b' | b'B' => self.take(1)?,
                b's' | b'u' => self.take(2)?,
                b'I' | b'i' | b'f' => self.take(4)?,
                b'D' => self.take(5)?,
                b'l' | b'd' | b'T' => self.take(8)?,
                b'V' => &[],
                _ => return None,
            };
        }
    }
}
