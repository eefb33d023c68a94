//! The public key of a certificate or of a file, as `SubjectPublicKeyInfo` has it (RFC 5280 §4.1, RFC 8017 §A.1).

use super::ber::element;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Modulus and exponent of an RSA key, the highest byte first and never a zero; none of another key.
pub fn rsa(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let (SEQUENCE, key, _) = element(info)? else { return None };
    let (SEQUENCE, algorithm, key) = element(key)? else { return None };
    let (_, RSA_ENCRYPTION, _) = element(algorithm)? else { return None };
    // A string of bits, whose first byte says how many of them are unused.
    let (BIT_STRING, [0, key @ ..], _) = element(key)? else { return None };
    let (SEQUENCE, numbers, _) = element(key)? else { return None };
    let (INTEGER, modulus, exponent) = element(numbers)? else { return None };
    let (INTEGER, exponent, _) = element(exponent)? else { return None };
    Some((without_sign(modulus), without_sign(exponent)))
}

/// A number whose first bit is set has a zero in front.
fn without_sign(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}
