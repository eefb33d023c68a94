//! HTTP/1.1 and HTTPS: one request, its status and its body (RFC 9110, RFC 9112).
//!
//! As the kubelet: no proxy, no redirect is followed (a 3xx passes as what it is), no certificate is verified unless a CA
//! is given.

mod body;
mod expectation;
mod intermediary;
mod request;
mod search;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write};

pub(in crate::checks) use self::body::End;
pub(in crate::checks) use self::expectation::HttpExpectation;
pub(in crate::checks) use self::intermediary::in_place_of_application;
pub(in crate::checks) use self::request::HttpRequest;
pub(in crate::checks) use self::search::Search;
use crate::check::{Check, Deadline, Outcome};
use crate::net::http1::{Body, Head, LIMIT, certificate_refusal, read_head, request};
use crate::net::{Conversation, Endpoint, Failure, Redaction, Stream, read_until};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "http",
    summary: "An HTTP/1.1 request is answered with an expected status",
    target: Target::Address { port: Some(80) },
    credentials: true,
    path: PathRule::Optional,
    options: &[
        ("alive", OptionType::Status),
        ("allow-cleartext", OptionType::Flag),
        ("body", OptionType::Text),
        ("body-pattern", OptionType::Pattern),
        ("header-file.NAME", OptionType::File),
        ("header.NAME", OptionType::Header),
        ("host-header", OptionType::Text),
        ("json.PATH", OptionType::Text),
        ("method", OptionType::Choice(&["GET", "HEAD", "POST", "PUT"])),
        ("not-body", OptionType::Text),
        ("not-body-pattern", OptionType::Pattern),
        ("not-json.PATH", OptionType::Text),
        ("send", OptionType::Text),
        ("socket", OptionType::File),
        ("status", OptionType::Status),
        ("token", OptionType::Secret),
        ("token-file", OptionType::File),
    ],
    ..Scheme::BARE
};

pub const SCHEME_TLS: Scheme = Scheme {
    scheme: "https",
    summary: "As http, over TLS; the certificate is verified when ca is given, as the kubelet does not",
    target: Target::Address { port: Some(443) },
    tls: TlsRule::Always,
    ..SCHEME
};

/// A check of one resource.
pub struct Http {
    endpoint: Endpoint,
    request: HttpRequest,
    expectation: HttpExpectation,
}

impl Http {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint =
            if url.scheme == "https" { Endpoint::over_tls(url)? } else { Endpoint::from_url(url)? };
        let request = HttpRequest::from_url(url, &endpoint)?;
        Ok(Self { endpoint, request, expectation: HttpExpectation::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let fields = self.request.fields(conversation)?;
        let mut stream = conversation.open(LIMIT)?;
        let HttpRequest { method, path, host, send, .. } = &self.request;
        let lines: String = fields.list.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = request(method, path, host, &format!("{lines}Connection: close\r\n"));
        let request = head + send.as_deref().unwrap_or_default();
        // A server that refuses early may answer and close without reading: its answer counts.
        let _ = stream.write_all(request.as_bytes());
        let outcome = self.answer(&mut stream, conversation.redaction())?;
        stream.drain();
        Ok(fields.judge(outcome))
    }

    fn answer(&self, stream: &mut Stream, redaction: Redaction) -> io::Result<Outcome> {
        let mut buffer = Vec::new();
        let head = read_head(stream, &mut buffer, redaction)?;
        if !self.expectation.statuses.hold(head.status) {
            return Ok(self.refusal(&head, stream, &mut buffer));
        }
        if self.expectation.body.is_empty() {
            return Ok(Outcome::pass(head.text()));
        }
        let mut search = Search::new(head.framing(self.request.wants_head_only()), &self.expectation.body);
        let end = match read_until(stream, &mut buffer, |bytes| Ok(search.look(bytes)?.then_some(()))) {
            // The end of the connection is the end of the body, or cuts it short: either way there is no more.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => search.end(true),
            result => result.map(|()| search.end(false))?,
        };
        Ok(search.judge(end, &head.text(), redaction))
    }

    /// The outcome of a status that is not expected.
    fn refusal(&self, head: &Head, stream: &mut Stream, buffer: &mut Vec<u8>) -> Outcome {
        let mut body = Body::new(head.framing(self.request.wants_head_only()));
        if head.status == 400 && self.endpoint.secure() && !self.endpoint.left_unanswered() {
            // As much of it as comes.
            let _ = read_until(stream, buffer, |bytes| body.read(bytes).map(|over| over.then_some(())));
        }
        certificate_refusal(&self.endpoint, head.status, body.bytes())
            .unwrap_or_else(|| self.expectation.refusal(head.status, head.text()))
    }
}

impl Check for Http {
    /// Pass on an expected status and, if something is expected of it, on the first 64 KiB of the body.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}
