//! HTTP/1.1 and HTTPS: one request, its status and its body (RFC 9110, RFC 9112).
//!
//! As the kubelet: no proxy, no redirect is followed (a 3xx passes as what it is), no certificate is verified unless a CA
//! is given.

mod body;
mod head;
mod status;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Write};

use self::body::Search;
use self::head::Head;
use self::status::Statuses;
use super::Runnable;
use crate::deadline::Deadline;
use crate::grammar::{Check, Kind, PathRule, Refusal, Spec, Target, TlsRule};
use crate::net::{Endpoint, Stream, fault, read_until};
use crate::outcome::{Cause, Outcome};

/// The status line and the headers, as most servers and proxies limit them.
const HEAD_LIMIT: usize = 16 * 1024;

/// How much of a body is searched.
const BODY_LIMIT: usize = 64 * 1024;

/// Twice the body, for what the framing of tiny chunks and interim responses add.
const LIMIT: usize = HEAD_LIMIT + 2 * BODY_LIMIT;

pub const SPEC: Spec = Spec {
    scheme: "http",
    summary: "An HTTP/1.1 request is answered with an expected status",
    target: Target::Address { port: Some(80) },
    path: PathRule::Optional,
    options: &[
        ("body", Kind::Text),
        ("host-header", Kind::Text),
        ("method", Kind::Choice(&["GET", "HEAD"])),
        ("socket", Kind::File),
        ("status", Kind::Status),
    ],
    ..Spec::BARE
};

pub const SPEC_TLS: Spec = Spec {
    scheme: "https",
    summary: "As http, over TLS; the certificate is verified when ca is given, as the kubelet does not",
    target: Target::Address { port: Some(443) },
    tls: TlsRule::Always,
    ..SPEC
};

/// A check of one resource.
pub struct Http {
    endpoint: Endpoint,
    request: String,
    head_only: bool,
    statuses: Statuses,
    body: Option<Vec<u8>>,
}

impl Http {
    pub fn from_check(check: &Check) -> Result<Self, Refusal> {
        let endpoint = Endpoint::from_check(check, check.scheme == "https", &[])?;
        let method = check.option("method").unwrap_or("GET");
        // In a check a question mark begins the options, so that of a query is written %3F.
        let path =
            if check.path.is_empty() { "/" } else { &check.path.replace("%3F", "?").replace("%3f", "?") };
        let host = check.option("host-header").map_or_else(|| endpoint.authority(), str::to_owned);
        if host.contains(|letter: char| letter.is_control()) {
            return Err(Refusal(format!("option host-header is {host:?}, expected a host")));
        }
        let body = check.option("body").map(|text| text.as_bytes().to_vec());
        let head_only = method == "HEAD";
        if head_only && body.is_some() {
            return Err(Refusal("option body is given with method HEAD, expected GET".into()));
        }
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: health-probe/{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        Ok(Self { endpoint, request, head_only, statuses: Statuses::parse(check.option("status"))?, body })
    }

    fn ask(&self, deadline: Deadline) -> Result<Outcome, Outcome> {
        let mut stream = self.endpoint.open(deadline, LIMIT)?;
        // A server that refuses early may answer and close without reading: its answer counts.
        let _ = stream.write_all(self.request.as_bytes());
        let outcome = self.answer(&mut stream).map_err(fault)?;
        stream.close();
        Ok(outcome)
    }

    fn answer(&self, stream: &mut Stream) -> io::Result<Outcome> {
        let mut buffer = Vec::new();
        let head = loop {
            let head = read_until(stream, &mut buffer, Head::read)?;
            buffer.drain(..head.length);
            if head.last() {
                break head;
            }
        };
        if !self.statuses.hold(head.status) {
            return Ok(Outcome::fail(Cause::Unhealthy, head.text()));
        }
        let Some(wanted) = &self.body else { return Ok(Outcome::pass(head.text())) };
        let mut search = Search::new(head.framing(self.head_only), wanted);
        let found = match read_until(stream, &mut buffer, |bytes| search.look(bytes)) {
            // The end of the connection is the end of the body, or cuts it short: either way there is no more.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => false,
            result => result?,
        };
        if found {
            return Ok(Outcome::pass(head.text()));
        }
        let text = String::from_utf8_lossy(wanted);
        Ok(Outcome::fail(Cause::Unhealthy, format!("{}, body does not hold {text:?}", head.text())))
    }
}

impl Runnable for Http {
    /// Pass on an expected status and, if a body is asked for, on its text in the first 64 KiB.
    fn run(&self, deadline: Deadline) -> Outcome {
        self.ask(deadline).unwrap_or_else(|outcome| outcome)
    }
}
