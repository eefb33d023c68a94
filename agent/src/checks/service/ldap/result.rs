//! What a server answers (RFC 4511 §4.1.9 and appendix A), and what that says of it.

use crate::check::{Cause, Outcome};
use crate::net::{Redaction, quote};

pub const SUCCESS: u32 = 0;
pub const PROTOCOL_ERROR: u32 = 2;

/// A result: its code, and what the server adds for people.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub code: u32,
    pub diagnostic: Vec<u8>,
}

impl Answer {
    /// The outcome of an answer that is not success. What comes after a password has gone out is not repeated: what is no
    /// LDAP server may echo all that it was sent.
    pub fn outcome(&self, redaction: Redaction) -> Outcome {
        let mut reason = format!("{} ({})", self.name(), self.code);
        if !self.diagnostic.is_empty() && redaction == Redaction::None {
            reason = format!("{reason}: {}", quote(&self.diagnostic));
        }
        match self.code {
            // Time limit, administrative limit, busy, unavailable, unwilling.
            3 | 11 | 51..=53 => Outcome::alive(Cause::Unhealthy, reason),
            // About the login, the lack of one, or what it may see.
            7 | 8 | 10 | 13 | 14 | 32 | 34 | 48..=50 => Outcome::alive(Cause::Protocol, reason),
            // It blames the request, and has read it.
            PROTOCOL_ERROR => Outcome::alive(Cause::Protocol, reason),
            _ => Outcome::fail(Cause::Unhealthy, reason),
        }
    }

    fn name(&self) -> &'static str {
        match self.code {
            1 => "operations error",
            PROTOCOL_ERROR => "protocol error",
            3 => "time limit exceeded",
            7 => "authentication method not supported",
            8 => "stronger authentication required",
            10 => "referral",
            11 => "administrative limit exceeded",
            13 => "confidentiality required",
            32 => "no such object",
            34 => "invalid DN syntax",
            48 => "inappropriate authentication",
            49 => "invalid credentials",
            50 => "insufficient access rights",
            51 => "busy",
            52 => "unavailable",
            53 => "unwilling to perform",
            _ => "refused",
        }
    }
}
