//! Regular expressions, as far as JavaScript and this program read them alike: the injector has to refuse what the
//! agent would refuse.
//!
//! A pattern is taken apart by the `pattern` of `checks.json`, token by token. So there is no look-around, no
//! back-reference, no flag and no class of Unicode in it, and what is left only has to be in order: brackets closed, and
//! ranges not backwards.

use regex_lite::Regex;

/// In characters, also once the repetitions are written out: a search takes as many steps for each byte, and nothing
/// can end it early.
const LONGEST: usize = 512;

/// As it is written, repetitions written out: each copy of a class takes room for all that is in it.
const LONGEST_TEXT: usize = 4096;

/// Groups within groups.
const DEEPEST: usize = 8;

/// An opening bracket; or an atom, and how often at least and at most; or an anchor.
const TOKEN: &str = r"^(?:(\()(?:\?:)?|(\)|[ -#%-',->@-Z_-z~]|\\(?:[dDwWsSnrtfv$(-+.\/?\[-\^{-}]|x[0-9A-Fa-f]{2})|\[\^?(?:-?(?:(?:[ -%'-,.-Z_-}]|\\(?:[dDwWsSnrtfv$(-+.\/?\[-\^{-}]|-|x[0-9A-Fa-f]{2}))(?:-(?:[ -%'-,.-Z_-}]|\\(?:[nrtfv$(-+.\/?\[-\^{-}]|-|x[0-9A-Fa-f]{2})))?)+-?|-)\])(?:(?:[*+?]|\{([0-9]{1,3})(?:,([0-9]{0,3}))?\})\??)?|[|^$]|\\[bB])";

/// The pattern ready for use, or what was expected in its place.
pub fn compile(pattern: &str) -> Result<Regex, &'static str> {
    const EXPECTED: &str = "a regular expression without look-around and back-references";
    match written_out(pattern) {
        Some(((length, text), uncaptured)) if length <= LONGEST && pattern.len() <= LONGEST => {
            if text > LONGEST_TEXT {
                return Err(
                    "a regular expression with classes of at most 4096 characters, repetitions written out",
                );
            }
            Regex::new(&uncaptured).map_err(|_| EXPECTED)
        }
        Some(_) => Err("a regular expression of at most 512 characters, repetitions written out"),
        None => Err(EXPECTED),
    }
}

/// How many atoms a pattern is and how long they are, repetitions written out, and the pattern without captures, since each of them takes room
/// beside each atom; none if it is no pattern.
fn written_out(pattern: &str) -> Option<((usize, usize), String)> {
    let token = Regex::new(TOKEN).ok()?;
    let mut uncaptured = String::new();
    let mut rest = pattern;
    // The lengths of the open groups, the innermost last.
    let mut groups = vec![(0_usize, 0_usize)];
    while !rest.is_empty() {
        let found = token.captures(rest)?;
        let text = |group| found.get(group).map(|it| it.as_str());
        uncaptured.push_str(if text(1).is_some() { "(?:" } else { text(0)? });
        if text(1).is_some() {
            groups.push((0, 0));
        } else if let Some(atom) = text(2) {
            let (atoms, length) = if atom == ")" { groups.pop()? } else { (1, atom.len()) };
            let times: usize = [text(3), text(4)]
                .into_iter()
                .flatten()
                .filter_map(|count| count.parse().ok())
                .max()
                .unwrap_or(1)
                .max(1);
            let sums = groups.last_mut()?;
            sums.0 = sums.0.saturating_add(atoms.saturating_mul(times));
            sums.1 = sums.1.saturating_add(length.saturating_mul(times));
        }
        if groups.len() > DEEPEST + 1 {
            return None;
        }
        rest = rest.get(found.get(0)?.end()..)?;
    }
    match groups[..] {
        [sums] if !pattern.is_empty() => Some((sums, uncaptured)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_are_those_of_the_contract() {
        let contract: serde_json::Value = serde_json::from_str(include_str!("../../checks.json")).unwrap();
        assert_eq!(contract["pattern"].as_str(), Some(TOKEN));
    }

    #[test]
    fn what_both_languages_read_is_a_pattern() {
        for pattern in [
            "^PONG",
            "a|b|",
            "(?:a(b)c)*?",
            r"^\* OK [^\r\n]*\r\n",
            r"[-a-z\d.\-]+$",
            r"\x00\xfF",
            r"(\d{1,3}\.){3}\d{1,3}\b",
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            ".{512}",
            "((((((((a|b)*)*)*)*)*)*)*)*",
            "a{2,}",
            "()",
            "[^-]+[-]",
        ] {
            assert!(compile(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_one_of_them_reads_otherwise_is_none() {
        for pattern in [
            "",
            "(",
            ")",
            "a)",
            "[",
            "]",
            "{",
            "}",
            "a{",
            "a{,2}",
            "a{2,1}",
            "a**",
            "*",
            "(*a)",
            "^*",
            r"\b+",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<n>a)",
            "(?i)a",
            "(?i:a)",
            r"(a)\1",
            r"\k<n>",
            r"\p{L}",
            r"\u0041",
            r"\cA",
            r"\0",
            r"\a",
            r"\z",
            r"\-",
            "[]",
            "[]a]",
            "[^]",
            "[^^]",
            "[[:alpha:]]",
            "[a&&b]",
            "[a--b]",
            "[z-a]",
            r"[\d-z]",
            r"[a-\d]",
            r"[\b]",
            "é",
            "\n",
            "(((((((((a)))))))))",
            r"\",
            r"[\",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn repetitions_are_counted_as_written_out() {
        for pattern in
            ["a{513}", "(a{100}){100}", "((((a{999}){999}){999}){999}){999}", ".{0,600}", "(ab){300}"]
        {
            assert!(compile(pattern).is_err_and(|expected| expected.contains("512")), "{pattern}");
        }
        let classes = "[acegikmoqsuwyACEGIKMOQSUWY0248]{124}";
        assert!(compile(classes).is_ok());
        for pattern in [classes.replace("124", "129"), format!("({}){{2}}", classes.replace("124", "65"))] {
            assert!(compile(&pattern).is_err_and(|expected| expected.contains("4096")), "{pattern}");
        }
        assert!(compile(r"\xFF{512}").is_ok());
        assert!(compile(&"a".repeat(513)).is_err());
        assert!(compile(&"a".repeat(512)).is_ok());
    }
}
