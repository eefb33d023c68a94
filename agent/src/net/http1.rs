//! HTTP/1.1 from the side of the client (RFC 9110, RFC 9112).
//!
//! As the kubelet: no proxy, and no redirect is followed here.

mod body;
mod client;
mod head;

use super::Endpoint;
use crate::check::{Cause, Outcome};

pub use body::{Body, Framing};
pub use client::{Answer, Client};
pub use head::{Head, LIMIT, read_head, request};

/// Whether the page of a response has to be read to tell whether it is about our certificate.
pub fn page_tells_of_certificate(endpoint: &Endpoint, status: u16) -> bool {
    status == 400 && endpoint.secure() && !endpoint.left_unanswered()
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
        // As the answer to HEAD, which has no page that would tell.
        400 if endpoint.was_asked() && body.is_empty() => "status 400, perhaps about the client certificate",
        _ => return None,
    };
    Some(Outcome::alive(Cause::Protocol, reason))
}
