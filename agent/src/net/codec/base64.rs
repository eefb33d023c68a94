//! Base64 with padding (RFC 4648, section 4).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let value = group.iter().fold(0_usize, |value, &byte| value << 8 | usize::from(byte))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = ALPHABET[value >> (18 - 6 * place) & 63];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// The bytes that are written so, none for any text that `encode` would not have made.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.chunks(4) {
        let padding = group.iter().rev().take_while(|&&letter| letter == b'=').count();
        let mut value = 0_u32;
        for letter in group.iter().take(4 - padding.min(2)) {
            let place = ALPHABET.iter().position(|known| known == letter)?;
            value = value << 6 | u32::try_from(place).ok()?;
        }
        let three = (value << (6 * padding.min(2))).to_be_bytes();
        bytes.extend_from_slice(three.get(1..4 - padding.min(2))?);
    }
    (encode(&bytes).as_bytes() == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("n,,", "biws")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn what_it_would_not_write_it_does_not_read() {
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "=", "====", "Z===", "Zm9v\n", "Zm-_", "Zg==="] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn random_bytes_come_back() {
        let mut random = Random(7);
        for _ in 0..2_000 {
            let bytes = random.bytes(40);
            assert_eq!(decode(encode(&bytes).as_bytes()), Some(bytes));
            decode(&random.bytes(9));
        }
    }
}
