//! What a failed handshake says about the peer.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::AlertDescription as Alert;
use rustls::{CertificateError, InvalidMessage};

use crate::check::{Cause, Outcome};

/// Why a peer that closes without a word is no dead one: it asked for a client certificate, and in TLS 1.3 it can refuse
/// the one it gets, or the lack of one, only after the handshake. slapd and Node send no alert then.
#[derive(Clone, Copy, Debug)]
pub struct ClientAuthRequested(&'static str);

impl ClientAuthRequested {
    pub const UNANSWERED: Self = Self("peer asks for a client certificate, and closes");
    pub const SHOWN: Self = Self("peer closes after it was shown the client certificate that it asked for");
    const REFUSED: Self = Self("peer asks for a client certificate, and refuses the handshake without one");
    const SHOWN_REFUSED: Self = Self("peer refused the client certificate: handshake failure");

    pub fn outcome(self) -> Outcome {
        Outcome::alive(Cause::Protocol, self.0)
    }

    /// The same of a peer that has a word: TLS 1.2 has none but `handshake_failure` for this (RFC 5246 §7.4.6).
    pub fn refused(self) -> Self {
        if self.0 == Self::UNANSWERED.0 { Self::REFUSED } else { Self::SHOWN_REFUSED }
    }
}

impl fmt::Display for ClientAuthRequested {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for ClientAuthRequested {}

/// Of the kind that the end of a connection has anyhow.
impl From<ClientAuthRequested> for io::Error {
    fn from(excuse: ClientAuthRequested) -> Self {
        Self::new(io::ErrorKind::UnexpectedEof, excuse)
    }
}

/// What a handshake with a peer comes to that answers in the clear.
const NO_TLS: &str = "peer does not speak TLS";

/// The alert by which the peer has ended the connection, if it has.
pub fn alert_in(error: &io::Error) -> Option<Alert> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

/// The outcome of a check whose TLS failed. A peer that refuses our certificate is alive: it must not be restarted
/// because the certificate of its check has expired. So is one that speaks TLS, but none that rustls speaks or reads:
/// programs that know more of it may well be served. Only `internal_error` is about the peer itself.
pub fn tls_outcome(error: &rustls::Error) -> Outcome {
    use rustls::Error as E;
    let alive = |reason: String| Outcome::alive(Cause::Protocol, reason);
    let reason = match error {
        E::InvalidCertificate(why) => match unverifiable(why) {
            Some(why) => return alive(format!("certificate cannot be verified: {why}")),
            None => return Outcome::fail(Cause::Identity, certificate(why)),
        },
        E::AlertReceived(alert) => {
            let refusal = format!("peer refused the TLS handshake: {}", spoken(*alert));
            match alert {
                Alert::InternalError => refusal,
                alert => return alive(client_certificate(*alert).unwrap_or(refusal)),
            }
        }
        E::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) => NO_TLS.into(),
        E::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => return alive("certificates of the peer are longer than 65535 bytes".into()),
        E::InvalidMessage(_) => "peer sent a malformed TLS message".into(),
        E::NoApplicationProtocol => "peer does not speak the protocol over TLS (ALPN)".into(),
        E::PeerIncompatible(why) => {
            return alive(format!("no TLS version or cipher in common: {why:?}"));
        }
        E::PeerMisbehaved(why) => return alive(format!("peer speaks TLS that is not understood: {why:?}")),
        E::General(_) | E::FailedToGetRandomBytes | E::FailedToGetCurrentTime => {
            return alive(format!("TLS cannot be tried: {error}"));
        }
        other => format!("TLS failed: {other}"),
    };
    Outcome::fail(Cause::Protocol, reason)
}

/// A certificate of which rustls cannot tell whether it is to be trusted: an algorithm, a length of key or a version
/// of X.509 that it does not read.
#[derive(Debug)]
pub struct Unverifiable(pub &'static str);

impl fmt::Display for Unverifiable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for Unverifiable {}

/// Why the agent cannot tell whether a certificate is to be trusted, if that is what is wrong.
#[allow(deprecated, reason = "webpki may still give the variants without context")]
fn unverifiable(error: &CertificateError) -> Option<&'static str> {
    use CertificateError as E;
    match error {
        E::UnsupportedSignatureAlgorithm
        | E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            Some("its algorithm is none that is known here")
        }
        E::Other(why) if why.to_string() == "UnsupportedCertVersion" => Some("it is of X.509 version 1"),
        E::Other(why) => why.0.downcast_ref::<Unverifiable>().map(|why| why.0),
        _ => None,
    }
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
