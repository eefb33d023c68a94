//! Logging in with SCRAM:
//! <https://github.com/mongodb/specifications/blob/master/source/auth/auth.md>.

use std::io::{Read, Write};

use super::bson::{Builder, Document};
use super::session::{Session, reason};
use crate::check::{Cause, Deadline, Outcome};
use crate::net::auth::md5_hex;
use crate::net::auth::scram::{Hash, Salted, Scram};
use crate::net::{Failure, ProtocolError};

/// MongoDB 4.0, the first to know SCRAM-SHA-256.
const FIRST_WITH_SHA256: i64 = 7;

/// Who logs in, and where that is known.
pub struct User<'a> {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub database: &'a str,
}

impl User<'_> {
    /// As `hello` takes it to say which mechanisms the user has.
    pub fn full_name(&self) -> Vec<u8> {
        [self.database.as_bytes(), b".", &self.name].concat()
    }

    /// Logs in by what the reply to `hello` offers; an error is the outcome of the check.
    pub fn log_in(
        &self,
        session: &mut Session<impl Read + Write>,
        hello: Document<'_>,
        salted: &Salted,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let hash = strongest(hello);
        let scram = Scram::new(hash, &self.name)?;
        let start = Builder::new()
            .integer("saslStart", 1)
            .text("mechanism", if hash == Hash::Sha256 { b"SCRAM-SHA-256" } else { b"SCRAM-SHA-1" })
            .binary("payload", &scram.first())
            // Servers before 4.4 do not know it, and want one empty message more.
            .document("options", Builder::new().flag("skipEmptyExchange", true));
        let reply = session.ask(start, self.database)?;
        let (conversation, challenge) = step(reply.document())?;
        let (answer, proof) = scram.answer(challenge, &self.secret(hash), salted, deadline)?;
        let reply = session.ask(proceed(conversation, &answer), self.database)?;
        let (_, last) = step(reply.document())?;
        proof.verify(last)?;
        if reply.document().flag("done") {
            return Ok(());
        }
        let reply = session.ask(proceed(conversation, b""), self.database)?;
        step(reply.document())?;
        if reply.document().flag("done") { Ok(()) } else { Err(foreign().into()) }
    }

    /// With SHA-1 the password is not itself but what MONGODB-CR, the mechanism before it, had stored of it.
    fn secret(&self, hash: Hash) -> Vec<u8> {
        match hash {
            Hash::Sha256 => self.password.clone(),
            Hash::Sha1 => md5_hex(&[&self.name, b":mongo:", &self.password]).into_bytes(),
        }
    }
}

/// The better of the two that the user has; of a user whom the server does not know it says nothing.
fn strongest(hello: Document<'_>) -> Hash {
    let offers = |mechanism| hello.lists("saslSupportedMechs", mechanism);
    match (offers(b"SCRAM-SHA-256"), offers(b"SCRAM-SHA-1")) {
        (Some(false), Some(true)) => Hash::Sha1,
        (None, _) if hello.integer("maxWireVersion") < Some(FIRST_WITH_SHA256) => Hash::Sha1,
        _ => Hash::Sha256,
    }
}

fn proceed(conversation: i32, payload: &[u8]) -> Builder {
    Builder::new()
        .integer("saslContinue", 1)
        .integer("conversationId", conversation)
        .binary("payload", payload)
}

/// The conversation and the server's part of it. The server has answered `hello` by now: whatever it has against the
/// login is no reason to restart it.
fn step(reply: Document<'_>) -> Result<(i32, &[u8]), Outcome> {
    if !reply.flag("ok") {
        let reason = format!("login refused: {}", reason(reply));
        return Err(Outcome::alive(Cause::Protocol, reason));
    }
    let conversation = reply.integer("conversationId").and_then(|id| i32::try_from(id).ok());
    conversation.zip(reply.binary("payload")).ok_or_else(|| foreign().into())
}

fn foreign() -> ProtocolError {
    ProtocolError::because("answer to the login is not of MongoDB")
}
