//! Which peers to believe: all, as the kubelet does, or the certificates of a file.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::certificate::{Validity, has_unread_key};
use crate::net::error::Unverifiable;

/// Believes any certificate, but only from a peer that holds its key.
#[derive(Debug)]
pub struct AcceptAny(pub Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        unless_unreadable(
            verify_tls12_signature(message, certificate, signed, algorithms),
            certificate,
            signed,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        unless_unreadable(
            verify_tls13_signature(message, certificate, signed, algorithms),
            certificate,
            signed,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.0.signature_verification_algorithms.supported_schemes();
        schemes.extend(UNREAD_SCHEMES);
        schemes
    }
}

/// Signatures that the agent cannot verify: those of P-521, of Ed448, of RSASSA-PSS keys, and with SHA-1. A server whose
/// key makes no others takes the handshake only from a client that offers them, as the kubelet mostly does.
const UNREAD_SCHEMES: [SignatureScheme; 7] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
    SignatureScheme::ECDSA_SHA1_Legacy,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// webpki does not read X.509 version 1, which `openssl x509 -req` still makes, and ring no short keys and few
/// algorithms: as the check does not ask whose certificate it is, not being able to read it is no reason to call its server dead.
fn unless_unreadable(
    result: Result<HandshakeSignatureValid, Error>,
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let unreadable = match &result {
        Ok(_) => return result,
        Err(Error::InvalidCertificate(CertificateError::BadSignature)) => has_unread_key(certificate),
        Err(Error::InvalidCertificate(_)) => true,
        Err(_) => UNREAD_SCHEMES.contains(&signed.scheme),
    };
    if unreadable { Ok(HandshakeSignatureValid::assertion()) } else { result }
}

/// Believes chains that end in the listed certificates, and the listed certificates themselves.
#[derive(Debug)]
pub struct CaOrPinned {
    pub chain: Arc<WebPkiServerVerifier>,
    pub listed: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for CaOrPinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let result = self.chain.verify_server_cert(leaf, intermediates, name, ocsp, now);
        match result {
            // A self-signed certificate, as `openssl req -x509` makes it, is its own CA: webpki refuses such a server
            // certificate whichever CA signed it, OpenSSL and Go accept it when it is listed itself.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.listed.contains(leaf) => {
                Validity::of(leaf).ok_or(CertificateError::BadEncoding)?.check(now)?;
                verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other.map_err(|error| {
                let mut chain = std::iter::once(leaf).chain(intermediates).chain(&self.listed);
                doubted(error, || chain.any(has_unread_key))
            }),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let result = self.chain.verify_tls12_signature(message, certificate, signed);
        result.map_err(|error| doubted(error, || has_unread_key(certificate)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let result = self.chain.verify_tls13_signature(message, certificate, signed);
        result.map_err(|error| doubted(error, || has_unread_key(certificate)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// What a wrong signature is where a key is not read: no news of the signature.
fn doubted(error: Error, unread: impl FnOnce() -> bool) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) if unread() => {
            let why = Unverifiable("an RSA key of less than 2048 or more than 8192 bits");
            CertificateError::Other(OtherError(Arc::new(why))).into()
        }
        other => other,
    }
}
