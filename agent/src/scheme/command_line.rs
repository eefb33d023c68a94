//! The words of an `exec:` check: quotes as in a shell, and nothing else of a shell, so that nothing is ever expanded.

use super::{ParseError, quoted};

/// The program and its arguments; single quotes keep all, double quotes know `\"` and `\\`, a bare backslash keeps the next character.
pub fn split(text: &str) -> Result<Vec<String>, ParseError> {
    let refuse = |expected| ParseError(format!("command is {}, expected {expected}", quoted(text)));
    let open = || refuse("every quote closed");
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => single(&mut rest, word.get_or_insert_default()).ok_or_else(open)?,
            '"' => double(&mut rest, word.get_or_insert_default()).ok_or_else(open)?,
            '\\' => word.get_or_insert_default().push(rest.next().ok_or_else(open)?),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(refuse("a program and its arguments")),
    }
}

/// Copies up to the closing single quote; `None` if there is none.
fn single(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            '\'' => return Some(()),
            kept => word.push(kept),
        }
    }
}

/// Copies up to the closing double quote; `None` if there is none.
fn double(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            '"' => return Some(()),
            '\\' => match rest.next()? {
                escaped @ ('"' | '\\') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            kept => word.push(kept),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_join_words_and_keep_what_they_hold() {
        let words = split("a 'b c'\"d\\\"e\\n\"f\\ g\n''\t$HOME * `x`");
        assert_eq!(words, Ok(["a", "b cd\"e\\nf g", "", "$HOME", "*", "`x`"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn open_quotes_and_a_backslash_at_the_end_are_refused() {
        for text in ["'", "a \"b", "a\\", "\"\\"] {
            assert!(
                split(text).is_err_and(|error| error.0.ends_with("expected every quote closed")),
                "{text}"
            );
        }
    }
}
