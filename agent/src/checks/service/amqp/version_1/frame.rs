//! Frames of AMQP 1.0: part 2.3 of the specification.

use std::io;

use super::super::wire::next_by;
use super::value::{NULL, binary, list, string, symbol};
use crate::net::Stream;
use crate::net::codec::reader::Reader;

/// The longest frame that is read, and the broker is told so in the open frame.
const LONGEST: u32 = 16 * 1024;

pub const OPEN: u8 = 0x10;
pub const CLOSE: u8 = 0x18;

const SASL: u8 = 1;
const DESCRIBED: u8 = 0x00;

/// What a broker sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Header([u8; 8]),
    /// Its code, and its fields: a list.
    Performative(u8, Vec<u8>),
    /// Anything else.
    Foreign,
}

/// What the broker says next; what follows it stays in the buffer.
pub fn next(stream: &mut Stream, buffer: &mut Vec<u8>) -> io::Result<Frame> {
    next_by(stream, buffer, parse)
}

/// The first frame, none where it is empty, and how long it is; once it is whole, or can be none.
pub fn parse(received: &[u8]) -> Option<(Option<Frame>, usize)> {
    let foreign = Some((Some(Frame::Foreign), received.len()));
    match received.first()? {
        b'A' if received.iter().zip(b"AMQP").all(|(byte, expected)| byte == expected) => {
            return Some((Some(Frame::Header(*received.first_chunk()?)), 8));
        }
        0 => {}
        _ => return foreign,
    }
    let mut fields = Reader::new(received);
    let size = u32::from_be_bytes(fields.array()?);
    if !(8..=LONGEST).contains(&size) {
        return foreign;
    }
    let [offset, kind, channel @ ..]: [u8; 4] = fields.array()?;
    let body = usize::from(offset) * 4;
    if kind > SASL || (kind == 0 && channel != [0, 0]) || !(8..=size as usize).contains(&body) {
        return foreign;
    }
    let frame = received.get(..size as usize)?;
    let length = frame.len();
    match frame.get(body..) {
        // It only says that the broker is there.
        Some([]) => Some((None, length)),
        // The number of the performative, in one byte or in eight.
        Some(
            [DESCRIBED, 0x53, code, fields @ ..] | [DESCRIBED, 0x80, 0, 0, 0, 0, 0, 0, 0, code, fields @ ..],
        ) => Some((Some(Frame::Performative(*code, fields.to_vec())), length)),
        _ => foreign,
    }
}

fn frame(kind: u8, code: u8, fields: &[Vec<u8>]) -> Vec<u8> {
    let body = [&[DESCRIBED, 0x53, code][..], &list(fields)].concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], &[2, kind, 0, 0], &body].concat()
}

pub fn sasl_init(mechanism: &[u8], response: &[u8], hostname: &str) -> Vec<u8> {
    frame(SASL, 0x41, &[symbol(mechanism), binary(response), optional(hostname)])
}

pub fn open(hostname: &str) -> Vec<u8> {
    let frame_size = [&[0x70][..], &LONGEST.to_be_bytes()].concat();
    frame(0, OPEN, &[string("health-probe"), optional(hostname), frame_size])
}

pub fn close() -> Vec<u8> {
    frame(0, CLOSE, &[])
}

fn optional(text: &str) -> Vec<u8> {
    if text.is_empty() { vec![NULL] } else { string(text) }
}
