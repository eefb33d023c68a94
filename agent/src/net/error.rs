//! What an error of the network says about the peer, as a sentence and a verdict: of the sockets, and of TLS.

mod tls;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

pub use self::tls::{ClientAuthRequested, Unverifiable, alert_in, tls_outcome};
use super::codec::quote::quote;
use crate::check::{Cause, Outcome};

/// An answer that is not of the protocol that is spoken: the peer is something else, or broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError(String);

impl ProtocolError {
    /// Of anything but the protocol.
    pub fn not_of(protocol: &str) -> Self {
        Self(format!("answer is not of {protocol}"))
    }

    /// As `not_of`, with what the peer said: not of one that was sent a secret, since it may echo that.
    pub fn quoting(protocol: &str, said: &[u8]) -> Self {
        Self(format!("answer is not of {protocol}: {:?}", quote(said)))
    }

    /// Of the protocol, but for this.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<ProtocolError> for io::Error {
    fn from(error: ProtocolError) -> Self {
        Self::new(ErrorKind::InvalidData, error.0)
    }
}

impl From<ProtocolError> for Outcome {
    fn from(error: ProtocolError) -> Self {
        Self::fail(Cause::Protocol, error.0)
    }
}

/// What comes before the handshake that was agreed to: an attacker on the way may have put it there, to count as said over TLS.
pub const WORDS_IN_THE_CLEAR: &str = "words in the clear after the agreement to TLS";

/// An answer of the protocol that is more than the agent takes: no fault of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLimit(String);

impl OwnLimit {
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for OwnLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for OwnLimit {}

impl From<OwnLimit> for io::Error {
    fn from(limit: OwnLimit) -> Self {
        Self::new(ErrorKind::InvalidData, limit)
    }
}

/// Whether an error says no more than that the peer has gone, before or while we spoke to it.
pub fn has_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// An error of a connection as the outcome of its check; errors of TLS get their own sentences and verdicts.
pub fn fault(error: io::Error) -> Outcome {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls_outcome(inner);
    }
    if let Some(excuse) = error.get_ref().and_then(|inner| inner.downcast_ref::<ClientAuthRequested>()) {
        return excuse.outcome();
    }
    if let Some(limit) = error.get_ref().and_then(|inner| inner.downcast_ref::<OwnLimit>()) {
        return Outcome::alive(Cause::Protocol, limit.to_string());
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::fail(Cause::Connect, "connection refused"),
        ErrorKind::HostUnreachable => Outcome::fail(Cause::Connect, "no route to host"),
        ErrorKind::NetworkUnreachable => Outcome::fail(Cause::Connect, "network unreachable"),
        ErrorKind::AddrNotAvailable => {
            Outcome::alive(Cause::Protocol, "no address or port left to connect from")
        }
        ErrorKind::PermissionDenied => {
            Outcome::alive(Cause::Protocol, "connection not permitted to this program")
        }
        // Writing to a peer that has closed: to the check the same as reading from it.
        ErrorKind::BrokenPipe => io::Error::from(ErrorKind::UnexpectedEof).into(),
        _ => error.into(),
    }
}
