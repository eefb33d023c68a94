//! `ws://` and `wss://`: a WebSocket opens and, if the check says so, a message is answered (RFC 6455).
//!
//! An answer in HTTP that opens none is judged as that of any request (docs/decisions/0038), but that a page or a redirect is
//! no failure: the path is a page's, and no restart makes it another.

mod frame;
mod messages;
#[cfg(test)]
mod tests;

use std::io::Write;

use regex_lite::Regex;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use self::messages::Messages;
use super::expect::{WINDOW, first_line, latin1, pattern, unescape};
use super::http::{Field, HttpExpectation, HttpRequest};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::codec::base64;
use crate::net::http1::{Head, LIMIT, read_head, request};
use crate::net::{Conversation, Endpoint, Failure, ProtocolError, Redaction, Stream};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "ws",
    summary: "A WebSocket opens and, with send or expect, a message comes that matches",
    target: Target::Address { port: Some(80) },
    credentials: true,
    path: PathRule::Optional,
    options: &[
        ("alive", OptionType::Status),
        ("allow-cleartext", OptionType::Flag),
        ("expect", OptionType::Pattern),
        ("header-file.NAME", OptionType::File),
        ("header.NAME", OptionType::Header),
        ("host-header", OptionType::Text),
        ("send", OptionType::Text),
        ("socket", OptionType::File),
        ("token", OptionType::Secret),
        ("token-file", OptionType::File),
    ],
    ..Scheme::BARE
};

pub const SCHEME_TLS: Scheme = Scheme {
    scheme: "wss",
    summary: "As ws, over TLS; the certificate is verified when ca is given",
    target: Target::Address { port: Some(443) },
    tls: TlsRule::Always,
    ..SCHEME
};

/// What the key is hashed with: a server that knows it knows the protocol.
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A check of one resource.
pub struct WebSocket {
    endpoint: Endpoint,
    request: HttpRequest,
    expectation: HttpExpectation,
    send: Option<Vec<u8>>,
    expect: Option<Regex>,
}

impl WebSocket {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = if url.scheme == "wss" { Endpoint::over_tls(url)? } else { Endpoint::from_url(url)? };
        let mut handshake = url.clone();
        // It goes after the handshake, which is a GET.
        handshake.options.retain(|(name, _)| name != "send");
        Ok(Self {
            request: HttpRequest::from_url(&handshake, &endpoint)?,
            endpoint,
            expectation: HttpExpectation::from_url(url)?,
            send: url.option("send").map(unescape),
            expect: pattern(url, "expect")?,
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let fields = self.request.fields(conversation)?;
        let key = base64::encode(&frame::random::<16>()?);
        let mut stream = conversation.open(LIMIT)?;
        let lines: String =
            fields.list.iter().map(|Field { name, value, .. }| format!("{name}: {value}\r\n")).collect();
        let upgrade = format!(
            "{lines}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        );
        let resource = &self.request.resource;
        // A server that refuses early may answer and close without reading: its answer counts.
        let _ = stream.write_all(
            request(&self.request.method, &resource.path, &resource.authority, &upgrade).as_bytes(),
        );
        let mut buffer = Vec::new();
        let head = read_head(&mut stream, &mut buffer, conversation.redaction())?;
        if head.status != 101 {
            stream.shutdown();
            return Ok(fields.judge(self.refusal(&head)));
        }
        if head.websocket_accept.as_deref() != Some(accept(&key).as_bytes()) {
            let reason = "status 101 without the Sec-WebSocket-Accept that belongs to the key";
            return Err(ProtocolError::because(reason).into());
        }
        conversation.alive("the WebSocket opened");
        let mut messages = Messages::new(&buffer, &mut stream);
        let result = self.talk(conversation, &mut messages, &head);
        // What there is to know is known by now, whether or not the server reads the goodbye.
        let _ = messages.close();
        stream.drain();
        result
    }

    /// The outcome of an answer that opens no WebSocket.
    fn refusal(&self, head: &Head) -> Outcome {
        match head.status {
            // A page, the way to one, or another version of the protocol than there is.
            200..=399 | 426 => {
                let reason = format!("{}, expected 101 Switching Protocols", head.text());
                Outcome::alive(Cause::Protocol, reason)
            }
            status => self.expectation.refusal(&self.endpoint, status, b"", head.text()),
        }
    }

    fn talk(
        &self,
        conversation: &Conversation,
        messages: &mut Messages<&mut Stream>,
        head: &Head,
    ) -> Result<Outcome, Failure> {
        if let Some(text) = &self.send {
            messages.send(text)?;
        }
        if self.send.is_none() && self.expect.is_none() {
            return Ok(Outcome::pass(head.text()));
        }
        let redaction = conversation.redaction();
        let mut other: Option<String> = None;
        loop {
            let message = match messages.receive() {
                Ok(message) => message,
                Err(failure) => {
                    return Err(match (conversation.outcome(failure), other) {
                        (Outcome { cause: Some(Cause::Timeout), .. }, Some(line)) => {
                            let reason = format!("timed out, no message matches so far: {line}");
                            Outcome::alive(Cause::Timeout, reason)
                        }
                        (outcome, _) => outcome,
                    }
                    .into());
                }
            };
            let said: String = latin1(&message).take(WINDOW).collect();
            if self.expect.as_ref().is_none_or(|pattern| pattern.is_match(&said)) {
                let line = if redaction == Redaction::None { first_line(&said) } else { String::new() };
                return Ok(Outcome::pass(if line.is_empty() { "a message came".into() } else { line }));
            }
            other = Some(redaction.value(&message));
        }
    }
}

impl Check for WebSocket {
    /// Pass on an upgrade and, if one is expected, on a message that matches.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// What a server answers to a key.
fn accept(key: &str) -> String {
    base64::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key.as_bytes(), SUFFIX].concat()).as_ref())
}
