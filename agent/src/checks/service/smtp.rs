//! SMTP (RFC 5321): the greeting, EHLO, and with `starttls` the upgrade of RFC 3207.
//!
//! A server that is too busy (421) answers for itself and would only lose its queue runners by a restart: it is alive,
//! not ready. The same goes for one that gives this client no service (554), which still waits for our QUIT.

mod reply;

use std::io::{Read, Write};

use self::reply::{Reply, read_reply};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure, GracefulClose, ProtocolError, WORDS_IN_THE_CLEAR, quote};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

/// Greeting, EHLO, HELO, STARTTLS, EHLO, QUIT.
const LIMIT: usize = 6 * reply::LONGEST;

/// The name after EHLO has to be one; no server looks it up for a connection of the same Pod.
const EHLO: &[u8] = b"EHLO localhost\r\n";
const HELO: &[u8] = b"HELO localhost\r\n";

pub const SCHEME: Scheme = Scheme {
    scheme: "smtp",
    summary: "An SMTP server greets and answers EHLO; too busy, or closed to this client, is alive but not ready",
    target: Target::Address { port: Some(25) },
    tls: TlsRule::StartTls,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one mail server.
pub struct Smtp {
    endpoint: Endpoint,
    upgrade: bool,
}

impl Smtp {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)?, upgrade: url.option("starttls").is_some() })
    }

    fn converse(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (greeting, mut stream) = if self.upgrade {
            let (greeting, stream) = conversation.open_upgraded(LIMIT, |carrier| {
                Session::new(conversation, carrier).until_closed(start_tls)
            })?;
            (Some(greeting), stream)
        } else {
            (None, conversation.open(LIMIT)?)
        };
        let outcome = Session::new(conversation, &mut stream).until_closed(|session| {
            let greeting = match greeting {
                Some(greeting) => greeting,
                None => session.greeting()?,
            };
            session.hello()?;
            session.say_goodbye();
            Ok(Outcome::pass(greeting))
        });
        stream.drain();
        outcome
    }
}

impl Check for Smtp {
    /// Pass on a 220 greeting and a 250 to EHLO.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.converse(conversation))
    }
}

/// Up to the agreement to TLS, after which the server must have said nothing more in the clear.
fn start_tls<S: Read + Write>(session: &mut Session<'_, S>) -> Result<String, Failure> {
    let greeting = session.greeting()?;
    let offers = session.hello()?;
    if !offers.has_keyword(b"STARTTLS") {
        return Err(Outcome::alive(Cause::Protocol, "STARTTLS is not offered").into());
    }
    let reply = session.command(b"STARTTLS\r\n")?;
    if reply.code != 220 {
        return Err(refused(&reply).into());
    }
    if !session.buffer.is_empty() {
        session.greeted = false;
        return Err(Outcome::fail(Cause::Identity, WORDS_IN_THE_CLEAR).into());
    }
    Ok(greeting)
}

struct Session<'a, S> {
    conversation: &'a Conversation<'a>,
    stream: &'a mut S,
    /// What has come beyond the last reply.
    buffer: Vec<u8>,
    /// Whether this is a server of SMTP at all.
    greeted: bool,
}

impl<S: Read + Write> GracefulClose for Session<'_, S> {
    fn is_established(&self) -> bool {
        self.greeted
    }

    /// The answer is known by now: a server that is gone need not be told.
    fn say_goodbye(&mut self) {
        let _ = self.command(b"QUIT\r\n");
    }
}

impl<'a, S: Read + Write> Session<'a, S> {
    fn new(conversation: &'a Conversation, stream: &'a mut S) -> Self {
        Self { conversation, stream, buffer: Vec::new(), greeted: false }
    }

    fn greeting(&mut self) -> Result<String, Failure> {
        let greeting = self.reply()?;
        if greeting.code != 220 {
            return Err(refused(&greeting).into());
        }
        self.conversation.alive("the greeting came");
        Ok(quote(&greeting.first_line))
    }

    /// EHLO, or HELO with a server that knows no extensions.
    fn hello(&mut self) -> Result<Reply, Failure> {
        let mut reply = self.command(EHLO)?;
        if (500..600).contains(&reply.code) {
            reply = self.command(HELO)?;
        }
        if reply.code == 250 { Ok(reply) } else { Err(refused(&reply).into()) }
    }

    fn command(&mut self, line: &[u8]) -> Result<Reply, Failure> {
        // A server may say why it goes without having read this.
        let _ = self.stream.write_all(line);
        self.reply()
    }

    fn reply(&mut self) -> Result<Reply, Failure> {
        let reply = read_reply(self.stream, &mut self.buffer)?;
        let reply = reply.map_err(|said| ProtocolError::quoting("SMTP", &said))?;
        self.greeted = true;
        Ok(reply)
    }
}

/// The outcome of a reply that is not the one hoped for: 4xx passes with time, 5xx is about this client.
fn refused(reply: &Reply) -> Outcome {
    let said = quote(&reply.first_line);
    match reply.code {
        400..=499 => Outcome::alive(Cause::Unhealthy, said),
        500..=599 => Outcome::alive(Cause::Protocol, said),
        _ => Outcome::fail(Cause::Protocol, format!("unexpected reply: {said}")),
    }
}

#[cfg(test)]
mod tests;
