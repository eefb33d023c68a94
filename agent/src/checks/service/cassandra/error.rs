//! What an ERROR says: section 9 of the specification.

use crate::check::{Cause, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Redaction, quote};

const SERVER_ERROR: u32 = 0x0000;
const PROTOCOL_ERROR: u32 = 0x000a;

/// An ERROR: its code, and the words of the server.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    code: u32,
    message: &'a [u8],
}

impl<'a> Refusal<'a> {
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(body);
        let code = u32::from_be_bytes(fields.array()?);
        let length = fields.be(2)?;
        Some(Self { code, message: fields.take(length as usize)? })
    }

    /// Of a version that the server does not speak, among others.
    pub fn is_of_protocol(&self) -> bool {
        self.code == PROTOCOL_ERROR
    }

    /// The outcome in place of the very first answer.
    pub fn judge_first(&self, redaction: Redaction) -> Outcome {
        match self.code {
            SERVER_ERROR => Outcome::fail(Cause::Unhealthy, self.shown("server error", redaction)),
            _ => self.judge(redaction),
        }
    }

    /// The outcome in place of any other answer: a server that refuses lives.
    pub fn judge(&self, redaction: Redaction) -> Outcome {
        use Cause::{Protocol, Unhealthy};
        let (cause, words) = match self.code {
            SERVER_ERROR => (Unhealthy, "server error"),
            PROTOCOL_ERROR => (Protocol, "protocol error"),
            0x0100 => (Protocol, "login refused"),
            0x1000 => (Unhealthy, "too few replicas are alive"),
            0x1001 => (Unhealthy, "overloaded"),
            0x1002 => (Unhealthy, "still bootstrapping"),
            0x1100 | 0x1200 => (Unhealthy, "replicas did not answer in time"),
            0x1300 | 0x1500 => (Unhealthy, "replicas failed"),
            0x2000 => (Protocol, "query is not CQL"),
            0x2100 => (Protocol, "query is not permitted to this user"),
            0x2200 => (Protocol, "query is not valid"),
            _ => (Unhealthy, "refused"),
        };
        Outcome::alive(cause, self.shown(words, redaction))
    }

    fn shown(&self, words: &str, redaction: Redaction) -> String {
        let code = format!("{words} ({:#06x})", self.code);
        match redaction {
            Redaction::None if !self.message.is_empty() => format!("{code}: {}", quote(self.message)),
            _ => code,
        }
    }
}
