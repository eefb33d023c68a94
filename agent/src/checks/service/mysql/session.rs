//! One connection: the login, and commands after it.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use std::io::{ErrorKind, Read, Write};

use super::error::{Error, Stage};
use super::greeting::Greeting;
use super::packet::{self, Packet};
use super::scramble::{NATIVE, SHA2, native, sha2};
use super::server_key::{KEY_OF_CACHING_SHA2, KEY_OF_SHA256, ServerKey, said, sealed};
use super::table::Table;
use crate::check::{Cause, Outcome};
use crate::net::{Conversation, Failure, ProtocolError, quote};

/// A login takes five packets at most.
const ROUNDS: usize = 8;

const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;
const PING: u8 = 0x0e;

/// Who logs in, and to what.
pub struct Login<'a> {
    pub user: &'a [u8],
    pub password: &'a [u8],
    pub database: &'a str,
}

/// What carries the connection, which decides what may be sent over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Clear,
    Socket,
    Tls,
}

/// How a login went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthState {
    LoggedIn,
    /// The server wants the password as it is, for which this connection is not private enough.
    WantsPassword,
}

/// A connection after the greeting.
pub struct Session<'a, S> {
    pub conversation: &'a Conversation<'a>,
    stream: S,
    transport: Transport,
    sequence: u8,
    pub server_key: ServerKey,
    /// The outcome where the server asks for the password as it is, if it is not to hear it.
    pub withheld: Option<Outcome>,
}

impl<'a, S: Read + Write> Session<'a, S> {
    pub fn new(conversation: &'a Conversation<'a>, stream: S, transport: Transport) -> Self {
        // The greeting was packet 0, the request for TLS packet 1.
        let sequence = if transport == Transport::Tls { 2 } else { 1 };
        Self { conversation, stream, transport, sequence, server_key: ServerKey::None, withheld: None }
    }

    /// The connection, to be closed.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Logs in. A login that cannot be brought to its end is made to fail: a peer that leaves in the midst of one is
    /// counted towards `max_connect_errors`, one that is refused is not.
    pub fn log_in(&mut self, greeting: &Greeting, login: &Login<'_>) -> Result<AuthState, Failure> {
        let password = login.password;
        let mut plugin = if greeting.plugin == SHA2.as_bytes() { SHA2 } else { NATIVE };
        let answer = if plugin == SHA2 { sha2 } else { native }(password, &greeting.nonce);
        let tls = self.transport == Transport::Tls;
        let mut nonce = greeting.nonce.clone();
        self.send(&greeting.login(tls, login.user, &answer, login.database, plugin))?;
        for _ in 0..ROUNDS {
            let payload = self.receive(packet::LONGEST)?;
            match payload.as_slice() {
                [0x00, ..] => return Ok(AuthState::LoggedIn),
                [0xff, ..] => return Err(self.refused(&payload, Stage::Login).into()),
                [0xfe] => return Err(self.give_up("mysql_old_password").into()),
                [0xfe, switch @ ..] => {
                    let (name, fresh) = packet::split_switch(switch).ok_or_else(foreign)?;
                    nonce = fresh.to_vec();
                    match name {
                        b"mysql_native_password" => self.send(&native(password, &nonce))?,
                        b"caching_sha2_password" => {
                            plugin = SHA2;
                            self.send(&sha2(password, &nonce))?;
                        }
                        b"mysql_clear_password" | b"sha256_password" if tls => self.tell(password)?,
                        b"sha256_password" if self.can_encrypt() => {
                            self.tell_encrypted(password, &nonce, KEY_OF_SHA256)?;
                        }
                        // The server asks the kernel who we are.
                        b"" | b"auth_socket" | b"unix_socket" => self.send(b"")?,
                        _ => return Err(self.give_up(&quote(name)).into()),
                    }
                }
                // The scramble was right, and OK follows.
                [1, 3] if plugin == SHA2 => {}
                // The server has not seen this password since it started.
                [1, 4] if plugin == SHA2 && self.can_encrypt() => {
                    self.tell_encrypted(password, &nonce, KEY_OF_CACHING_SHA2)?;
                }
                [1, 4] if plugin == SHA2 && self.transport == Transport::Clear => {
                    self.fail_on_purpose();
                    return Ok(AuthState::WantsPassword);
                }
                [1, 4] if plugin == SHA2 => self.tell(password)?,
                _ => return Err(foreign().into()),
            }
        }
        Err(foreign().into())
    }

