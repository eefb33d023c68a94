//! Messages: a letter, a length that counts itself, a body.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::io::{self, Write};

use crate::check::{Cause, Outcome};
use crate::net::tls::server_end_point;
use crate::net::{Conversation, Failure, ProtocolError, Redaction, Stream, quote, read_until};

/// The longest message that is read: errors quote queries, and rows may be as long.
pub const LONGEST: usize = 16 * 1024;

/// The longest error of a server that does not speak version 3 to us.
const LONGEST_ANCIENT: usize = 1024;

/// An error that the server reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// SQLSTATE, empty where the server could not say.
    pub code: String,
    /// Safe to repeat, and empty where it may hold the password.
    pub message: String,
}

/// Why a conversation is over.
#[derive(Debug)]
pub enum Error {
    Failure(Failure),
    Server(ServerError),
}

impl<F: Into<Failure>> From<F> for Error {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}

/// How far the conversation is, which says what the server may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Login,
    Inside,
    Query,
}

/// One message of the server.
pub struct Message {
    pub kind: u8,
    pub body: Vec<u8>,
}

/// A connection as messages.
pub struct Wire<'a> {
    pub conversation: &'a Conversation<'a>,
    stream: Stream,
    buffer: Vec<u8>,
    pub phase: Phase,
}

impl<'a> Wire<'a> {
    pub fn new(conversation: &'a Conversation<'a>, stream: Stream) -> Self {
        Self { conversation, stream, buffer: Vec::new(), phase: Phase::Login }
    }

    /// What binds a login to the connection, if it is over TLS.
    pub fn server_end_point(&self) -> Option<Vec<u8>> {
        server_end_point(self.stream.session()?)
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next message that is no notice; an error ends the conversation.
    pub fn next(&mut self) -> Result<Message, Error> {
        loop {
            let phase = self.phase;
            let frame = read_until(&mut self.stream, &mut self.buffer, |bytes| frame(bytes, phase));
            let (kind, body) = match frame? {
                Frame::Message(kind, end) => (kind, self.take(end).split_off(5)),
                Frame::Ancient(end) => {
                    let error = ancient(&self.take(end));
                    return Err(Error::Server(self.redacted(error)));
                }
                Frame::TooLong => {
                    let reason = format!("query gave a row of more than {LONGEST} bytes");
                    return Err(Outcome::alive(Cause::Unhealthy, reason).into());
                }
            };
            match kind {
                b'E' => {
                    let error = error(&body).ok_or_else(foreign)?;
                    return Err(Error::Server(self.redacted(error)));
                }
                b'N' => {}
                _ => return Ok(Message { kind, body }),
            }
        }
    }

    /// Ends the connection as its phase wants it: a Terminate before the login is over would be an error in the log.
    pub fn end(mut self) {
        if self.conversation.deadline().remaining().is_err() {
            return;
        }
        if self.phase == Phase::Login {
            return self.stream.shutdown();
        }
        let _ = self.stream.write_all(&message(b'X', b""));
        self.stream.drain();
    }

    fn take(&mut self, end: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(end);
        std::mem::replace(&mut self.buffer, rest)
    }

    fn redacted(&self, mut error: ServerError) -> ServerError {
        if self.conversation.redaction() == Redaction::Full {
            error.message.clear();
        }
        error
    }
}

/// A message of ours.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

/// What the beginning of the bytes is, with the number of bytes that it takes.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Message(u8, usize),
    /// An error as in version 2, which a server that cannot fork sends to this day: text, a line end, a zero.
    Ancient(usize),
    TooLong,
}

/// The first frame, none while it is not all there; an error for what can never become one.
pub fn frame(bytes: &[u8], phase: Phase) -> io::Result<Option<Frame>> {
    let kinds: &[u8] = match phase {
        Phase::Login => b"RENv",
        Phase::Inside => b"SKZENA",
        Phase::Query => b"TDCIZENSAGHW",
    };
    let Some((&kind, rest)) = bytes.split_first() else { return Ok(None) };
    if !kinds.contains(&kind) {
        return Err(foreign().into());
    }
    let Some(&length) = rest.first_chunk() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    match length {
        4..=LONGEST => Ok((rest.len() >= length).then_some(Frame::Message(kind, length + 1))),
        _ if kind == b'E' && phase == Phase::Login => ancient_end(bytes),
        _ if kind == b'D' && length > LONGEST => Ok(Some(Frame::TooLong)),
        _ => Err(foreign().into()),
    }
}

fn ancient_end(bytes: &[u8]) -> io::Result<Option<Frame>> {
    let end = bytes.iter().position(|&byte| byte == 0);
    let text = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    let odd = |&byte: &u8| byte.is_ascii_control() && byte != b'\n' && byte != b'\t';
    if text.len() > LONGEST_ANCIENT || text.iter().any(odd) || (end.is_some() && !text.ends_with(b"\n")) {
        return Err(foreign().into());
    }
    Ok(end.map(|end| Frame::Ancient(end + 1)))
}

fn ancient(bytes: &[u8]) -> ServerError {
    let text: Vec<u8> = bytes.iter().skip(1).take_while(|&&byte| byte != b'\n').copied().collect();
    ServerError { code: String::new(), message: quote(&text) }
}

/// The fields of an ErrorResponse, each a letter and a text that ends with a zero; one more zero ends them all.
pub fn error(body: &[u8]) -> Option<ServerError> {
    let fields = body.strip_suffix(&[0, 0])?.split(|&byte| byte == 0);
    let (mut code, mut message) = (None, None);
    for field in fields {
        match field.split_first()? {
            (b'C', text) => code = Some(text),
            (b'M', text) => message = Some(quote(text)),
            _ => {}
        }
    }
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let code = code.filter(|code| code.len() == 5 && code.iter().all(plain))?;
    Some(ServerError { code: String::from_utf8_lossy(code).into_owned(), message: message? })
}

/// The texts of a body, each with a zero behind it.
pub fn texts(body: &[u8]) -> Option<Vec<&[u8]>> {
    Some(body.strip_suffix(&[0])?.split(|&byte| byte == 0).collect())
}

/// What no PostgreSQL would answer.
pub fn foreign() -> ProtocolError {
    ProtocolError::not_of("PostgreSQL")
}
