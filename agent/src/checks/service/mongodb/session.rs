//! One connection on which commands are asked, one after the other.

use std::io::{Read, Write};

use super::bson::{Builder, Document};
use super::message::{self, Reply};
use crate::net::{Failure, quote};

/// A connection, and the id of the last request on it.
pub struct Session<S> {
    stream: S,
    id: i32,
}

impl<S: Read + Write> Session<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, id: 0 }
    }

    /// The reply to a command; its name is the first element.
    pub fn ask(&mut self, command: Builder, database: &str) -> Result<Reply, Failure> {
        self.id += 1;
        let command = command.text("$db", database.as_bytes()).finish();
        Ok(message::call(&mut self.stream, self.id, &command)?)
    }

    /// The connection, to be closed.
    pub fn into_stream(self) -> S {
        self.stream
    }
}

/// Why the server refuses, in its own words: their first line.
pub fn reason(reply: Document<'_>) -> String {
    let said = reply.text("errmsg").unwrap_or(b"no reason given");
    quote(said.split(|&byte| byte == b'\n').next().unwrap_or_default())
}
