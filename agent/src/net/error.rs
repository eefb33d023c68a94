//! What an error of the network says about the peer, as a sentence and a verdict: of the sockets, and of TLS.

use std::fmt;
use std::io::{self, ErrorKind};

use rustls::AlertDescription as Alert;
use rustls::{CertificateError, InvalidMessage};

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
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::fail(Cause::Connect, "connection refused"),
        ErrorKind::HostUnreachable => Outcome::fail(Cause::Connect, "no route to host"),
        ErrorKind::NetworkUnreachable => Outcome::fail(Cause::Connect, "network unreachable"),
        ErrorKind::AddrNotAvailable => Outcome::fail(Cause::Connect, "address not available"),
        ErrorKind::PermissionDenied => Outcome::fail(Cause::Connect, "connection not permitted"),
        // Writing to a peer that has closed: to the check the same as reading from it.
        ErrorKind::BrokenPipe => io::Error::from(ErrorKind::UnexpectedEof).into(),
        _ => error.into(),
    }
}

/// Why a peer that closes without a word is no dead one: it asked for a client certificate, and in TLS 1.3 it can refuse
/// the one it gets, or the lack of one, only after the handshake. slapd and Node send no alert then.
#[derive(Clone, Copy, Debug)]
pub struct ClientAuthRequested(&'static str);

impl ClientAuthRequested {
    pub const UNANSWERED: Self = Self("peer asks for a client certificate, and closes");
    pub const SHOWN: Self = Self("peer closes after it was shown the client certificate that it asked for");

    pub fn outcome(self) -> Outcome {
        Outcome::alive(Cause::Protocol, self.0)
    }
}

impl fmt::Display for ClientAuthRequested {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for ClientAuthRequested {}

/// Of the kind that the end of a connection has anyhow.
impl From<ClientAuthRequested> for io::Error {
    fn from(excuse: ClientAuthRequested) -> Self {
        Self::new(io::ErrorKind::UnexpectedEof, excuse)
    }
}

/// What a handshake with a peer comes to that answers in the clear.
pub const NO_TLS: &str = "peer does not speak TLS";

/// The outcome of a check whose TLS failed. A peer that refuses our certificate is alive: it must not be restarted
/// because the certificate of its check has expired.
pub fn tls_outcome(error: &rustls::Error) -> Outcome {
    let reason = match error {
        rustls::Error::InvalidCertificate(why) => certificate(why),
        rustls::Error::AlertReceived(alert) => match client_certificate(*alert) {
            Some(why) => return Outcome::alive(Cause::Protocol, why),
            None => format!("peer refused the TLS handshake: {}", spoken(*alert)),
        },
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        )
        | rustls::Error::InvalidMessage(InvalidMessage::MessageTooLarge) => NO_TLS.into(),
        rustls::Error::InvalidMessage(_) => "peer sent a malformed TLS message".into(),
        rustls::Error::NoApplicationProtocol => "peer does not speak the protocol over TLS (ALPN)".into(),
        rustls::Error::PeerIncompatible(why) => format!("no TLS version or cipher in common: {why:?}"),
        other => format!("TLS failed: {other}"),
    };
    Outcome::fail(Cause::Protocol, reason)
}

fn certificate(error: &CertificateError) -> String {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => "certificate not trusted: unknown issuer".into(),
        E::Expired | E::ExpiredContext { .. } => "certificate expired".into(),
        E::NotValidYet | E::NotValidYetContext { .. } => "certificate is not valid yet".into(),
        E::NotValidForName => "certificate is not valid for the name of the peer".into(),
        E::NotValidForNameContext { expected, .. } => {
            format!("certificate is not valid for name {}", expected.to_str())
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "certificate not trusted: not for use by a server".into()
        }
        E::BadSignature => "certificate not trusted: its signature is wrong".into(),
        E::Other(why) => match why.to_string().as_str() {
            "CaUsedAsEndEntity" => "certificate not trusted: it is a CA's own, and not listed itself".into(),
            "UnsupportedCertVersion" => "certificate not trusted: it is of X.509 version 1".into(),
            other => format!("certificate not trusted: {other}"),
        },
        other => format!("certificate not trusted: {other:?}"),
    }
}

/// The alerts by which a server says what it thinks of the client's certificate, or of having none.
fn client_certificate(alert: Alert) -> Option<String> {
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => {
            Some("peer asks for a client certificate".into())
        }
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => Some(format!("peer refused the client certificate: {}", spoken(alert))),
        _ => None,
    }
}

/// `HandshakeFailure` as `handshake failure`, `UnknownCA` as `unknown ca`.
fn spoken(alert: Alert) -> String {
    let mut words = String::new();
    let mut small = false;
    for letter in format!("{alert:?}").chars() {
        if small && letter.is_ascii_uppercase() {
            words.push(' ');
        }
        small = letter.is_ascii_lowercase();
        words.push(letter.to_ascii_lowercase());
    }
    words
}
