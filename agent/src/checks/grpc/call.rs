//! One unary call on a connection of its own (RFC 9113 §3.4, §8.1).

use std::io::{Read, Result, Write};

use super::frame::{self, Frame, invalid};
use super::hpack::{self, Decoder};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// No dynamic table for headers (0x1 = 0), no pushed streams (0x2 = 0).
const OUR_SETTINGS: [u8; 12] = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];

const STREAM: u32 = 1;

/// A whole block of headers, over all its frames.
const BLOCK_LIMIT: usize = 16 * 1024;

/// What came back of a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// `:status`, `grpc-status` and `grpc-message` of headers and trailers alike.
    pub http_status: Option<Vec<u8>>,
    pub status: Option<Vec<u8>>,
    pub message: Option<Vec<u8>>,
    pub data: Vec<u8>,
    /// The error code with which the peer ended the call before it had answered.
    pub broken_off: Option<u32>,
}

/// Sends the request and reads until the call is over.
pub fn call(peer: &mut (impl Read + Write), headers: &[(&str, &str)], data: &[u8]) -> Result<Answer> {
    let mut request = PREFACE.to_vec();
    frame::add(&mut request, frame::SETTINGS, 0, 0, &OUR_SETTINGS);
    frame::add(&mut request, frame::HEADERS, frame::END_HEADERS, STREAM, &hpack::encode(headers));
    // Sent without waiting for the peer's settings: its first window is never smaller than this (§6.9.2).
    frame::add(&mut request, frame::DATA, frame::END_STREAM, STREAM, data);
    // A peer that refuses the connection says so and goes, perhaps before it has read all.
    let _ = peer.write_all(&request);
    let answer = answer(peer)?;
    // GOAWAY with NO_ERROR: we are leaving, nothing went wrong.
    let mut farewell = Vec::new();
    frame::add(&mut farewell, frame::GOAWAY, 0, 0, &[0; 8]);
    let _ = peer.write_all(&farewell);
    Ok(answer)
}

fn answer(peer: &mut (impl Read + Write)) -> Result<Answer> {
    let mut answer = Answer::default();
    let mut decoder = Decoder::default();
    let mut first = true;
    loop {
        let frame = Frame::read(peer)?;
        if std::mem::take(&mut first) && (frame.kind != frame::SETTINGS || frame.has(frame::ACK)) {
            return Err(invalid("answer is not HTTP/2: it does not begin with its settings"));
        }
        match frame.kind {
            frame::SETTINGS if !frame.has(frame::ACK) => reply(peer, frame::SETTINGS, &[]),
            frame::PING if !frame.has(frame::ACK) => reply(peer, frame::PING, &frame.payload),
            frame::GOAWAY if frame.number(0)? & 0x7fff_ffff < STREAM => {
                answer.broken_off = Some(frame.number(4)?);
                return Ok(answer);
            }
            frame::PUSH_PROMISE => return Err(invalid("a stream was pushed, which was not allowed")),
            frame::RST_STREAM if frame.stream == STREAM => {
                answer.broken_off = Some(frame.number(0)?);
                return Ok(answer);
            }
            frame::DATA if frame.stream == STREAM => answer.data.extend_from_slice(frame.content()?),
            frame::HEADERS => {
                let block = block(peer, &frame)?;
                decoder
                    .decode(&block, &mut |name, value| answer.note(name, value))
                    .ok_or_else(|| invalid("headers are malformed"))?;
            }
            frame::CONTINUATION => return Err(invalid("headers are continued that had not begun")),
            // WINDOW_UPDATE, PRIORITY, a GOAWAY that lets our call finish, and frames of the future.
            _ => {}
        }
        let ends = matches!(frame.kind, frame::DATA | frame::HEADERS) && frame.has(frame::END_STREAM);
        if ends && frame.stream == STREAM {
            return Ok(answer);
        }
    }
}

impl Answer {
    fn note(&mut self, name: &[u8], value: &[u8]) {
        let field = match name {
            b":status" => &mut self.http_status,
            b"grpc-status" => &mut self.status,
            b"grpc-message" => &mut self.message,
            _ => return,
        };
        *field = Some(value.to_vec());
    }
}

/// The whole block that begins in a frame: nothing else may come in between (§6.10).
fn block(peer: &mut impl Read, begin: &Frame) -> Result<Vec<u8>> {
    let mut block = begin.content()?.to_vec();
    let mut complete = begin.has(frame::END_HEADERS);
    while !complete {
        let next = Frame::read(peer)?;
        if next.kind != frame::CONTINUATION || next.stream != begin.stream {
            return Err(invalid("headers are cut short"));
        }
        block.extend_from_slice(&next.payload);
        complete = next.has(frame::END_HEADERS);
        if block.len() > BLOCK_LIMIT {
            return Err(invalid("headers are longer than 16384 bytes"));
        }
    }
    Ok(block)
}

/// Acknowledges; a peer that has answered and gone needs no reply, and if it has not, reading will say so.
fn reply(peer: &mut impl Write, kind: u8, payload: &[u8]) {
    let mut bytes = Vec::new();
    frame::add(&mut bytes, kind, frame::ACK, 0, payload);
    let _ = peer.write_all(&bytes);
}
