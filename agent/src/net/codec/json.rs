//! Single values out of a small JSON document, which is not checked: a server of any version is understood as far as needed.

/// The string at a path of names from the outermost object on; escapes are kept as written.
pub fn text<'a>(json: &'a [u8], path: &[&str]) -> Option<&'a [u8]> {
    let value = path.iter().try_fold(json, |object, name| member(object, name))?;
    string(value.strip_prefix(b"\"")?).map(|(text, _)| text)
}

/// Whether the member of the outermost object is `true`.
pub fn is_true(json: &[u8], name: &str) -> bool {
    member(json, name) == Some(b"true")
}

/// The value of a member of the outermost object, as it is written.
fn member<'a>(json: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = json;
    let mut depth = 0_usize;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let (text, after) = string(tail)?;
                rest = after;
                if depth == 1
                    && text == name.as_bytes()
                    && let [b':', value @ ..] = after.trim_ascii_start()
                {
                    return first_value(value.trim_ascii_start());
                }
            }
            _ => {}
        }
    }
    None
}

/// The value that the text begins with.
fn first_value(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    let mut depth = 0_usize;
    while let [byte, tail @ ..] = rest {
        match byte {
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => break,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                rest = string(tail)?.1;
                continue;
            }
            _ => {}
        }
        rest = tail;
    }
    text.get(..text.len() - rest.len())
}

/// The string whose opening quote is in front of this, escapes as they stand, and what follows its closing quote.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
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
    fn only_the_outermost_object_is_searched_and_a_path_leads_further() {
        let json = br#"{ "a\"b" : "x\"health\":\"no", "v" : "health", "n" : {"health" :"true", "x":[{"y":"z"}],"e" : ""}, "l":["n",{"v":"w"}], "e":"" , "health":"well"}"#;
        assert_eq!(text(json, &["health"]), Some(&b"well"[..]));
        assert_eq!(text(json, &["n", "health"]), Some(&b"true"[..]));
        assert_eq!(text(json, &["n", "e"]), Some(&b""[..]));
        assert_eq!(text(json, &["v"]), Some(&b"health"[..]));
        assert_eq!(text(json, &["e"]), Some(&b""[..]));
        for missing in [&["x"][..], &["n"], &["none"], &["true"], &["v", "w"], &["n", "y"], &["l", "v"], &[]]
        {
            assert_eq!(text(json, missing), None, "{missing:?}");
        }
        assert_eq!(text(br#"{"a":"b\"c\\"}"#, &["a"]), Some(&br#"b\"c\\"#[..]));
        assert_eq!(text(br#"{"a":"b\"#, &["a"]), None);
        assert_eq!(text(br#"{"a":{"b":"c"#, &["a", "b"]), None);
    }

    #[test]
    fn a_word_is_no_string() {
        let json = br#"{"a":true,"b": false ,"c":"true","d":{"a":true},"e":tru"#;
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(|name| is_true(json, name)),
            [true, false, false, false, false]
        );
        assert!(is_true(br#"{"a": true}"#, "a") && text(br#"{"a":true}"#, &["a"]).is_none());
    }

    #[test]
    fn no_document_makes_it_panic() {
        let mut random = Random(3);
        for _ in 0..20_000 {
            let json = random.damaged(br#"{"a":"b\"c","a":{"a" : "d"},"b":[{}]}"#);
            text(&json, &["a"]);
            text(&json, &["b", "a"]);
        }
    }
}
