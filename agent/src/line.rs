//! One line for a terminal, a log or an event, from text that is not trusted.

/// The text on one line of at most `longest` characters: white space runs become one space, what steers a terminal becomes `?`.
pub fn clean(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut space = false;
    let mut count = 0;
    for character in text.trim().chars() {
        let blank = character.is_whitespace();
        if blank && space {
            continue;
        }
        if count == longest {
            line.pop();
            line.push('…');
            break;
        }
        space = blank;
        count += 1;
        line.push(match character {
            _ if blank => ' ',
            _ if steers(character) => '?',
            plain => plain,
        });
    }
    line
}

/// Control characters, and the invisible ones that reorder what a reader sees.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with every secret in it replaced; a secret of less than four characters would turn the text into noise.
pub fn mask(text: &str, secrets: &[String]) -> String {
    secrets
        .iter()
        .filter(|secret| secret.len() >= 4)
        .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_holds_nothing_that_steers_a_terminal() {
        assert_eq!(clean(" a\r\n\tb\x1b[31mc\u{202e}d ", 80), "a b?[31mc?d");
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        assert_eq!(clean("ééééé", 5), "ééééé");
        assert_eq!(clean("éééééé", 5), "éééé…");
        assert_eq!(clean("", 5), "");
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let secrets = ["hunter2".to_owned(), "ok".to_owned()];
        assert_eq!(mask("hunter2 is not ok: hunter2", &secrets), "*** is not ok: ***");
    }
}
