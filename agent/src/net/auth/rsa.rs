//! RSA from the side that has the public key: RSAES-OAEP with SHA-1 (RFC 8017 §7.1), for ring only verifies.

mod power;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA1_OUTPUT_LEN, digest};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use crate::check::{Cause, Outcome};
use crate::net::codec::spki;
use crate::net::io::files;

/// 1,024 to 4,096 bits.
const BYTES: std::ops::RangeInclusive<usize> = 128..=512;

/// 65537, as of nearly every key.
const EXPONENT: &[u8] = &[1, 0, 1];

/// A file has one key, of less than a kilobyte.
const FILE_LIMIT: u64 = 16 * 1024;

/// What every key is that can be used here.
pub const EXPECTED: &str = "expected one of RSA with 1024 to 4096 bits and the exponent 65537";

/// A key that a secret can be encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The highest byte first.
    modulus: Vec<u8>,
}

impl PublicKey {
    /// The key of a PEM file.
    pub fn from_file(path: &str) -> Result<Self, Outcome> {
        // The check cannot be made, which says nothing of the program: no reason to restart it.
        Self::from_pem(&files::read(path, FILE_LIMIT)?).ok_or_else(|| {
            Outcome::alive(Cause::Protocol, format!("no usable public key in {path}, {EXPECTED}"))
        })
    }

    /// The first `PUBLIC KEY` of a text.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
        let (modulus, exponent) = spki::rsa(&info)?;
        let is_odd = modulus.last().is_some_and(|last| last & 1 == 1);
        let fits = exponent == EXPONENT && is_odd && BYTES.contains(&modulus.len()) && modulus[0] != 0;
        fits.then(|| Self { modulus: modulus.to_vec() })
    }

    /// The message, encrypted; none of one that is too long for the key.
    pub fn encrypt(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut seed = [0; SHA1_OUTPUT_LEN];
        SystemRandom::new().fill(&mut seed).ok()?;
        self.encrypt_with(message, seed)
    }

    fn encrypt_with(&self, message: &[u8], mut seed: [u8; SHA1_OUTPUT_LEN]) -> Option<Vec<u8>> {
        let label = digest(&SHA1_FOR_LEGACY_USE_ONLY, b"");
        let zeros = self.modulus.len().checked_sub(message.len() + 2 * SHA1_OUTPUT_LEN + 2)?;
        let mut block = [label.as_ref(), &vec![0; zeros], &[1], message].concat();
        mask(&mut block, &seed);
        mask(&mut seed, &block);
        Some(power::of(&[&[0][..], &seed, &block].concat(), &self.modulus))
    }
}

/// MGF1 (RFC 8017 §B.2.1), laid over the bytes.
fn mask(bytes: &mut [u8], seed: &[u8]) {
    for (counter, piece) in (0_u32..).zip(bytes.chunks_mut(SHA1_OUTPUT_LEN)) {
        let key = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[seed, &counter.to_be_bytes()].concat());
        piece.iter_mut().zip(key.as_ref()).for_each(|(byte, key)| *byte ^= key);
    }
}

#[cfg(test)]
mod tests;
