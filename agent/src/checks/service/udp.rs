//! `udp://`: a datagram is answered, for the protocols over UDP that have no check of their own.

use std::io::{ErrorKind, Result};
use std::net::SocketAddr;

use regex_lite::Regex;

use super::expect::{SEARCHED, WINDOW, first_line, latin1, pattern, unescape};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::io::datagram::{self, RESEND};
use crate::net::{addresses, first_that_answers};
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, Target};

pub const SCHEME: Scheme = Scheme {
    scheme: "udp",
    summary: "A datagram is answered with one that matches; without expect any answer will do",
    target: Target::Address { port: None },
    connects: false,
    options: &[("expect", OptionType::Pattern), ("send", OptionType::Text)],
    ..Scheme::BARE
};

/// The least that a datagram counts as searched, so that empty ones come to an end too.
const LEAST: usize = 256;

/// A check of one server by one question.
pub struct Udp {
    host: String,
    port: u16,
    send: Vec<u8>,
    expect: Option<Regex>,
}

impl Udp {
    pub fn from_url(url: &CheckUrl) -> std::result::Result<Self, ParseError> {
        let Some(send) = url.option("send").map(unescape) else {
            return Err(ParseError("option send is missing, expected one for udp".into()));
        };
        let (host, port) = (url.host.clone(), url.port.unwrap_or_default());
        Ok(Self { host, port, send, expect: pattern(url, "expect")? })
    }

    fn ask(&self, server: SocketAddr, deadline: Deadline) -> Result<Outcome> {
        let mut searched = 0;
        let mut other = None;
        let read = |datagram: &[u8]| {
            let said: String = latin1(datagram).take(WINDOW).collect();
            let line = first_line(&said);
            if self.expect.as_ref().is_none_or(|pattern| pattern.is_match(&said)) {
                return Ok(Some(Outcome::pass(if line.is_empty() { "answered".into() } else { line })));
            }
            searched += said.len().max(LEAST);
            let mismatch = Outcome::fail(Cause::Unhealthy, format!("answer does not match: {line:?}"));
            other = Some(line);
            Ok(Some(mismatch).filter(|_| searched >= SEARCHED))
        };
        match (datagram::ask(server, &[&self.send], RESEND, deadline, read), other) {
            (Err(error), Some(line)) if error.kind() == ErrorKind::InvalidData => {
                Ok(Outcome::fail(Cause::Timeout, format!("timed out, no match so far: {line:?}")))
            }
            (answer, _) => answer,
        }
    }
}

impl Check for Udp {
    /// Pass on a datagram that matches; where others come first it is waited for.
    fn run(&self, deadline: Deadline) -> Outcome {
        let answer = addresses(&self.host, deadline).and_then(|servers| {
            first_that_answers(&servers, |server| self.ask(SocketAddr::new(server, self.port), deadline))
        });
        answer.unwrap_or_else(|outcome| outcome)
    }
}

#[cfg(test)]
mod tests;
