//! What the codes of a broker say.

use crate::check::{Cause, Outcome};

pub const OK: u16 = 0x01;

/// What a code of the broker means.
pub fn judge(code: u16) -> Result<(), Outcome> {
    let busy = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    Err(match code {
        OK => return Ok(()),
        0x02 => refused("stream does not exist (2)"),
        0x06 => busy("stream is not available (6)"),
        0x07 => refused("it does not take a user and a password (7)"),
        0x08 | 0x09 => refused("login refused (8)"),
        0x0b => refused("login refused, but from loopback (11)"),
        0x0c => refused("virtual host is not there, or closed to this user (12)"),
        0x10 => refused("access refused (16)"),
        code => busy(&format!("refused with code {code}")),
    })
}

pub fn refused(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}
