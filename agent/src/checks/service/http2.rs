//! HTTP/2: one request with prior knowledge (h2c), or over TLS where the peer agrees to it (ALPN).
//!
//! RFC 9113 §3.3. The `Upgrade` of HTTP/1.1 is not tried: it is deprecated, and a server that speaks both is asked by
//! `http`.

use std::io;

use super::http::{self, End, HttpExpectation, HttpRequest, Search};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::net::http1::{Framing, LIMIT, certificate_refusal};
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
    endpoint: Endpoint,
    request: HttpRequest,
    expectation: HttpExpectation,
}

impl Http2 {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?.offering(&[b"h2"]);
        let request = HttpRequest::from_url(url, &endpoint)?;
        Ok(Self { endpoint, request, expectation: HttpExpectation::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let fields = self.request.fields(conversation)?;
        let mut stream = conversation.open(LIMIT)?;
        if stream.session().is_some_and(|session| session.alpn_protocol() != Some(b"h2")) {
            stream.shutdown();
            return Err(ProtocolError::because("peer does not speak HTTP/2 over TLS (ALPN)").into());
        }
        let outcome = self.exchange(&mut stream, &fields.list, conversation.redaction())?;
        stream.shutdown();
        Ok(fields.judge(outcome))
    }

    fn exchange(
        &self,
        stream: &mut Stream,
        fields: &[(String, String)],
        redaction: Redaction,
    ) -> io::Result<Outcome> {
        // RFC 9113 §8.2.1.
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
        let mut headers = vec![
            (":method", self.request.method.as_str()),
            (":scheme", if self.endpoint.secure() { "https" } else { "http" }),
            (":path", &self.request.path),
            (":authority", &self.request.host),
        ];
        headers.extend(fields.iter().map(|(name, value)| (name.as_str(), *value)));
        let body = &self.expectation.body;
        let mut search = Search::new(Framing::Close, body);
        let enough = &mut |answer: &Answer| {
            let Some(status) = status(answer) else { return false };
            if !self.expectation.statuses.hold(status) {
                // The page of a 400 may tell that it is about our certificate.
                return status != 400 || !self.endpoint.secure() || self.endpoint.left_unanswered();
            }
            // Nothing of a body that is not looked at is waited for.
            body.is_empty() || search.look(&answer.data).unwrap_or(true)
        };
        let data = self.request.send.as_deref().map(str::as_bytes);
        let request = Request { headers: &headers, data };
        let answer = call(stream, &request, &mut |_, _| {}, enough)?;
        Ok(self.judge(&answer, &mut search, redaction))
    }

    fn judge(&self, answer: &Answer, search: &mut Search, redaction: Redaction) -> Outcome {
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
            return certificate_refusal(&self.endpoint, status, &answer.data)
                .unwrap_or_else(|| self.expectation.refusal(status, text));
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
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// The status of the final response: interim ones may come before.
fn status(answer: &Answer) -> Option<u16> {
    let digits = answer.status.as_deref().filter(|digits| digits.len() == 3)?;
    str::from_utf8(digits).ok()?.parse().ok().filter(|status| (200..=999).contains(status))
}

#[cfg(test)]
mod tests;
