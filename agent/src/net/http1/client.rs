//! Several small requests to one server, over one connection where it lets us.

use std::io::{Error, ErrorKind, Write};

use super::body::{BODY_LIMIT, Body, Framing};
use super::head::{HEAD_LIMIT, LIMIT, read_head, request};
use crate::check::Outcome;
use crate::net::{Conversation, Failure, Stream, read_until};
use crate::version::USER_AGENT;

/// A response with as much of its body as is looked at.
pub struct Answer {
    pub status: u16,
    /// `status 503 Service Unavailable`.
    pub text: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether it is the one of a TLS port to a request in the clear, as Go and nginx give it.
    pub fn expects_tls(&self) -> bool {
        let said = |words: &[u8]| self.body.windows(words.len()).any(|window| window == words);
        self.status == 400 && (said(b"to an HTTPS server") || said(b"sent to HTTPS port"))
    }
}

/// The requests of one conversation.
pub struct Client<'a> {
    conversation: &'a Conversation<'a>,
    /// Whole lines, sent with every request.
    headers: String,
    open: Option<Stream>,
}

impl<'a> Client<'a> {
    pub fn new(conversation: &'a Conversation<'a>, headers: String) -> Self {
        Self { conversation, headers, open: None }
    }

    /// The answer to a GET; after the last one the server closes first.
    pub fn get(&mut self, path: &str, last: bool) -> Result<Answer, Failure> {
        let mut stream = match self.open.take() {
            Some(mut stream) => {
                stream.carrier().allow(HEAD_LIMIT + BODY_LIMIT);
                stream
            }
            None => self.conversation.open(LIMIT)?,
        };
        let connection = if last { "Connection: close\r\n" } else { "" };
        let own = format!("User-Agent: {USER_AGENT}\r\nAccept: */*\r\n");
        let headers = format!("{own}{}{connection}", self.headers);
        let request = request("GET", path, &self.conversation.endpoint().authority(), &headers);
        // A server that refuses early may answer and close without reading: its answer counts.
        let _ = stream.write_all(request.as_bytes());
        let mut buffer = Vec::new();
        let head = match read_head(&mut stream, &mut buffer, self.conversation.redaction()) {
            Ok(head) => head,
            Err(error) => return Err(self.silence(error, buffer.is_empty())),
        };
        let framing = head.framing(false);
        let mut body = Body::new(framing);
        match read_until(&mut stream, &mut buffer, |raw| body.read(raw).map(|over| over.then_some(()))) {
            // The end of the connection is the end of the body, or cuts it short: either way there is no more.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
            result => result?,
        }
        if !last && head.keeps && framing == Framing::Length(buffer.len()) {
            self.open = Some(stream);
        } else {
            stream.drain();
        }
        Ok(Answer { status: head.status, text: head.text(), body: body.into_bytes() })
    }

    /// What an error in place of an answer means: one that expects TLS mostly just closes.
    fn silence(&self, error: Error, mute: bool) -> Failure {
        let closed = matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset);
        if !mute || !closed || self.conversation.endpoint().secure() {
            return error.into();
        }
        let outcome = self.conversation.outcome(error.into());
        let reason = format!("{}: if the server expects TLS, add tls", outcome.reason);
        Outcome { reason, ..outcome }.into()
    }
}

impl Drop for Client<'_> {
    /// After an answer that left nothing more to ask.
    fn drop(&mut self) {
        if let Some(stream) = self.open.take() {
            stream.shutdown();
        }
    }
}
