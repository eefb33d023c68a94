//! SQL Server, and what speaks its protocol: the answer to PRELOGIN or, with a user, a login ([MS-TDS]).
//!
//! In TDS 7 the handshake of TLS goes in the packets of the protocol, after both sides have said what they want; in TDS 8
//! (`encrypt=strict`) TLS comes first.

mod answer;
mod login;
mod prelogin;
#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use self::answer::Answer;
use self::login::Login;
use self::prelogin::{Encryption, Prelogin};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net;
use crate::net::{Conversation, Endpoint, Failure, Stream, tds};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, database};

/// Two answers of at most 64 KiB, in packets.
const LIMIT: usize = 256 * 1024;

pub const SCHEME: Scheme = Scheme {
    scheme: "mssql",
    summary: "PRELOGIN is answered or, with a user, a login succeeds; full, starting or a refused login is alive but not ready",
    target: Target::Address { port: Some(1433) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("encrypt", OptionType::Choice(&["strict"])),
        ("socket", OptionType::File),
    ],
    requires: &[("encrypt", "tls"), ("path", "user")],
    ..Scheme::BARE
};

/// A check of one server.
pub struct Mssql {
    endpoint: Endpoint,
    /// Whether TLS comes first.
    strict: bool,
    login: net::Login,
    database: String,
}

impl Mssql {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let strict = url.option("encrypt").is_some();
        let endpoint = Endpoint::from_url(url)?;
        Ok(Self {
            endpoint: if strict { endpoint.offering(&[b"tds/8.0"]) } else { endpoint.within_tds() },
            strict,
            login: net::Login::from_url(url),
            database: database(&url.path)?.unwrap_or_default(),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (user, password) = self.login.in_clear(conversation)?;
        let (prelogin, mut stream) = self.connect(conversation)?;
        let outcome = match (user, password) {
            (None, None) => Ok(Outcome::pass(prelogin.server())),
            (None, Some(_)) => {
                Err(Outcome::alive(Cause::Protocol, "a password is given without a user").into())
            }
            (Some(user), password) => {
                self.log_in(conversation, &mut stream, &prelogin, [user, password.unwrap_or_default()])
            }
        };
        stream.shutdown();
        outcome
    }

    /// The server's answer to PRELOGIN, and the connection after it, over TLS if the check says so.
    fn connect(&self, conversation: &Conversation) -> Result<(Prelogin, Stream), Failure> {
        if self.strict {
            let mut stream = conversation.open(LIMIT)?;
            // All is encrypted by now, within which there is nothing more to agree on.
            return Ok((hear(conversation, &mut stream, Encryption::NotSupported)?, stream));
        }
        let secure = self.endpoint.secure();
        let wanted = if secure { Encryption::On } else { Encryption::NotSupported };
        conversation.open_upgraded(LIMIT, |carrier| {
            let prelogin = hear(conversation, carrier, wanted)?;
            match prelogin.encryption {
                Encryption::Off | Encryption::NotSupported if secure => {
                    Err(Outcome::alive(Cause::Protocol, "the server does not offer TLS").into())
                }
                _ => Ok(prelogin),
            }
        })
    }

    fn log_in(
        &self,
        conversation: &Conversation,
        stream: &mut Stream,
        prelogin: &Prelogin,
        [user, password]: [Vec<u8>; 2],
    ) -> Result<Outcome, Failure> {
        if !self.endpoint.secure() && prelogin.encryption == Encryption::Required {
            return Err(Outcome::alive(Cause::Protocol, "the server wants TLS, expected tls").into());
        }
        let (Ok(user), Ok(password)) = (str::from_utf8(&user), str::from_utf8(&password)) else {
            return Err(Outcome::alive(Cause::Protocol, "the login is not UTF-8").into());
        };
        if !password.is_empty() {
            conversation.note_secret();
        }
        let login = Login { user, password, database: &self.database };
        tds::write(stream, tds::LOGIN7, &login.message(self.strict))?;
        match Answer::read(&tds::read(stream)?).ok_or_else(tds::foreign)? {
            Answer::LoggedIn => Ok(Outcome::pass(prelogin.server())),
            Answer::Refused(error) => Err(error.judge(conversation.redaction()).into()),
        }
    }
}

impl Check for Mssql {
    /// Pass on an answer to PRELOGIN or, with a user, on a login.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// The answer to PRELOGIN.
fn hear(
    conversation: &Conversation,
    stream: &mut (impl Read + Write),
    wanted: Encryption,
) -> Result<Prelogin, Failure> {
    tds::write(stream, tds::PRELOGIN, &prelogin::request(wanted))?;
    let prelogin = Prelogin::read(&tds::read(stream)?).ok_or_else(tds::foreign)?;
    conversation.alive("PRELOGIN was answered");
    Ok(prelogin)
}
