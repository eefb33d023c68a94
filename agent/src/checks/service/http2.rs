//! HTTP/2: one request with prior knowledge (h2c), or over TLS where the peer agrees to it (ALPN).
//!
//! RFC 9113 §3.3. The `Upgrade` of HTTP/1.1 is not tried: it is deprecated, and a server that speaks both is asked by
//! `http`.

use std::io;

use super::http::{self, End, Exchange, HttpExpectation, Journey, Reply, Search, is_redirect};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::net::http1::{Framing, LIMIT, page_tells_of_certificate};
use crate::net::http2::{Answer, Request, broken_off, call, error_name};
use crate::net::{Conversation, Endpoint, Failure, ProtocolError, Redaction, Stream};
use crate::scheme::{CheckUrl, ParseError, Scheme, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "http2",
    summary: "As http, in HTTP/2: with prior knowledge, or with tls over TLS",
    tls: TlsRule::Optional,
    ..http::SCHEME
};

/// A check of one resource.
pub struct Http2 {
    journey: Journey,
    expectation: HttpExpectation,
}

impl Http2 {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { journey: Journey::from_url(url, &[b"h2"])?, expectation: HttpExpectation::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation, asked: &Exchange) -> Result<Reply, Failure> {
        let mut stream = conversation.open_at(asked.endpoint, LIMIT)?;
        if stream.session().is_some_and(|session| session.alpn_protocol() != Some(b"h2")) {
            stream.shutdown();
            return Err(ProtocolError::because("peer does not speak HTTP/2 over TLS (ALPN)").into());
        }
        let reply = self.exchange(&mut stream, asked, conversation.redaction())?;
        stream.shutdown();
        Ok(reply)
    }

    fn exchange(&self, stream: &mut Stream, asked: &Exchange, redaction: Redaction) -> io::Result<Reply> {
        // RFC 9113 §8.2.1.
        let names: Vec<_> = asked.fields.iter().map(|field| field.name.to_ascii_lowercase()).collect();
        let mut headers = vec![
            (":method", asked.method),
            (":scheme", if asked.resource.secure { "https" } else { "http" }),
            (":path", &asked.resource.path),
            (":authority", &asked.resource.authority),
        ];
        headers.extend(
            names.iter().zip(asked.fields).map(|(name, field)| (name.as_str(), field.value.as_str())),
        );
        let body = &self.expectation.body;
        let mut search = Search::new(Framing::Close, body);
        let enough = &mut |answer: &Answer| {
            let Some(status) = status(answer) else { return false };
            if self.journey.follows() && is_redirect(status) {
                return true;
            }
            if !self.expectation.statuses.hold(status) {
                return !page_tells_of_certificate(asked.endpoint, status);
            }
            // Nothing of a body that is not looked at is waited for.
            body.is_empty() || search.look(&answer.data).unwrap_or(true)
        };
        let request = Request { headers: &headers, data: asked.send.map(str::as_bytes) };
        let mut location = None;
        let note = &mut |name: &[u8], value: &[u8]| {
            if name == b"location" && !value.is_empty() {
                location = Some(value.to_vec());
            }
        };
        let answer = call(stream, &request, note, enough)?;
        match (status(&answer), location) {
            (Some(status), Some(location)) if self.journey.follows() && is_redirect(status) => {
                Ok(Reply::Redirect(status, location))
            }
            _ => Ok(Reply::Outcome(self.judge(&answer, asked.endpoint, &mut search, redaction))),
        }
    }

    fn judge(
        &self,
        answer: &Answer,
        endpoint: &Endpoint,
        search: &mut Search,
        redaction: Redaction,
    ) -> Outcome {
        let Some(status) = status(answer) else {
            return match answer.broken_off {
                Some(code) => broken_off("request", code),
                None => {
                    let said = redaction.value(answer.status.as_deref().unwrap_or_default());
                    Outcome::fail(Cause::Protocol, format!("status is {said}"))
                }
            };
        };
        let text = format!("status {status}");
        if !self.expectation.statuses.hold(status) {
            return self.expectation.refusal(endpoint, status, &answer.data, text);
        }
        if let Some(flaw) = answer.flaw {
            return Outcome::alive(Cause::Protocol, format!("{text}, but {flaw}"));
        }
        if self.expectation.body.is_empty() {
            return Outcome::pass(text);
        }
        // What came after the last look counts too.
        let _ = search.look(&answer.data);
        let outcome = search.judge(if answer.is_cut { End::Cut } else { End::Whole }, &text, redaction);
        match answer.broken_off.filter(|_| outcome.verdict != Verdict::Pass) {
            Some(code) => {
                let reason = format!("{text}, but peer broke the body off: {}", error_name(code));
                Outcome::alive(Cause::Unhealthy, reason)
            }
            None => outcome,
        }
    }
}

impl Check for Http2 {
    /// Pass on an expected status and, if something is expected of it, on the first 64 KiB of the body.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(self.journey.endpoint(), deadline, |conversation| {
            self.journey.make(conversation, &|asked| self.ask(conversation, asked))
        })
    }
}

/// The status of the final response: interim ones may come before.
fn status(answer: &Answer) -> Option<u16> {
    let digits = answer.status.as_deref().filter(|digits| digits.len() == 3)?;
    str::from_utf8(digits).ok()?.parse().ok().filter(|status| (200..=999).contains(status))
}

#[cfg(test)]
mod tests;
