//! One connection: envelopes as they are, or, in version 5 once STARTUP was answered, in frames.

use std::io::{self, Write};

use super::envelope::{AUTHENTICATE, ERROR, Envelope, LONGEST, READY, foreign, parse, request};
use super::error::Refusal;
use super::frame::{damaged, frame_length, frames, payload_of};
use crate::net::{Conversation, Failure, Redaction, Stream, read_until};

/// OPTIONS, a login of a few rounds, and a query.
const LIMIT: usize = 2 * LONGEST;

pub struct Wire<'a> {
    conversation: &'a Conversation<'a>,
    stream: Stream,
    version: u8,
    framed: bool,
    received: Vec<u8>,
    /// What came in frames.
    unframed: Vec<u8>,
}

impl<'a> Wire<'a> {
    pub fn open(conversation: &'a Conversation<'a>, version: u8) -> Result<Self, Failure> {
        let stream = conversation.open(LIMIT)?;
        Ok(Self { conversation, stream, version, framed: false, received: vec![], unframed: vec![] })
    }

    pub fn version(&self) -> u8 {
        self.version
    }

    pub fn redaction(&self) -> Redaction {
        self.conversation.redaction()
    }

    pub fn note_secret(&self) {
        self.conversation.note_secret();
    }

    /// The answer to a request, whatever it is.
    pub fn ask(&mut self, opcode: u8, body: &[u8]) -> Result<Envelope, Failure> {
        let envelope = request(self.version, opcode, body);
        // A server that refuses says so and closes without reading: its words tell.
        let _ = if self.framed {
            frames(&envelope).try_for_each(|frame| self.stream.write_all(&frame))
        } else {
            self.stream.write_all(&envelope)
        };
        let answer = self.next()?;
        self.framed |= self.version >= 5 && matches!(answer.opcode, READY | AUTHENTICATE);
        Ok(answer)
    }

    /// The answer to a request that is no refusal.
    pub fn expect(&mut self, opcode: u8, body: &[u8]) -> Result<Envelope, Failure> {
        let answer = self.ask(opcode, body)?;
        if answer.version != self.version {
            return Err(foreign().into());
        }
        if answer.opcode == ERROR {
            let refusal = Refusal::read(&answer.body).ok_or_else(foreign)?;
            return Err(refusal.judge(self.redaction()).into());
        }
        Ok(answer)
    }

    pub fn end(self) {
        self.stream.shutdown();
    }

    fn next(&mut self) -> io::Result<Envelope> {
        let redaction = self.redaction();
        if !self.framed {
            let (answer, length) =
                read_until(&mut self.stream, &mut self.received, |received| parse(received, redaction))?;
            self.received.drain(..length);
            return Ok(answer);
        }
        loop {
            if let Some((answer, length)) = parse(&self.unframed, redaction)? {
                self.unframed.drain(..length);
                return Ok(answer);
            }
            let length = read_until(&mut self.stream, &mut self.received, frame_length)?;
            let frame: Vec<u8> = self.received.drain(..length).collect();
            self.unframed.extend_from_slice(payload_of(&frame).ok_or_else(damaged)?);
        }
    }
}
