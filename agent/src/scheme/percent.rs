//! Percent-encoding, RFC 3986 section 2.1.

/// The decoded text; `None` if an escape is broken or the bytes are not UTF-8. A `+` stays a `+`.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The value of a hexadecimal digit.
pub fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_bytes_and_the_rest_stays() {
        assert_eq!(decode("a%20b+%C3%a9").as_deref(), Some("a b+é"));
    }

    #[test]
    fn broken_escapes_and_broken_utf8_are_refused() {
        for text in ["%", "%2", "%zz", "%+1", "%ff", "%é0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
