//! Messages over an open WebSocket, out of frames; a ping in between is answered.

use std::io::{BufReader, Chain, Cursor, Read, Write};

use super::frame::{self, BINARY, CLOSE, CONTINUATION, Frame, LONGEST, PING, PONG, TEXT};
use crate::check::{Cause, Outcome};
use crate::net::{Failure, OwnLimit, ProtocolError};

/// The normal end (RFC 6455 §7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// How much is read of all messages, and the least that a frame counts as, so that empty ones come to an end too.
const MOST: usize = 1024 * 1024;
const LEAST: usize = 256;

/// The two directions of an open WebSocket.
pub struct Messages<S: Read> {
    /// What came with the head of the response, and what comes.
    reader: BufReader<Chain<Cursor<Vec<u8>>, S>>,
    left: usize,
}

impl<S: Read + Write> Messages<S> {
    /// After a handshake with which this came.
    pub fn new(begun: &[u8], stream: S) -> Self {
        Self { reader: BufReader::new(Cursor::new(begun.to_vec()).chain(stream)), left: MOST }
    }

    /// Sends a message: a text where it is one, else bytes.
    pub fn send(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.write(if str::from_utf8(message).is_ok() { TEXT } else { BINARY }, message)
    }

    /// Says goodbye.
    pub fn close(&mut self) -> Result<(), Failure> {
        self.write(CLOSE, &NORMAL_CLOSURE.to_be_bytes())
    }

    /// The next message.
    pub fn receive(&mut self) -> Result<Vec<u8>, Failure> {
        let mut message: Option<Vec<u8>> = None;
        loop {
            let frame = Frame::read(&mut self.reader)?;
            self.left = self.left.checked_sub(frame.payload.len().max(LEAST)).ok_or_else(|| {
                std::io::Error::from(OwnLimit::because(format!("no message matches in {MOST} bytes")))
            })?;
            match (frame.opcode, &mut message) {
                (PING, _) => self.write(PONG, &frame.payload)?,
                (PONG, _) => {}
                (CLOSE, _) => return Err(closed(&frame).into()),
                (TEXT | BINARY, None) if frame.is_final => return Ok(frame.payload),
                (TEXT | BINARY, None) => message = Some(frame.payload),
                (CONTINUATION, Some(begun)) if begun.len() + frame.payload.len() > LONGEST => {
                    return Err(frame::too_long().into());
                }
                (CONTINUATION, Some(begun)) => {
                    begun.extend_from_slice(&frame.payload);
                    if frame.is_final {
                        return Ok(message.unwrap_or_default());
                    }
                }
                _ => return Err(ProtocolError::not_of("WebSocket").into()),
            }
        }
    }

    fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Failure> {
        let stream = self.reader.get_mut().get_mut().1;
        stream.write_all(&frame::write(opcode, payload)?)?;
        Ok(stream.flush()?)
    }
}

/// An end that the server chose, which is no failure.
fn closed(frame: &Frame) -> Outcome {
    let code = frame.closing_code().map_or_else(String::new, |code| format!(" with code {code}"));
    Outcome::alive(Cause::Unhealthy, format!("the server closes the WebSocket{code}"))
}
