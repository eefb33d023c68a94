//! Frames of the stream protocol, one connection of them, and the types in them.

use std::io::{self, Write};

use super::code::judge;
use crate::net::codec::reader::Reader;
use crate::net::{Conversation, Failure, ProtocolError, Stream, read_until};

/// The longest frame that is read: a broker says little of itself and of one stream.
const LONGEST: usize = 16 * 1024;
const LIMIT: usize = 4 * LONGEST;

const VERSION: [u8; 2] = [0, 1];
const IS_RESPONSE: u16 = 0x8000;
const CORRELATION: [u8; 4] = [0, 0, 0, 1];

pub const CLOSE: u16 = 0x16;
const METADATA_UPDATE: u16 = 0x10;
const HEARTBEAT: u16 = 0x17;

pub struct Wire<'a> {
    conversation: &'a Conversation<'a>,
    stream: Stream,
    received: Vec<u8>,
}

impl<'a> Wire<'a> {
    pub fn open(conversation: &'a Conversation<'a>) -> Result<Self, Failure> {
        Ok(Self { conversation, stream: conversation.open(LIMIT)?, received: Vec::new() })
    }

    pub fn note_secret(&self) {
        self.conversation.note_secret();
    }

    /// The answer to a request, from behind its correlation on.
    pub fn ask(&mut self, key: u16, content: &[u8]) -> Result<Vec<u8>, Failure> {
        self.tell(key, &[&CORRELATION[..], content].concat());
        let answer = self.next(key | IS_RESPONSE)?;
        match answer.split_first_chunk() {
            Some((&CORRELATION, answer)) => Ok(answer.to_vec()),
            _ => Err(foreign().into()),
        }
    }

    /// Sends a command. A broker that refuses says so and closes without reading: its words tell.
    pub fn tell(&mut self, key: u16, content: &[u8]) {
        let frame = [&key.to_be_bytes()[..], &VERSION, content].concat();
        let _ = self.stream.write_all(&[&(frame.len() as u32).to_be_bytes()[..], &frame].concat());
    }

    /// The next frame of this key, from behind its version on.
    pub fn next(&mut self, wanted: u16) -> Result<Vec<u8>, Failure> {
        loop {
            let (key, frame) = read_until(&mut self.stream, &mut self.received, parse)?;
            self.received.drain(..frame.len() + 8);
            match key {
                _ if key == wanted => return Ok(frame),
                HEARTBEAT | METADATA_UPDATE => {}
                // Its code follows the correlation.
                CLOSE => {
                    let code = frame.get(4..6).map_or(0, |code| u16::from_be_bytes([code[0], code[1]]));
                    judge(code)?;
                    return Err(foreign().into());
                }
                _ => return Err(foreign().into()),
            }
        }
    }

    pub fn end(self) {
        self.stream.shutdown();
    }
}

/// The first frame, its key and what follows its version, once it is whole.
pub fn parse(received: &[u8]) -> io::Result<Option<(u16, Vec<u8>)>> {
    let mut fields = Reader::new(received);
    let Some(size) = fields.be(4) else {
        // What does not begin as one never becomes one, however long it is waited for.
        return if received.first().is_some_and(|first| *first != 0) {
            Err(foreign().into())
        } else {
            Ok(None)
        };
    };
    if !(4..=LONGEST as u64).contains(&size) {
        return Err(foreign().into());
    }
    let Some(mut frame) = fields.take(size as usize).map(Reader::new) else { return Ok(None) };
    let key = frame.array().map(u16::from_be_bytes);
    match (key, frame.array()) {
        (Some(key), Some(VERSION)) => Ok(Some((key, frame.rest().to_vec()))),
        _ => Err(foreign().into()),
    }
}

/// A string with its length in two bytes; none of ours is longer than it may be.
pub fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

/// Bytes with their length in four.
pub fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// A string, in which null is an empty one.
pub fn read_string<'a>(fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    match fields.be(2)? {
        0xffff => Some(&[]),
        length => fields.take(length as usize),
    }
}

/// What is not the protocol.
pub fn foreign() -> ProtocolError {
    ProtocolError::not_of("RabbitMQ streams")
}
