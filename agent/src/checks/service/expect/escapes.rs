//! Escapes in what is sent: an annotation cannot hold a line break where one has to go out.

use crate::scheme::hex;

/// The bytes of a text with `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` in it; all other escapes stay as they are written.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, length) = match (first, after) {
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [b'0', ..]) => (0, 2),
            (b'\\', [b'\\', ..]) => (b'\\', 2),
            (b'\\', [b'x', high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (first, 1),
            },
            _ => (first, 1),
        };
        bytes.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    #[test]
    fn escapes_become_bytes_and_unknown_ones_stay() {
        for (text, bytes) in [
            (r"PING\r\n", &b"PING\r\n"[..]),
            (r"\x00\xfF\t\0\\n", b"\x00\xff\t\0\\n"),
            (r"\q\x1\xzz\", br"\q\x1\xzz\"),
            ("é", "é".as_bytes()),
            ("", b""),
        ] {
            assert_eq!(unescape(text), bytes, "{text}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let mut random = Random(7);
        for _ in 0..10_000 {
            let text = String::from_utf8_lossy(&random.damaged(br"\r\n\x00\\\xff")).into_owned();
            assert!(unescape(&text).len() <= text.len());
        }
    }
}
