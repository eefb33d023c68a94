//! What is known of a server while a check talks to it, on as many connections as that takes.

use std::cell::Cell;
use std::io;

use super::deadline_stream::DeadlineStream;
use super::endpoint::Endpoint;
use super::redaction::Redaction;
use super::stream::Stream;
use crate::check::{Cause, Deadline, Outcome, Verdict};
use crate::net::error::{ProtocolError, fault};

/// One run of a check against its server: every outcome of it goes through here.
///
/// It knows two things that bear on all that comes later: what the server has answered in its protocol, since whatever
/// fails after that, but by the server's own word, is alive; and whether a secret was sent, since a peer may echo what it
/// was sent.
pub struct Conversation<'a> {
    endpoint: &'a Endpoint,
    deadline: Deadline,
    /// What was answered, as the beginning of a sentence.
    answered: Cell<Option<&'static str>>,
    redaction: Cell<Redaction>,
    /// What takes the place of a pass.
    at_most: Cell<Option<Outcome>>,
    /// As `at_most`, in front of what passed: of a certificate that expires soon.
    shortage: Cell<Option<Outcome>>,
}

/// Why a conversation ends early.
#[derive(Debug)]
pub enum Failure {
    /// What the peer said, or left out, was judged already.
    Outcome(Outcome),
    /// The connection broke, or what came over it is not of the protocol.
    Connection(io::Error),
}

impl<'a> Conversation<'a> {
    /// Talks to the server of a check until the deadline; the outcome of that.
    pub fn hold(
        endpoint: &'a Endpoint,
        deadline: Deadline,
        converse: impl FnOnce(&Self) -> Result<Outcome, Failure>,
    ) -> Outcome {
        let answered = Cell::new(None);
        let (redaction, at_most, shortage) = (Cell::default(), Cell::default(), Cell::default());
        let conversation = Self { endpoint, deadline, answered, redaction, at_most, shortage };
        let outcome = converse(&conversation).unwrap_or_else(|failure| conversation.outcome(failure));
        let outcome = match outcome.cause {
            // The server's own word, which is heard before and after.
            Some(Cause::Unhealthy) => outcome,
            _ => conversation.excused(outcome),
        };
        let at_most = conversation.at_most.take().filter(|_| outcome.verdict != Verdict::Fail);
        let outcome = at_most.unwrap_or(outcome);
        match conversation.shortage.take().filter(|_| outcome.verdict == Verdict::Pass) {
            Some(short) => Outcome { reason: format!("{}: {}", short.reason, outcome.reason), ..short },
            None => outcome,
        }
    }

    /// By when the conversation has to be over.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    pub fn endpoint(&self) -> &'a Endpoint {
        self.endpoint
    }

    /// As `Endpoint::open`; a server that has answered before is alive, even if it takes no second connection.
    pub fn open(&self, limit: usize) -> Result<Stream, Failure> {
        self.open_at(self.endpoint, limit)
    }

    /// As `open`, at another endpoint.
    pub fn open_at(&self, endpoint: &Endpoint, limit: usize) -> Result<Stream, Failure> {
        let stream = endpoint.open(self.deadline, limit).map_err(|outcome| self.excused(outcome))?;
        self.note_certificate(endpoint, &stream);
        Ok(stream)
    }

    /// As `Endpoint::open_upgraded`.
    pub fn open_upgraded<T>(
        &self,
        limit: usize,
        ask: impl FnOnce(&mut DeadlineStream) -> Result<T, Failure>,
    ) -> Result<(T, Stream), Failure> {
        self.open_upgraded_at(self.endpoint, limit, ask)
    }

    /// As `open_upgraded`, at another endpoint of the same server.
    pub fn open_upgraded_at<T>(
        &self,
        endpoint: &Endpoint,
        limit: usize,
        ask: impl FnOnce(&mut DeadlineStream) -> Result<T, Failure>,
    ) -> Result<(T, Stream), Failure> {
        let (said, stream) = endpoint.open_upgraded(self.deadline, limit, ask)?;
        self.note_certificate(endpoint, &stream);
        Ok((said, stream))
    }

    fn note_certificate(&self, endpoint: &Endpoint, stream: &Stream) {
        if let Some(shortage) = endpoint.shortage(stream) {
            self.shortage.set(Some(shortage));
        }
    }

    /// Notes that the server has answered in its protocol what tells that it is alive: `PING was answered`.
    pub fn alive(&self, answered: &'static str) {
        self.answered.set(Some(answered));
    }

    /// Whether the server has answered already.
    pub fn has_answered(&self) -> bool {
        self.answered.get().is_some()
    }

    /// Has this be the outcome of a server that does not fail.
    pub fn pass_at_most(&self, outcome: Outcome) {
        self.at_most.set(Some(outcome));
    }

    /// Notes that a secret is sent to the peer as it is.
    pub fn note_secret(&self) {
        self.redaction.set(Redaction::Full);
    }

    /// What may be repeated of the peer's words.
    pub fn redaction(&self) -> Redaction {
        self.redaction.get()
    }

    /// The outcome of a failure: a server that has answered before is alive unless it says itself that it is not.
    pub fn outcome(&self, failure: Failure) -> Outcome {
        match failure {
            Failure::Outcome(outcome) => outcome,
            Failure::Connection(error) => self.excused(fault(error)),
        }
    }

    /// The outcome, no failure of a server that has answered before; one that is not who it should be has not.
    pub fn excused(&self, outcome: Outcome) -> Outcome {
        match (self.answered.get(), outcome.verdict, outcome.cause) {
            (_, _, Some(Cause::Identity)) => outcome,
            (Some(answered), Verdict::Fail, cause) => {
                let cause = cause.unwrap_or(Cause::Protocol);
                Outcome::alive(cause, format!("{answered}, but {}", outcome.reason))
            }
            _ => outcome,
        }
    }
}

impl From<Outcome> for Failure {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        Self::Outcome(error.into())
    }
}

/// A session of a protocol that has a goodbye: a server that loses the connection instead says so in its log.
pub trait GracefulClose: Sized {
    /// Whether there is a server of the protocol to say goodbye to.
    fn is_established(&self) -> bool;

    fn say_goodbye(&mut self);

    /// What comes of the session; it ends with a goodbye also where it fails.
    fn until_closed<T>(mut self, ask: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        let result = ask(&mut self);
        if result.is_err() && self.is_established() {
            self.say_goodbye();
        }
        result
    }
}

#[cfg(test)]
mod tests;
