//! What a server says of itself before anything else: `INFO {json}`.

use crate::net::codec::json::{is_true, text};

/// The fields that decide how to go on; everything else is skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Info<'a> {
    pub version: &'a [u8],
    pub auth_required: bool,
    pub tls_required: bool,
    pub tls_available: bool,
    /// What a login by a key has to sign; empty where the server takes none.
    pub nonce: &'a [u8],
    /// It is shutting down, and takes no new clients (`ldm`).
    pub lame_duck: bool,
}

impl<'a> Info<'a> {
    /// The fields of an `INFO` line, whose JSON is not checked: a server of any version is understood as far as needed.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let json = line.strip_prefix(b"INFO ")?.trim_ascii();
        if !json.starts_with(b"{") || !json.ends_with(b"}") {
            return None;
        }
        Some(Self {
            version: text(json, &["version"]).unwrap_or_default(),
            auth_required: is_true(json, "auth_required"),
            tls_required: is_true(json, "tls_required"),
            tls_available: is_true(json, "tls_available"),
            nonce: text(json, &["nonce"]).filter(|nonce| is_nonce(nonce)).unwrap_or_default(),
            lame_duck: is_true(json, "ldm"),
        })
    }
}

/// A server sends some 15 random letters. Nothing longer or else is signed: it may be a text that a peer wants a signature of.
fn is_nonce(nonce: &[u8]) -> bool {
    nonce.len() <= 64 && nonce.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte))
}
