//! HTTP/2 from the side of the client (RFC 9113): one request on a connection of its own.

mod call;
pub mod frame;
pub mod hpack;
mod huffman;
#[cfg(test)]
pub mod tests;

pub use call::{Answer, Request, call};

/// The name of an error code that a healthy client meets (RFC 9113 §7).
pub fn error_name(code: u32) -> String {
    match code {
        0 => "NO_ERROR, it shuts down".into(),
        1 => "PROTOCOL_ERROR".into(),
        2 => "INTERNAL_ERROR".into(),
        7 => "REFUSED_STREAM".into(),
        8 => "CANCEL".into(),
        11 => "ENHANCE_YOUR_CALM".into(),
        13 => "HTTP_1_1_REQUIRED".into(),
        other => format!("error {other}"),
    }
}
