//! HTTP/2 from the side of the client (RFC 9113): one request on a connection of its own.

mod call;
pub mod frame;
pub mod hpack;
mod huffman;
#[cfg(test)]
pub mod tests;

use crate::check::{Cause, Outcome};
pub use call::{Answer, Request, call};

/// The outcome of a call that the peer ended by this error. One that shuts down, has too many calls, or whose like ours it
/// does not take has not said that it is broken (RFC 9113 §6.8, §8.7).
pub fn broken_off(what: &str, code: u32) -> Outcome {
    const TURNED_AWAY: [u32; 4] = [0, 7, 11, 12];
    let reason = format!("peer broke the {what} off: {}", error_name(code));
    match TURNED_AWAY.contains(&code) {
        true => Outcome::alive(Cause::Unhealthy, reason),
        false => Outcome::fail(Cause::Unhealthy, reason),
    }
}

/// The name of an error code that a healthy client meets (RFC 9113 §7).
pub fn error_name(code: u32) -> String {
    match code {
        0 => "NO_ERROR, it shuts down".into(),
        1 => "PROTOCOL_ERROR".into(),
        2 => "INTERNAL_ERROR".into(),
        7 => "REFUSED_STREAM".into(),
        8 => "CANCEL".into(),
        11 => "ENHANCE_YOUR_CALM".into(),
        12 => "INADEQUATE_SECURITY".into(),
        13 => "HTTP_1_1_REQUIRED".into(),
        other => format!("error {other}"),
    }
}
