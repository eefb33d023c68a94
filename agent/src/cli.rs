//! The command line, parsed by hand: four verbs do not need a crate.

pub mod check;
mod help;
mod hold;
pub mod install;
mod life;
mod serve;
mod unknown;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;

pub use check::CheckOnce;
pub use serve::{Bind, Module, Questions, Section, Serve};

use crate::scheme::{ParseError, quoted};
use crate::version::VERSION;
use words::{Word, Words};

/// The command line is wrong, of sysexits.h: the kubelet counts it as a failure, and the operator reads why in the event.
pub const EX_USAGE: u8 = 64;

/// What to do.
pub enum Command {
    Serve(Serve),
    Check(CheckOnce),
    Install(PathBuf),
    /// A help text, or the version.
    Print(String),
}

/// Reads the arguments after the program's name; the error is the sentence for standard error.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, ParseError> {
    let mut words = Words::new(arguments)?;
    let verb = match words.word() {
        Some(Word::Positional(verb)) => verb,
        Some(Word::Option(name)) if name == "--help" => return Ok(print(&help::all())),
        Some(Word::Option(name)) if name == "--version" => return Ok(version()),
        Some(Word::Option(name)) => return Err(unknown_verb(&quoted(&name))),
        None => return Err(unknown_verb("missing")),
    };
    match verb.as_str() {
        "serve" => Ok(serve::parse(words)?.map_or_else(|| print(help::SERVE), Command::Serve)),
        "check" => Ok(check::parse(words)?.map_or_else(|| print(help::CHECK), Command::Check)),
        "install" => install(words),
        "version" => match words.word() {
            None => Ok(version()),
            Some(Word::Option(name)) if name == "--help" => Ok(print(help::VERSION)),
            Some(word) => Err(word.unknown(&["--help"])),
        },
        "help" => Ok(print(&help::all())),
        other => Err(unknown_verb(&quoted(other))),
    }
}

fn install(mut words: Words) -> Result<Command, ParseError> {
    let mut directory = None;
    while let Some(word) = words.word() {
        match word {
            Word::Option(name) if name == "--help" => return Ok(print(help::INSTALL)),
            Word::Positional(text) if directory.is_none() && !text.is_empty() => directory = Some(text),
            other => return Err(other.unknown(&["--help"])),
        }
    }
    let directory =
        directory.ok_or_else(|| ParseError("directory is missing, expected install DIR".into()))?;
    Ok(Command::Install(directory.into()))
}

fn version() -> Command {
    print(&format!("health-probe {VERSION}\n"))
}

fn print(text: &str) -> Command {
    Command::Print(text.to_owned())
}

fn unknown_verb(received: &str) -> ParseError {
    ParseError(format!("verb is {received}, expected one of serve, check, install, version, or --help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence with which a command line is refused, or nothing.
    pub fn refused(line: &[&str]) -> String {
        parse(line.iter().map(OsString::from)).err().map(|error| error.0).unwrap_or_default()
    }

    #[test]
    fn every_verb_has_a_help_text() {
        for verb in ["serve", "check", "install", "version"] {
            for flag in ["--help", "-h"] {
                assert!(matches!(parse([verb, flag].iter().map(OsString::from)), Ok(Command::Print(_))));
            }
        }
    }

    #[test]
    fn unknown_verbs_and_words_are_refused_in_a_sentence() {
        assert_eq!(
            refused(&[]),
            "verb is missing, expected one of serve, check, install, version, or --help"
        );
        assert!(refused(&["run"]).starts_with("verb is \"run\", expected one of"));
        assert_eq!(refused(&["install"]), "directory is missing, expected install DIR");
        assert_eq!(refused(&["install", "/a", "/b"]), "argument is \"/b\", expected no more");
        assert_eq!(refused(&["version", "--all"]), "option is \"--all\", expected one of --help");
    }

    #[test]
    fn arguments_that_are_not_utf8_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let line = [OsString::from("check"), OsString::from_vec(vec![0xff])];
        assert!(
            parse(line.into_iter()).is_err_and(|error| error.0 == "argument 2 is not UTF-8, expected UTF-8")
        );
    }
}
