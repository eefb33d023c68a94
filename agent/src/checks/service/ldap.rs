//! LDAP (RFC 4511): the root DSE is read, or where the check has a login a simple bind is made.
//!
//! Not both: a request that follows the answer to a bind at once makes slapd log that it defers it. A server that is busy, shuts down or refuses the login is alive, not ready. A password goes out over TLS or to this
//! machine only.

mod message;
mod result;

use std::io::{Read, Write};

use self::message::{
    BIND_RESPONSE, EXTENDED_RESPONSE, LONGEST, Message, SEARCH_DONE, bind, message, read_message,
    search_root, start_tls,
};
use self::result::{Answer, PROTOCOL_ERROR, SUCCESS};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{
    Conversation, Endpoint, Failure, GracefulClose, Login, ProtocolError, Redaction, WORDS_IN_THE_CLEAR,
    quote,
};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "ldap",
    summary: "The root DSE is read, or a bind succeeds where there is a login; busy, or the login refused, is alive but not ready",
    target: Target::Address { port: Some(389) },
    credentials: true,
    tls: TlsRule::StartTls,
    path: PathRule::Socket,
    options: &[("allow-cleartext", OptionType::Flag), ("bind-dn", OptionType::Text)],
    ..Scheme::BARE
};

/// A check of one directory server.
pub struct Ldap {
    endpoint: Endpoint,
    login: Login,
    bind_dn: Option<String>,
    upgrade: bool,
}

/// A name and a password.
type Credentials = (Vec<u8>, Vec<u8>);

impl Ldap {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let bind_dn = url.option("bind-dn").map(str::to_owned);
        if bind_dn.is_some() && !url.user.is_empty() {
            return Err(ParseError("option bind-dn is given with a user, expected one of the two".into()));
        }
        let upgrade = url.option("starttls").is_some();
        let endpoint = Endpoint::from_url(url)?;
        Ok(Self { endpoint, login: Login::from_url(url), bind_dn, upgrade })
    }

    /// The name and the password to bind with, if there are any.
    fn credentials(&self, conversation: &Conversation) -> Result<Option<Credentials>, Outcome> {
        let unusable = |reason| Err(Outcome::alive(Cause::Protocol, reason));
        let name = match &self.bind_dn {
            Some(name) => Some(name.as_bytes().to_vec()),
            None => self.login.user()?,
        };
        if name.is_some() && self.login.password()?.is_none_or(|password| password.is_empty()) {
            // A name with an empty password is no login, and yet a success on many servers (RFC 4513 §5.1.2).
            return unusable("the login has no password");
        }
        match (name, self.login.in_clear(conversation)?.1) {
            (_, None) => Ok(None),
            (Some(name), Some(password)) => Ok(Some((name, password))),
            (None, Some(_)) => unusable("the login has no name, a user or bind-dn"),
        }
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let credentials = self.credentials(conversation)?;
        let mut stream = if self.upgrade {
            conversation
                .open_upgraded(LONGEST, |carrier| {
                    Session::new(conversation, carrier).until_closed(agree_to_tls)
                })?
                .1
        } else {
            conversation.open(LONGEST)?
        };
        let outcome = Session::new(conversation, &mut stream).until_closed(|session| {
            if let Some((name, password)) = &credentials {
                conversation.note_secret();
                session.request(&bind(name, password), BIND_RESPONSE)?;
                session.say_goodbye();
                return Ok(Outcome::pass("bound"));
            }
            let seconds = conversation.deadline().remaining()?.as_secs().saturating_add(1);
            session.request(&search_root(u16::try_from(seconds).unwrap_or(u16::MAX)), SEARCH_DONE)?;
            session.say_goodbye();
            Ok(Outcome::pass(match &session.vendor {
                Some(vendor) => format!("root DSE of {}", quote(vendor)),
                None => "root DSE".into(),
            }))
        });
        stream.drain();
        outcome
    }
}

impl Check for Ldap {
    /// Pass on success of the search or the bind.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// Up to the agreement to TLS, after which the server must have said nothing more in the clear.
fn agree_to_tls<S: Read + Write>(session: &mut Session<'_, S>) -> Result<(), Failure> {
    let answer = session.answer(&start_tls(), EXTENDED_RESPONSE)?;
    match answer.code {
        SUCCESS if session.buffer.is_empty() => Ok(()),
        SUCCESS => {
            session.answered = false;
            Err(Outcome::fail(Cause::Identity, WORDS_IN_THE_CLEAR).into())
        }
        // So a server answers that does not know of it (RFC 4511 §4.14.2).
        PROTOCOL_ERROR => Err(Outcome::alive(Cause::Protocol, "StartTLS is not offered").into()),
        _ => Err(answer.outcome(Redaction::None).into()),
    }
}

struct Session<'a, S> {
    conversation: &'a Conversation<'a>,
    stream: &'a mut S,
    /// What has come beyond the last message.
    buffer: Vec<u8>,
    last_id: u8,
    /// Whether this is a server of LDAP at all.
    answered: bool,
    vendor: Option<Vec<u8>>,
}

impl<S: Read + Write> GracefulClose for Session<'_, S> {
    fn is_established(&self) -> bool {
        self.answered
    }

    fn say_goodbye(&mut self) {
        self.send(&message::unbind());
    }
}

impl<'a, S: Read + Write> Session<'a, S> {
    fn new(conversation: &'a Conversation, stream: &'a mut S) -> Self {
        Self { conversation, stream, buffer: Vec::new(), last_id: 0, answered: false, vendor: None }
    }

    fn request(&mut self, request: &[u8], response: u8) -> Result<(), Failure> {
        let answer = self.answer(request, response)?;
        if answer.code == SUCCESS {
            Ok(())
        } else {
            Err(answer.outcome(self.conversation.redaction()).into())
        }
    }

    /// A server may say why it goes without having read this.
    fn send(&mut self, request: &[u8]) {
        self.last_id += 1;
        let _ = self.stream.write_all(&message(self.last_id, request));
    }

    fn answer(&mut self, request: &[u8], response: u8) -> Result<Answer, Failure> {
        self.send(request);
        loop {
            let message = read_message(self.stream, &mut self.buffer)?.ok_or_else(foreign)?;
            self.answered = true;
            if message.id == 0 {
                self.disconnected(&message)?;
            } else if message.id != u32::from(self.last_id) {
                return Err(foreign().into());
            } else if message.tag == response {
                let answer = message.answer().ok_or_else(foreign)?;
                self.conversation.alive("a request was answered");
                return Ok(answer);
            }
            // An entry, a reference or an intermediate response: the answer is still to come.
            self.vendor = message.vendor().or(self.vendor.take());
        }
    }

    /// A notice that belongs to no request says that the server goes (RFC 4511 §4.4.1).
    fn disconnected(&mut self, message: &Message) -> Result<(), Failure> {
        self.answered = false;
        let answer = message.answer().filter(|_| message.tag == EXTENDED_RESPONSE).ok_or_else(foreign)?;
        Err(answer.outcome(self.conversation.redaction()).into())
    }
}

fn foreign() -> ProtocolError {
    ProtocolError::not_of("LDAP")
}

#[cfg(test)]
mod tests;
