//! The channel binding `tls-server-end-point` (RFC 5929 §4.1): the hash of the server's certificate. A login that is bound to
//! it is worth nothing to a peer in between, which has another certificate.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls::ClientConnection;

use crate::net::codec::ber::element;

const OBJECT_IDENTIFIER: u8 = 0x06;

/// pkcs-1: rsaEncryption with a digest.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// ecdsa-with-SHA2, and ecdsa-with-SHA1.
const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

/// The binding of a session; none where its certificate has a signature for which the RFC defines none.
pub fn server_end_point(session: &ClientConnection) -> Option<Vec<u8>> {
    let certificate = session.peer_certificates()?.first()?;
    Some(digest(algorithm(certificate)?, certificate).as_ref().to_vec())
}

/// The hash of the certificate's own signature; SHA-256 in place of MD5 and SHA-1.
fn algorithm(certificate: &[u8]) -> Option<&'static Algorithm> {
    let (_, whole, _) = element(certificate)?;
    let (_, _, signature) = element(whole)?;
    let (_, algorithm, _) = element(signature)?;
    let (OBJECT_IDENTIFIER, name, _) = element(algorithm)? else { return None };
    match name.split_last()? {
        (4 | 5 | 11, RSA) | (2, ECDSA_SHA2) => Some(&SHA256),
        (12, RSA) | (3, ECDSA_SHA2) => Some(&SHA384),
        (13, RSA) | (4, ECDSA_SHA2) => Some(&SHA512),
        _ if name == ECDSA_SHA1 => Some(&SHA256),
        // RSASSA-PSS names its hash elsewhere, Ed25519 has none.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_signature() {
        let pem = include_bytes!("testdata/server.crt");
        let certificate = CertificateDer::from_pem_slice(pem).unwrap();
        assert_eq!(algorithm(&certificate), Some(&SHA256));
        let at = certificate.windows(8).rposition(|window| window == [ECDSA_SHA2, &[2]].concat()).unwrap();
        for (last, expected) in [(3, Some(&SHA384)), (4, Some(&SHA512)), (9, None)] {
            let mut other = certificate.to_vec();
            other[at + 7] = last;
            assert_eq!(algorithm(&other), expected);
        }
        for end in 0..certificate.len() {
            assert_eq!(algorithm(&certificate[..end]), None);
        }
    }
}
