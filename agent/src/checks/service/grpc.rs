//! gRPC's health protocol: `grpc.health.v1.Health/Check` over HTTP/2.
//!
//! <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>, in the frames of
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod health;
#[cfg(test)]
mod tests;

use crate::check::{Check, Deadline, Outcome};
use crate::net::http2::{Request, call};
use crate::net::{Conversation, Endpoint, Failure};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, quoted};
use crate::version::USER_AGENT;

/// An answer is some hundred bytes; this is what a peer may send in all before it is given up. What `call` takes of headers and
/// of data is less, so that an answer which is too long for it is known as one.
const LIMIT: usize = 1024 * 1024;

/// Keeps the request within one frame.
const SERVICE_LIMIT: usize = 1024;

pub const SCHEME: Scheme = Scheme {
    scheme: "grpc",
    summary: "grpc.health.v1 Check for the service in the path answers SERVING",
    target: Target::Address { port: None },
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[("socket", OptionType::File)],
    ..Scheme::BARE
};

/// A check of one service of a gRPC server, or of the server as a whole.
pub struct Grpc {
    endpoint: Endpoint,
    service: String,
}

impl Grpc {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let service = url.path.strip_prefix('/').unwrap_or_default();
        if service.len() > SERVICE_LIMIT || service.contains('%') {
            return Err(ParseError(format!("path is {}, expected the name of a service", quoted(&url.path))));
        }
        let endpoint = Endpoint::from_url(url)?.offering(&[b"h2"]);
        Ok(Self { endpoint, service: service.to_owned() })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        let scheme = if self.endpoint.secure() { "https" } else { "http" };
        let headers = [
            (":method", "POST"),
            (":scheme", scheme),
            (":path", "/grpc.health.v1.Health/Check"),
            (":authority", &self.endpoint.authority()),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", USER_AGENT),
        ];
        let data = health::request(&self.service);
        let request = Request { headers: &headers, data: Some(&data) };
        let mut status = health::Status::default();
        let note = &mut |name: &[u8], value: &[u8]| status.note(name, value);
        let answer = call(&mut stream, &request, note, &mut |_| false)?;
        stream.shutdown();
        Ok(health::judge(&answer, &status, &self.service))
    }
}

impl Check for Grpc {
    /// Pass exactly on SERVING.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}
