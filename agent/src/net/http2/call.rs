//! The exchange of one call (RFC 9113 §3.4, §8.1).

use std::io::{Read, Result, Write};

use super::frame::{self, Frame};
use super::hpack::{self, Decoder};
use crate::net::{OwnLimit, ProtocolError, Stream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// No dynamic table for headers (0x1 = 0), no pushed streams (0x2 = 0).
const OUR_SETTINGS: [u8; 12] = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];

const STREAM: u32 = 1;

/// A whole block of headers, over all its frames.
const BLOCK_LIMIT: usize = 256 * 1024;

/// How much data a peer may send, before it is allowed more, which it is not (§6.9.2).
const WINDOW: usize = 65_535;

/// `CANCEL` (§7): the rest is of no interest.
const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// What is asked.
pub struct Request<'a> {
    pub headers: &'a [(&'a str, &'a str)],
    /// Without any the call ends with its headers.
    pub data: Option<&'a [u8]>,
}

/// What came back of a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// `:status`
    pub status: Option<Vec<u8>>,
    pub data: Vec<u8>,
    /// The error code with which the peer ended the call before it had answered.
    pub broken_off: Option<u32>,
    /// Whether there is more data than the peer was allowed to send.
    pub is_cut: bool,
    /// What is wrong with it, as the end of a sentence, though it is understood: a stricter client takes no such answer.
    pub flaw: Option<&'static str>,
}

/// Sends the request and reads until the call is over, or `enough` has come of it: `note` hears every field of headers
/// and trailers.
pub fn call(
    stream: &mut Stream,
    request: &Request,
    note: &mut dyn FnMut(&[u8], &[u8]),
    enough: &mut dyn FnMut(&Answer) -> bool,
) -> Result<Answer> {
    let mut bytes = PREFACE.to_vec();
    frame::add(&mut bytes, frame::SETTINGS, 0, 0, &OUR_SETTINGS);
    let end = if request.data.is_none() { frame::END_STREAM } else { 0 };
    let headers = hpack::encode(request.headers);
    frame::add(&mut bytes, frame::HEADERS, frame::END_HEADERS | end, STREAM, &headers);
    if let Some(data) = request.data {
        // Sent without waiting for the peer's settings: its first window is never smaller than this (§6.9.2).
        frame::add(&mut bytes, frame::DATA, frame::END_STREAM, STREAM, data);
    }
    // A peer that refuses the connection says so and goes, perhaps before it has read all.
    let _ = stream.write_all(&bytes);
    let mut exchange =
        Exchange { answer: Answer::default(), decoder: Decoder::default(), window: WINDOW, ended: false };
    let first = Frame::read(stream)?;
    if first.kind != frame::SETTINGS || first.has(frame::ACK) {
        return Err(
            ProtocolError::because("answer is not HTTP/2: it does not begin with its settings").into()
        );
    }
    reply(stream, frame::SETTINGS, &[]);
    while !enough(&exchange.answer) && !exchange.over() {
        exchange.step(stream, note)?;
    }
    exchange.answer.is_cut = exchange.window == 0 && !exchange.ended;
    exchange.leave(stream);
    Ok(exchange.answer)
}

struct Exchange {
    answer: Answer,
    decoder: Decoder,
    /// What the peer may still send.
    window: usize,
    /// The peer has said all.
    ended: bool,
}

impl Exchange {
    fn over(&self) -> bool {
        self.ended || self.answer.broken_off.is_some() || self.window == 0
    }

    fn step(&mut self, peer: &mut (impl Read + Write), note: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let answer = &mut self.answer;
        let frame = Frame::read(peer)?;
        match frame.kind {
            frame::SETTINGS if !frame.has(frame::ACK) => reply(peer, frame::SETTINGS, &[]),
            frame::PING if !frame.has(frame::ACK) => reply(peer, frame::PING, &frame.payload),
            frame::GOAWAY if frame.number(0)? & 0x7fff_ffff < STREAM => {
                answer.broken_off = Some(frame.number(4)?);
            }
            frame::PUSH_PROMISE => {
                return Err(OwnLimit::because("a stream was pushed, which is not taken here").into());
            }
            frame::RST_STREAM if frame.stream == STREAM => answer.broken_off = Some(frame.number(0)?),
            frame::DATA if frame.stream == STREAM => {
                // Padding counts too.
                self.window = self.window.saturating_sub(frame.payload.len());
                answer.data.extend_from_slice(frame.content()?);
            }
            frame::HEADERS => {
                let block = block(peer, &frame)?;
                let mut field = |name: &[u8], value: &[u8]| {
                    if name.iter().any(u8::is_ascii_uppercase) {
                        answer.flaw = Some("a name of a header is in upper case");
                    }
                    if name == b":status" {
                        answer.status = Some(value.to_vec());
                    }
                    note(name, value);
                };
                self.decoder
                    .decode(&block, &mut field)
                    .ok_or_else(|| ProtocolError::because("headers are malformed"))?;
            }
            frame::CONTINUATION => {
                return Err(ProtocolError::because("headers are continued that had not begun").into());
            }
            frame::WINDOW_UPDATE if frame.number(0)? & 0x7fff_ffff == 0 => {
                answer.flaw = Some("a window is opened by nothing");
            }
            // PRIORITY, a GOAWAY that lets our call finish, and frames of the future.
            _ => {}
        }
        let ends = matches!(frame.kind, frame::DATA | frame::HEADERS) && frame.has(frame::END_STREAM);
        self.ended |= ends && frame.stream == STREAM;
        Ok(())
    }

    /// Takes leave: the peer gets a moment to finish, since a call that is cancelled is an error to some.
    fn leave(&mut self, stream: &mut Stream) {
        let mut farewell = Vec::new();
        if !self.over() {
            stream.carrier().linger();
            while !self.over() && self.step(stream, &mut |_, _| {}).is_ok() {}
        }
        if !self.ended && self.answer.broken_off.is_none() {
            frame::add(&mut farewell, frame::RST_STREAM, 0, STREAM, &CANCEL);
        }
        // GOAWAY with NO_ERROR: we are leaving, nothing went wrong.
        frame::add(&mut farewell, frame::GOAWAY, 0, 0, &[0; 8]);
        let _ = stream.write_all(&farewell);
    }
}

/// The whole block that begins in a frame: nothing else may come in between (§6.10).
fn block(peer: &mut impl Read, begin: &Frame) -> Result<Vec<u8>> {
    let mut block = begin.content()?.to_vec();
    let mut complete = begin.has(frame::END_HEADERS);
    while !complete {
        let next = Frame::read(peer)?;
        if next.kind != frame::CONTINUATION || next.stream != begin.stream {
            return Err(ProtocolError::because("headers are cut short").into());
        }
        block.extend_from_slice(&next.payload);
        complete = next.has(frame::END_HEADERS);
        if block.len() > BLOCK_LIMIT {
            return Err(OwnLimit::because(format!("headers are longer than {BLOCK_LIMIT} bytes")).into());
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
