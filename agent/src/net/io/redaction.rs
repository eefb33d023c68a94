//! What may be repeated of what a peer says.

use crate::check::{Cause, Outcome};
use crate::net::codec::quote::quote;
use crate::net::error::ProtocolError;

/// What may be repeated of a peer's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redaction {
    #[default]
    None,
    /// The peer was sent a secret, which it may echo.
    Full,
}

impl Redaction {
    /// An error of the protocol, with what the peer said.
    pub fn because(self, reason: &str, said: &[u8]) -> ProtocolError {
        ProtocolError::because(match self {
            Self::None => format!("{reason}: {:?}", quote(said)),
            Self::Full => reason.to_owned(),
        })
    }

    /// An answer that is not of the protocol.
    pub fn not_of(self, protocol: &str, said: &[u8]) -> ProtocolError {
        match self {
            Self::None => ProtocolError::quoting(protocol, said),
            Self::Full => ProtocolError::not_of(protocol),
        }
    }

    /// The outcome of an error of an unknown form.
    pub fn error(self, text: &str) -> Outcome {
        Outcome::fail(
            Cause::Unhealthy,
            match self {
                Self::None => text,
                Self::Full => "error that may hold the password, so it is not repeated",
            },
        )
    }

    /// A value in the place of another one that was expected.
    pub fn value(self, said: &[u8]) -> String {
        match self {
            Self::None => format!("{:?}", quote(said)),
            Self::Full => "something else".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_repeated_after_a_secret() {
        assert_eq!(Redaction::None.value(b"a"), "\"a\"");
        assert_eq!(Redaction::Full.value(b"a"), "something else");
        assert_eq!(Redaction::Full.not_of("X", b"a"), ProtocolError::not_of("X"));
        assert_eq!(Redaction::None.not_of("X", b"a"), ProtocolError::quoting("X", b"a"));
    }
}
