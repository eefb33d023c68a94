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

/// The value at a path of names, and of positions in lists, as it is written; none if it does not come to its end.
pub fn value<'a>(json: &'a [u8], path: &[String]) -> Option<&'a [u8]> {
    path.iter().try_fold(json.trim_ascii_start(), |value, step| match value.first()? {
        b'[' => entry(value, step.parse().ok()?),
        _ => member(value, step),
    })
}

/// Whether a value as it is written is a string of this text, or this number or word.
pub fn is(value: &[u8], text: &str) -> bool {
    match value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")) {
        Some(string) => unescaped(string).is_some_and(|string| string == text),
        None => value == text.as_bytes(),
    }
}

/// The value at a position of a list.
fn entry(list: &[u8], position: usize) -> Option<&[u8]> {
    let mut rest = list.strip_prefix(b"[")?.trim_ascii_start();
    for _ in 0..position {
        let after = rest.get(first_value(rest)?.len()..)?;
        rest = after.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
    }
    first_value(rest).filter(|value| !value.is_empty())
}

/// What a string says (RFC 8259 §7).
fn unescaped(string: &[u8]) -> Option<String> {
    let mut rest = str::from_utf8(string).ok()?;
    let mut text = String::new();
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let letter = escape.chars().next()?;
        rest = escape.get(letter.len_utf8()..)?;
        text.push(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = code_unit(rest)?;
                rest = rest.get(4..)?;
                match rest.strip_prefix("\\u").and_then(|second| Some((code_unit(second)?, second))) {
                    Some((low, second)) if matches!((unit, low), (0xd800..=0xdbff, 0xdc00..=0xdfff)) => {
                        rest = second.get(4..)?;
                        char::decode_utf16([unit, low]).next()?.ok()?
                    }
                    _ => char::from_u32(unit.into())?,
                }
            }
            _ => return None,
        });
    }
    text.push_str(rest);
    Some(text)
}

fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.get(..4)?, 16).ok()
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

/// The value that the text begins with; none if it is not seen to end.
fn first_value(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    let mut depth = 0_usize;
    loop {
        let [byte, tail @ ..] = rest else { return None };
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
    fn a_path_leads_into_lists_and_a_value_is_compared_as_what_it_says() {
        let json =
            br#" {"a":{"b":[1,{"c":"d\"\u00e9\ud83d\ude00\n"} , true]},"e":-0.5,"f":null,"g":[],"h":"\u12"}"#;
        let at = |path: &str| value(json, &path.split('.').map(str::to_owned).collect::<Vec<_>>());
        for (path, text) in
            [("a.b.0", "1"), ("a.b.1.c", "d\"é😀\n"), ("a.b.2", "true"), ("e", "-0.5"), ("f", "null")]
        {
            assert!(at(path).is_some_and(|value| is(value, text) && !is(value, "d")), "{path}");
        }
        assert!(at("h").is_some_and(|value| !is(value, "\\u12")));
        for path in ["a.b.3", "a.c", "g.0", "e.0", "a.b.x", "a.b.1.c.0", "z"] {
            assert_eq!(at(path), None, "{path}");
        }
        let one = |json: &'static [u8]| value(json, &["a".to_owned()]);
        assert_eq!(one(b"[]"), None);
        // Of a document that was cut off: what is not seen to end may go on.
        assert_eq!(
            (one(br#"{"a":1"#), one(br#"{"a":"b"#), one(br#"{"a":12,"#)),
            (None, None, Some(&b"12"[..]))
        );
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
            value(&json, &["b".into(), "0".into(), "a".into()]).map(|value| is(value, "d"));
        }
    }
}
