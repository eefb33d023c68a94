//! HTTP/1.1 from the side of the client (RFC 9110, RFC 9112).
//!
//! As the kubelet: no proxy, no redirect is followed.

mod body;
mod client;
mod head;

use std::io::{Read, Result};

use super::{Endpoint, read_until};
use crate::outcome::{Cause, Outcome};

pub use body::{Body, Framing};
pub use client::{Answer, Client};
pub use head::Head;

/// The status line and the headers, as most servers and proxies limit them.
pub const HEAD_LIMIT: usize = 16 * 1024;

/// How much of a body is looked at.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Of one response, with twice the body, for what the framing of tiny chunks and interim responses add.
pub const LIMIT: usize = HEAD_LIMIT + 2 * BODY_LIMIT;

/// The head of a request, as text: `headers` are whole lines.
pub fn request(method: &str, path: &str, host: &str, headers: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: health-probe/{}\r\nAccept: */*\r\n{headers}\r\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// The outcome of an answer that is about the client's certificate: nginx takes any, or none, in the handshake, and then
/// answers every request with 400 and a page.
pub fn certificate_refusal(endpoint: &Endpoint, status: u16, body: &[u8]) -> Option<Outcome> {
    const PAGE: &[u8] = b"The SSL certificate error";
    let reason = match status {
        400 if endpoint.left_unanswered() => "peer asks for a client certificate",
        400 if endpoint.secure() && body.windows(PAGE.len()).any(|window| window == PAGE) => {
            "peer refused the client certificate"
        }
        _ => return None,
    };
    Some(Outcome::alive(Cause::Protocol, reason))
}

/// Reads the final head; the interim ones before it are passed over, what follows it stays in the buffer.
pub fn read_head(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Result<Head> {
    loop {
        let head = read_until(stream, buffer, Head::read)?;
        buffer.drain(..head.length);
        if head.last() {
            return Ok(head);
        }
    }
}
