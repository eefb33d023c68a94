//! One text out of a small JSON document: no check needs more of JSON than that.

/// The value of the first member of this name, at any depth, if it is a string; escapes are kept as written.
pub fn text<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let quoted = format!("\"{name}\"");
    let mut rest = json;
    loop {
        let at = rest.windows(quoted.len()).position(|window| window == quoted.as_bytes())?;
        let (before, found) = rest.split_at(at);
        rest = found.get(quoted.len()..)?;
        // Within a string the name would be in escaped quotes; as a value, no colon would follow.
        if before.last() == Some(&b'\\') {
            continue;
        }
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b":") {
            return value.trim_ascii_start().strip_prefix(b"\"").and_then(string).map(|(text, _)| text);
        }
    }
}

/// The string whose opening quote is in front of this, escapes as they stand, and what follows its closing quote.
pub fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    #[test]
    fn the_text_of_a_member_is_found_at_any_depth() {
        let json =
            br#"{ "a\"b" : "x\"health\":\"no", "v" : "health", "n" : {"health" :"true", "x":1}, "e":"" }"#;
        assert_eq!(text(json, "health"), Some(&b"true"[..]));
        assert_eq!(text(json, "v"), Some(&b"health"[..]));
        assert_eq!(text(json, "e"), Some(&b""[..]));
        for missing in ["x", "n", "none", "true"] {
            assert_eq!(text(json, missing), None, "{missing}");
        }
        assert_eq!(text(br#"{"a":"b\"c\\"}"#, "a"), Some(&br#"b\"c\\"#[..]));
        assert_eq!(text(br#"{"a":"b\"#, "a"), None);
    }

    #[test]
    fn no_document_makes_it_panic() {
        let mut random = Random(3);
        for _ in 0..20_000 {
            text(&random.damaged(br#"{"a":"b\"c","a":{"a" : "d"}}"#), "a");
        }
    }
}
