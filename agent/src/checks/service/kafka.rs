//! Kafka: ApiVersions, which a broker answers before any login (KIP-35, KIP-43).
//!
//! <https://kafka.apache.org/protocol.html>. A broker that does not know version 3 of the request answers in the form of
//! version 0 with UNSUPPORTED_VERSION (KIP-511), and is then asked with version 0, which every broker since 0.10 knows.
//!
//! It says nothing of topics, of replicas or of the quorum on purpose: probes that ask for metadata time out while a
//! cluster recovers, and the restarts keep it from recovering.

mod message;

use std::io::{self, Error, Read, Write};

use self::message::{Refused, foreign, judge, read, request};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure, has_gone};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

/// Both answers.
const LIMIT: usize = message::LONGEST + 1024;

const UNKNOWN_SERVER_ERROR: i16 = -1;
const UNSUPPORTED_VERSION: i16 = 35;

pub const SCHEME: Scheme = Scheme {
    scheme: "kafka",
    summary: "ApiVersions is answered, which a broker does before any login",
    target: Target::Address { port: Some(9092) },
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one broker.
pub struct Kafka {
    endpoint: Endpoint,
}

impl Kafka {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        let outcome =
            api_versions(conversation, &mut stream).or_else(|error| self.refused(conversation, error));
        // There is no goodbye: the broker reads the end of the connection, and has nothing to log.
        stream.shutdown();
        outcome
    }

    fn refused(&self, conversation: &Conversation, error: Error) -> Result<Outcome, Failure> {
        if has_gone(&error) && !self.endpoint.secure() && !conversation.has_answered() {
            let reason = "connection closed before the answer: the listener may want TLS (?tls)";
            return Ok(Outcome::fail(Cause::Protocol, reason));
        }
        Err(error.into())
    }
}

impl Check for Kafka {
    /// Pass exactly on a list of APIs that holds the one it came by.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

fn api_versions(conversation: &Conversation, stream: &mut (impl Read + Write)) -> io::Result<Outcome> {
    for version in [3, 0] {
        let correlation = 4 - u32::from(version);
        stream.write_all(&request(version, correlation))?;
        let answer = read(stream, correlation)?;
        match judge(&answer, version) {
            Ok(apis) => return Ok(Outcome::pass(format!("ApiVersions answered, {apis} APIs"))),
            Err(Refused::Answer) => return Err(foreign(&answer).into()),
            Err(Refused::Code(UNSUPPORTED_VERSION)) if version > 0 => {
                conversation.alive("version 3 of ApiVersions was answered")
            }
            Err(Refused::Code(UNKNOWN_SERVER_ERROR)) => {
                return Ok(Outcome::fail(Cause::Unhealthy, "ApiVersions answered with UNKNOWN_SERVER_ERROR"));
            }
            // Our request is at fault, not the broker.
            Err(Refused::Code(code)) => {
                return Ok(Outcome::alive(
                    Cause::Protocol,
                    format!("ApiVersions refused: error code {code}"),
                ));
            }
            Err(Refused::Tls) => {
                let reason = "peer speaks TLS, and the check does not (?tls)";
                return Ok(Outcome::alive(Cause::Protocol, reason));
            }
        }
    }
    Ok(Outcome::alive(Cause::Protocol, "ApiVersions refused: no version in common"))
}

#[cfg(test)]
mod tests;
