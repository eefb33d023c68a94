//! CQL, of Cassandra and ScyllaDB: OPTIONS, answered with SUPPORTED, which a server does before any login; with a login
//! or a query also that.
//!
//! Version 4, <https://cassandra.apache.org/_/native_protocol_v4.html>, which every server since Cassandra 2.2 and every
//! ScyllaDB speaks. One that refuses it says in the head of the refusal which version it speaks, and is asked once more
//! in that: 3 of Cassandra 2.1, or 5 where `native_transport_allow_older_protocols` is off.

mod envelope;
mod error;
mod frame;
mod result;
mod wire;

use self::envelope::{
    AUTH_CHALLENGE, AUTH_RESPONSE, AUTH_SUCCESS, AUTHENTICATE, ERROR, Envelope, OPTIONS, QUERY, READY,
    RESULT, STARTUP, SUPPORTED, foreign, string,
};
use self::error::Refusal;
use self::result::{only_row, query};
use self::wire::Wire;
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Conversation, Endpoint, Failure, Login, has_gone, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

const VERSIONS: [u8; 3] = [3, 4, 5];
const ASKED_FIRST: u8 = 4;

pub const SCHEME: Scheme = Scheme {
    scheme: "cassandra",
    summary: "OPTIONS is answered, which Cassandra and ScyllaDB do before any login; with a login or query also that; overloaded or a refused login is alive but not ready",
    target: Target::Address { port: Some(9042) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("expect", OptionType::Text),
        ("query", OptionType::Text),
    ],
    requires: &[("expect", "query")],
    ..Scheme::BARE
};

/// A check of one node.
pub struct Cassandra {
    endpoint: Endpoint,
    login: Login,
    query: Option<String>,
    expect: Option<String>,
}

/// A user and a password.
type Credentials = (Vec<u8>, Vec<u8>);

impl Cassandra {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let text = |name| url.option(name).map(str::to_owned);
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            query: text("query"),
            expect: text("expect"),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let credentials = match self.login.in_clear(conversation)? {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user, password)),
            _ => return Err(refused("login needs both a user and a password").into()),
        };
        let mut version = ASKED_FIRST;
        loop {
            let mut wire = Wire::open(conversation, version)?;
            let answer =
                wire.ask(OPTIONS, &[]).map_err(|failure| self.without_answer(conversation, failure))?;
            match answer.opcode {
                SUPPORTED if answer.version == version => {
                    let cql = cql_version(&answer.body).ok_or_else(foreign)?;
                    conversation.alive("OPTIONS was answered");
                    let outcome = self.inside(&mut wire, credentials.as_ref());
                    // There is no goodbye: the server reads the end of the connection, and has nothing to log.
                    wire.end();
                    return outcome.map(|asked| Outcome::pass(format!("speaks CQL {cql}{asked}")));
                }
                ERROR => {
                    let refusal = Refusal::read(&answer.body).ok_or_else(foreign)?;
                    wire.end();
                    let other = answer.version;
                    if !refusal.is_of_protocol() || conversation.has_answered() || !VERSIONS.contains(&other)
                    {
                        return Ok(refusal.judge_first(conversation.redaction()));
                    }
                    conversation.alive("OPTIONS of version 4 was answered");
                    version = other;
                }
                _ => return Err(foreign().into()),
            }
        }
    }

    /// A node that is full or wants TLS leaves without a word.
    fn without_answer(&self, conversation: &Conversation, failure: Failure) -> Failure {
        match &failure {
            Failure::Connection(error)
                if has_gone(error) && !self.endpoint.secure() && !conversation.has_answered() =>
            {
                let reason = "connection closed before the answer: the node may be full, or want TLS (?tls)";
                Outcome::fail(Cause::Protocol, reason).into()
            }
            _ => failure,
        }
    }

    /// Everything that goes beyond OPTIONS, in words.
    fn inside(&self, wire: &mut Wire, credentials: Option<&Credentials>) -> Result<String, Failure> {
        if credentials.is_none() && self.query.is_none() {
            return Ok(String::new());
        }
        let mut shown = match wire.expect(STARTUP, &startup())? {
            Envelope { opcode: READY, .. } => String::new(),
            Envelope { opcode: AUTHENTICATE, .. } => match credentials {
                Some(credentials) => log_in(wire, credentials)?.into(),
                None => return Err(refused("it wants a login").into()),
            },
            _ => return Err(foreign().into()),
        };
        if let Some(text) = &self.query {
            let answer = wire.expect(QUERY, &query(text, wire.version()))?;
            if answer.opcode != RESULT {
                return Err(foreign().into());
            }
            let row = only_row(&answer.body, wire.version())?;
            shown.push_str(row.compare(self.expect.as_deref(), wire.redaction())?);
        }
        Ok(shown)
    }
}

impl Check for Cassandra {
    /// Pass once OPTIONS was answered, and what was asked for beyond that holds.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// The login of PasswordAuthenticator, which is SASL's PLAIN (RFC 4616).
fn log_in(wire: &mut Wire, (user, password): &Credentials) -> Result<&'static str, Failure> {
    let token = [b"\0", &user[..], b"\0", password].concat();
    wire.note_secret();
    match wire.expect(AUTH_RESPONSE, &[&(token.len() as u32).to_be_bytes(), &token[..]].concat())?.opcode {
        AUTH_SUCCESS => Ok(", login accepted"),
        AUTH_CHALLENGE => Err(refused("it wants another login than a user and a password").into()),
        _ => Err(foreign().into()),
    }
}

fn startup() -> Vec<u8> {
    // The driver is what `system_views.clients` shows.
    let options = [
        ("CQL_VERSION", "3.0.0"),
        ("DRIVER_NAME", "health-probe"),
        ("DRIVER_VERSION", env!("CARGO_PKG_VERSION")),
    ];
    let mut body = (options.len() as u16).to_be_bytes().to_vec();
    for (name, value) in options {
        body.extend_from_slice(&string(name));
        body.extend_from_slice(&string(value));
    }
    body
}

/// The version of the language in a SUPPORTED.
fn cql_version(body: &[u8]) -> Option<String> {
    let mut fields = Reader::new(body);
    let text = |fields: &mut Reader| {
        let length = fields.be(2)? as usize;
        fields.take(length).map(quote)
    };
    let mut version = None;
    for _ in 0..fields.be(2)? {
        let name = text(&mut fields)?;
        for _ in 0..fields.be(2)? {
            let value = text(&mut fields)?;
            if name == "CQL_VERSION" {
                version.get_or_insert(value);
            }
        }
    }
    version
}

fn refused(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}

#[cfg(test)]
mod tests;
