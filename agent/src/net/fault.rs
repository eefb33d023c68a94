//! Errors of the network as sentences.

use std::io::{Error, ErrorKind};

use super::tls;
use crate::outcome::{Cause, Outcome};

/// Whether an error says no more than that the peer has gone, before or while we spoke to it.
pub fn has_gone(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// An error of a connection as the outcome of its check; errors of TLS get their own sentences and verdicts.
pub fn fault(error: Error) -> Outcome {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls::refusal(inner);
    }
    if let Some(excuse) = error.get_ref().and_then(|inner| inner.downcast_ref::<tls::Excuse>()) {
        return excuse.outcome();
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::fail(Cause::Connect, "connection refused"),
        ErrorKind::HostUnreachable => Outcome::fail(Cause::Connect, "no route to host"),
        ErrorKind::NetworkUnreachable => Outcome::fail(Cause::Connect, "network unreachable"),
        ErrorKind::AddrNotAvailable => Outcome::fail(Cause::Connect, "address not available"),
        ErrorKind::PermissionDenied => Outcome::fail(Cause::Connect, "connection not permitted"),
        // Writing to a peer that has closed: to the check the same as reading from it.
        ErrorKind::BrokenPipe => Error::from(ErrorKind::UnexpectedEof).into(),
        _ => error.into(),
    }
}