    /// Asks whether the server is there.
    pub fn ping(&mut self) -> Result<(), Failure> {
        self.command(PING, "")?;
        let payload = self.receive(packet::LONGEST)?;
        match payload.first() {
            Some(0x00) => Ok(()),
            Some(0xff) => Err(self.refused(&payload, Stage::Command).into()),
            _ => Err(foreign().into()),
        }
    }

    /// The answer to a statement, or the error of the server.
    pub fn query(&mut self, statement: &str) -> Result<Result<Table, Error>, Failure> {
        self.command(QUERY, statement)?;
        let mut table = Table::default();
        loop {
            let room = packet::LONGEST.min(table.room());
            let packet = packet::read(&mut self.stream, room).map_err(|error| match error.kind() {
                ErrorKind::InvalidInput => {
                    Outcome::alive(Cause::Protocol, "the answer to the statement is too long").into()
                }
                _ => Failure::from(error),
            })?;
            if packet.payload.first() == Some(&0xff) {
                return Error::read(&packet.payload).map(Err).ok_or_else(|| foreign().into());
            }
            if table.add(packet.payload).ok_or_else(foreign)? {
                return Ok(Ok(table));
            }
        }
    }

    /// Says goodbye; the server then closes.
    pub fn quit(&mut self) -> Result<(), Failure> {
        self.command(QUIT, "")
    }

    /// The outcome of an error after the login.
    pub fn judge(&self, error: &Error) -> Outcome {
        error.judge(Stage::Command, self.conversation.redaction())
    }

    /// Words of the peer, unless they may be the password.
    pub fn words(&self, said: &[u8]) -> String {
        self.conversation.redaction().value(said)
    }

    fn refused(&self, payload: &[u8], stage: Stage) -> Outcome {
        Error::read(payload)
            .map_or_else(|| foreign().into(), |error| error.judge(stage, self.conversation.redaction()))
    }

    /// The password as it is, to one who is to hear it.
    fn tell(&mut self, password: &[u8]) -> Result<(), Failure> {
        if let Some(outcome) = self.withheld.take() {
            self.fail_on_purpose();
            return Err(outcome.into());
        }
        self.conversation.note_secret();
        self.send(&[password, b"\0"].concat())
    }

    fn can_encrypt(&self) -> bool {
        self.transport == Transport::Clear && !matches!(self.server_key, ServerKey::None)
    }

    /// The password, encrypted by the server's key.
    fn tell_encrypted(&mut self, password: &[u8], nonce: &[u8], request: u8) -> Result<(), Failure> {
        let key = match &self.server_key {
            ServerKey::Known(key) => Ok(key.clone()),
            _ => {
                self.send(&[request])?;
                match self.receive(packet::LONGEST)?.as_slice() {
                    payload @ [0xff, ..] => return Err(self.refused(payload, Stage::Login).into()),
                    [1, pem @ ..] => said(pem),
                    _ => return Err(foreign().into()),
                }
            }
        };
        match key.and_then(|key| sealed(password, nonce, &key)) {
            Ok(sealed) => {
                self.conversation.note_secret();
                self.send(&sealed)
            }
            Err(outcome) => {
                self.fail_on_purpose();
                Err(outcome.into())
            }
        }
    }

    /// Servers make up a plugin for a user whom they do not know, so as not to tell who is one.
    fn give_up(&mut self, plugin: &str) -> Outcome {
        self.fail_on_purpose();
        let needs_tls = matches!(plugin, "mysql_clear_password" | "sha256_password");
        let why = if needs_tls { "needs tls" } else { "is not supported" };
        let reason = format!("no such user, or one who logs in by {plugin}, which {why}");
        Outcome::alive(Cause::Protocol, reason)
    }

    /// As long as the longest answer, that of Ed25519: a shorter one would count as a broken handshake.
    fn fail_on_purpose(&mut self) {
        let _ = self.send(&[0; 64]).and_then(|()| self.receive(packet::LONGEST));
    }

    fn command(&mut self, command: u8, text: &str) -> Result<(), Failure> {
        self.sequence = 0;
        self.send(&[&[command], text.as_bytes()].concat())
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), Failure> {
        Ok(packet::write(&mut self.stream, self.sequence, payload)?)
    }

    fn receive(&mut self, limit: usize) -> Result<Vec<u8>, Failure> {
        let Packet { sequence, payload } = packet::read(&mut self.stream, limit).map_err(unframed)?;
        self.sequence = sequence.wrapping_add(1);
        Ok(payload)
    }
}

/// What is not the protocol.
pub fn foreign() -> ProtocolError {
    ProtocolError::not_of("MySQL")
}

/// An error of reading a packet.
pub fn unframed(error: std::io::Error) -> Failure {
    if error.kind() == ErrorKind::InvalidInput { foreign().into() } else { error.into() }
}
