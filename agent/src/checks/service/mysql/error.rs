//! What the errors of a server say about it.
//!
//! <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>

use std::ops::RangeInclusive;

use crate::check::{Cause, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Redaction, quote};

/// Full, for all or for this user; out of threads; shutting down; offline.
const BUSY: [u16; 6] = [1040, 1053, 1135, 1203, 1226, 3032];

/// The host, the login or the database is refused; the password has expired; the account is locked.
const REFUSED: [u16; 12] = [1042, 1044, 1045, 1049, 1129, 1130, 1227, 1251, 1698, 1820, 1862, 3118];

/// Of what stands before a server and cannot reach it: Vitess, MaxScale (in the client's own words), ProxySQL.
const PROXIES: [RangeInclusive<u16>; 3] = [1105..=1105, 2000..=2999, 9000..=9999];

/// When an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In place of the greeting, so it is nothing that the check did.
    Greeting,
    /// In answer to the login.
    Login,
    /// After a login that succeeded.
    Command,
}

/// An ERR packet.
#[derive(Debug)]
pub struct Error {
    pub code: u16,
    state: Vec<u8>,
    message: Vec<u8>,
}

impl Error {
    /// Reads an ERR packet; before the handshake it has no SQLSTATE.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(payload.strip_prefix(&[0xff])?);
        let code = u16::try_from(fields.le(2)?).ok().filter(|code| (1000..20_000).contains(code))?;
        let state = if fields.rest().starts_with(b"#") { fields.take(6)?.to_vec() } else { Vec::new() };
        Some(Self { code, state, message: fields.rest().to_vec() })
    }

    /// The outcome; only where the peer was not sent the password as it is are its words repeated.
    pub fn judge(&self, stage: Stage, redaction: Redaction) -> Outcome {
        let mut text = format!("error {}", self.code);
        if redaction == Redaction::None {
            text = format!("{text}: {}", quote(&self.message));
        } else if self.code == 1045 {
            text.push_str(": access denied");
        }
        match stage {
            _ if BUSY.contains(&self.code) => Outcome::alive(Cause::Unhealthy, text),
            _ if REFUSED.contains(&self.code) => Outcome::alive(Cause::Protocol, text),
            Stage::Greeting if PROXIES.iter().any(|codes| codes.contains(&self.code)) => {
                Outcome::alive(Cause::Unhealthy, text)
            }
            Stage::Greeting => Outcome::fail(Cause::Unhealthy, text),
            Stage::Login => Outcome::alive(Cause::Protocol, text),
            // Class 42: a syntax error, no such table, no right to it. The statement is the check's own.
            Stage::Command if self.state.starts_with(b"#42") => Outcome::alive(Cause::Protocol, text),
            Stage::Command => Outcome::alive(Cause::Unhealthy, text),
        }
    }
}
