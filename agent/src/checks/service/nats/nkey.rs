//! Keys of NATS (nkeys): Ed25519, as base32 without padding, with what the key is for in front and a checksum behind.
//!
//! <https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth>, and the format in
//! <https://github.com/nats-io/nkeys>.

use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::net::codec::base64;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The key of a user, which begins with `U`.
const USER: u8 = 20 << 3;

/// The seed of one, which begins with `SU`: five bits for `S`, and the eight of a user.
const SEED_OF_USER: [u8; 2] = [18 << 3 | USER >> 5, (USER & 31) << 3];

/// Of two bytes in front, the seed and the checksum, five bits a letter.
const LETTERS_OF_SEED: usize = ((2 + 32 + 2) * 8_usize).div_ceil(5);

/// The key of a user.
pub struct Nkey(Ed25519KeyPair);

impl Nkey {
    /// The key of a seed; none for a text that is not the seed of a user, or was mistyped.
    pub fn from_seed(text: &[u8]) -> Option<Self> {
        (text.len() == LETTERS_OF_SEED).then_some(())?;
        let bytes = decode(text)?;
        let (front, checksum) = bytes.split_last_chunk::<2>()?;
        let seed = front.strip_prefix(&SEED_OF_USER)?;
        (crc16(front).to_le_bytes() == *checksum).then_some(())?;
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// The public key, as the server lists its users.
    pub fn public(&self) -> String {
        let mut bytes = [&[USER], self.0.public_key().as_ref()].concat();
        bytes.extend_from_slice(&crc16(&bytes).to_le_bytes());
        encode(&bytes)
    }

    /// The signature of what the server asks to sign, in the base64 of URLs without padding.
    pub fn sign(&self, nonce: &[u8]) -> String {
        let signature = base64::encode(self.0.sign(nonce).as_ref());
        signature.trim_end_matches('=').replace('+', "-").replace('/', "_")
    }
}

/// The bytes of a text, less the bits at its end that make no whole byte.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u16, 0);
    for letter in text {
        let place = ALPHABET.iter().position(|known| known == letter)?;
        bits = bits << 5 | u16::try_from(place).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Some(bytes)
}

/// Of 35 bytes, which are 56 letters.
fn encode(bytes: &[u8]) -> String {
    let bit = |place: usize| bytes.get(place / 8).is_some_and(|byte| byte << (place % 8) & 0x80 != 0);
    let letter =
        |first: usize| (first..first + 5).fold(0, |value, place| value << 1 | usize::from(bit(place)));
    (0..bytes.len() * 8).step_by(5).map(|first| char::from(ALPHABET[letter(first) & 31])).collect()
}

/// CRC-16 with the polynomial 0x1021, from 0 on.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(
            crc ^ u16::from(byte) << 8,
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;
    use crate::net::test_server::Random;

    /// The example of the documentation of credentials.
    const SEED: &str = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }

    #[test]
    fn a_seed_gives_its_public_key_and_signs() {
        let key = Nkey::from_seed(SEED.as_bytes()).unwrap();
        let public = key.public();
        assert!(public.starts_with('U') && public.len() == 56, "{public}");
        let bytes = decode(public.as_bytes()).unwrap();
        assert_eq!(bytes[1..33], *key.0.public_key().as_ref());
        let signature = key.sign(b"nonce");
        assert_eq!(signature.len(), 86);
        let standard = signature.replace('-', "+").replace('_', "/") + "==";
        let bytes = base64::decode(standard.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ED25519, key.0.public_key()).verify(b"nonce", &bytes).unwrap();
    }

    #[test]
    fn what_is_not_the_seed_of_a_user_is_no_key() {
        let changed = |at: usize, letter: &str| {
            let mut text = SEED.to_owned();
            text.replace_range(at..=at, letter);
            text
        };
        for text in [
            "",
            "SU",
            "hunter2",
            &changed(1, "A"),
            &changed(20, "A"),
            &changed(57, "A"),
            &changed(20, "1"),
            &format!("{SEED}A"),
            &SEED[..57],
            &format!("{SEED}AAAAAAAA"),
            &SEED.to_lowercase(),
        ] {
            assert!(Nkey::from_seed(text.as_bytes()).is_none(), "{text}");
        }
        let mut random = Random(5);
        for _ in 0..5_000 {
            Nkey::from_seed(&random.damaged(SEED.as_bytes()));
        }
    }
}
