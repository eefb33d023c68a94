//! The words of a command line: `--name value`, `--name=value`, positional, `--`.

use std::ffi::OsString;
use std::time::Duration;

use crate::scheme::{ParseError, parse_duration, quoted};

/// One word, by its form.
pub enum Word {
    /// With its dashes; `-h` is `--help`.
    Option(String),
    Positional(String),
}

impl Word {
    /// The error for a word that does not belong there.
    pub fn unknown(&self, options: &[&str]) -> ParseError {
        ParseError(match self {
            Self::Option(name) => {
                format!("option is {}, expected one of {}", quoted(name), options.join(", "))
            }
            Self::Positional(text) => format!("argument is {}, expected no more", quoted(text)),
        })
    }
}

/// Walks over the words.
pub struct Words {
    rest: std::vec::IntoIter<String>,
    /// The value of `--name=value`, until it is asked for.
    attached: Option<String>,
    only_positional: bool,
}

impl Words {
    /// The words; refuses those that are not UTF-8.
    pub fn new(arguments: impl Iterator<Item = OsString>) -> Result<Self, ParseError> {
        let refuse =
            |index: usize| ParseError(format!("argument {} is not UTF-8, expected UTF-8", index + 1));
        let words: Result<Vec<_>, _> = arguments
            .enumerate()
            .map(|(index, word)| word.into_string().map_err(|_| refuse(index)))
            .collect();
        Ok(Self { rest: words?.into_iter(), attached: None, only_positional: false })
    }

    /// The next word, if there is one.
    pub fn word(&mut self) -> Option<Word> {
        self.attached = None;
        let word = self.rest.next()?;
        if self.only_positional || !word.starts_with('-') || word == "-" {
            return Some(Word::Positional(word));
        }
        if word == "--" {
            self.only_positional = true;
            return self.rest.next().map(Word::Positional);
        }
        Some(Word::Option(match word.split_once('=') {
            Some((name, value)) => {
                self.attached = Some(value.to_owned());
                name.to_owned()
            }
            None if word == "-h" => "--help".to_owned(),
            None => word,
        }))
    }

    /// The value of the option that came last.
    pub fn value(&mut self, option: &str) -> Result<String, ParseError> {
        self.attached
            .take()
            .or_else(|| self.rest.next())
            .ok_or_else(|| ParseError(format!("option {option} has no value, expected one")))
    }

    /// The value as a duration.
    pub fn duration(&mut self, option: &str) -> Result<Duration, ParseError> {
        let value = self.value(option)?;
        parse_duration(&value).ok_or_else(|| wrong(option, &value, "a duration such as 10s, 1m30s or 500ms"))
    }
}

/// The error for an option's value.
pub fn wrong(option: &str, received: &str, expected: &str) -> ParseError {
    ParseError(format!("option {option} is {}, expected {expected}", quoted(received)))
}
