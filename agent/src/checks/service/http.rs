//! HTTP/1.1 and HTTPS: one request, its status and its body (RFC 9110, RFC 9112).
//!
//! As the kubelet: no proxy, no certificate is verified unless a CA is given. A redirect is followed only if the check says
//! so; else a 3xx passes as what it is.

mod body;
mod expectation;
mod intermediary;
mod journey;
mod redirect;
mod request;
mod search;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write};

pub(in crate::checks) use self::body::End;
pub(in crate::checks) use self::expectation::HttpExpectation;
pub(in crate::checks) use self::intermediary::in_place_of_application;
pub(in crate::checks) use self::journey::{Exchange, Journey, Reply};
pub(in crate::checks) use self::redirect::{Resource, is_redirect};
pub(in crate::checks) use self::request::{Field, HttpRequest};
pub(in crate::checks) use self::search::Search;
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::net::http1::{Body, LIMIT, page_tells_of_certificate, read_head, request};
use crate::net::{Conversation, Failure, Redaction, Stream, read_until};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target};

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
        ("follow", OptionType::Choice(&["same-host", "any-host"])),
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

/// A check of one resource.
pub struct Http {
    journey: Journey,
    expectation: HttpExpectation,
}

impl Http {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let journey = Journey::from_url(url, &[b"http/1.1"])?;
        Ok(Self { journey, expectation: HttpExpectation::from_url(url)? })
    }

    /// Whether the server refused the last handshake because it does not speak HTTP/1.1 over TLS.
    pub fn was_of_another_version(&self) -> bool {
        self.journey.endpoint().lacked_protocol()
    }

    fn ask(&self, conversation: &Conversation, asked: &Exchange) -> Result<Reply, Failure> {
        let mut stream = conversation.open_at(asked.endpoint, LIMIT)?;
        let lines: String =
            asked.fields.iter().map(|Field { name, value, .. }| format!("{name}: {value}\r\n")).collect();
        let Resource { authority, path, .. } = asked.resource;
        let head = request(asked.method, path, authority, &format!("{lines}Connection: close\r\n"));
        let request = head + asked.send.unwrap_or_default();
        // A server that refuses early may answer and close without reading: its answer counts.
        let _ = stream.write_all(request.as_bytes());
        let reply = self.answer(&mut stream, asked, conversation.redaction())?;
        stream.drain();
        Ok(reply)
    }

    fn answer(&self, stream: &mut Stream, asked: &Exchange, redaction: Redaction) -> io::Result<Reply> {
        let mut buffer = Vec::new();
        let head = read_head(stream, &mut buffer, redaction)?;
        if self.journey.follows()
            && is_redirect(head.status)
            && let Some(location) = head.location
        {
            return Ok(Reply::Redirect(head.status, location));
        }
        let framing = head.framing(asked.method == "HEAD");
        let outcome = match self.expectation.statuses.hold(head.status) {
            false => {
                let mut page = Body::new(framing);
                if page_tells_of_certificate(asked.endpoint, head.status) {
                    // As much of it as comes.
                    let _ = read_until(stream, &mut buffer, |bytes| {
                        page.read(bytes).map(|over| over.then_some(()))
                    });
                }
                self.expectation.refusal(asked.endpoint, head.status, page.bytes(), head.text())
            }
            true if self.expectation.body.is_empty() => Outcome::pass(head.text()),
            true => {
                let mut search = Search::new(framing, &self.expectation.body);
                let end = match read_until(stream, &mut buffer, |bytes| Ok(search.look(bytes)?.then_some(())))
                {
                    // The end of the connection is the end of the body, or cuts it short: either way there is no more.
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => search.end(true),
                    result => result.map(|()| search.end(false))?,
                };
                search.judge(end, &head.text(), redaction)
            }
        };
        Ok(Reply::Outcome(match head.flaw {
            // The kubelet takes no such response; one that says by its status that it is not healthy is believed.
            Some(flaw) if outcome.verdict == Verdict::Pass => {
                Outcome::alive(Cause::Protocol, format!("{}, but {flaw}", head.text()))
            }
            _ => outcome,
        }))
    }
}

impl Check for Http {
    /// Pass on an expected status and, if something is expected of it, on the first 64 KiB of the body.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(self.journey.endpoint(), deadline, |conversation| {
            self.journey.make(conversation, &|asked| self.ask(conversation, asked))
        })
    }
}
