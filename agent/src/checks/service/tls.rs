//! A TLS handshake, and the days that the certificate has left.

use rustls::ProtocolVersion;

use crate::check::{Check, Deadline, Outcome};
use crate::net::tls::Lifetime;
use crate::net::{Conversation, Endpoint, Stream};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "tls",
    summary: "A TLS handshake completes; the certificate is verified when ca is given",
    target: Target::Address { port: Some(443) },
    tls: TlsRule::Always,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one TLS server.
pub struct Tls {
    endpoint: Endpoint,
}

impl Tls {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::over_tls(url)? })
    }
}

impl Check for Tls {
    /// Pass when both sides have accepted each other.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| {
            let stream = conversation.open(0)?;
            conversation.alive("the handshake was completed");
            let reason = describe(&stream);
            // In TLS 1.3 the server judges the client's certificate after the client is done: RFC 8446 §4.4.2.4.
            stream.drain_for_alert()?;
            Ok(Outcome::pass(reason))
        })
    }
}

fn describe(stream: &Stream) -> String {
    let Some(session) = stream.session() else { return String::new() };
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    match Lifetime::of(session) {
        Some(lifetime) => format!("{version}, {}", lifetime.text()),
        None => version.into(),
    }
}

#[cfg(test)]
mod tests;
