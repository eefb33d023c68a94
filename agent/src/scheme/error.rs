//! Why a text is not a check.

/// One sentence without a secret, with what was received and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(pub String);

/// The most characters of a received value that a sentence repeats.
const SHOWN: usize = 60;

/// The value in quotation marks, cut to 60 characters, its control characters spelled out: safe for a log or an event.
pub fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    let mut characters = value.chars();
    for character in characters.by_ref().take(SHOWN) {
        if character.is_control() {
            text.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    if characters.next().is_some() {
        text.push('…');
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_characters_are_shown_and_the_rest_is_cut() {
        assert_eq!(quoted(&"é".repeat(60)), format!("\"{}\"", "é".repeat(60)));
        assert_eq!(quoted(&"é".repeat(61)), format!("\"{}…\"", "é".repeat(60)));
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(quoted("a\n\u{7f}"), "\"a\\u{a}\\u{7f}\"");
    }
}
