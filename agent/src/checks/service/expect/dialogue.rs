//! A dialogue, step by step: what is sent, and what has to come back.
//!
//! A byte is taken as the character of its number (Latin-1), so `\xHH` in a pattern is that byte and `.` is any byte but
//! a line feed, whatever the encoding of the peer.

use std::io::{self, ErrorKind, Read, Write};

use regex_lite::Regex;

use crate::check::{Cause, Outcome};
use crate::net::{Conversation, Failure, WORDS_IN_THE_CLEAR, quote};

/// What is read of each answer, in bytes, until it has to match.
pub const WINDOW: usize = 16 * 1024;

/// How much is searched of one answer, in bytes, before a search waits until a quarter more has come: one that comes
/// byte by byte would take the square of its length.
pub const SEARCHED: usize = 8 * WINDOW;

/// One question, or what the peer says unasked.
pub struct Step {
    pub send: Option<Vec<u8>>,
    pub expect: Option<Regex>,
    /// What a match proves, as the beginning of a sentence.
    pub answered: &'static str,
}

/// How far a dialogue has come.
pub struct Dialogue<'a> {
    conversation: &'a Conversation<'a>,
    has_one_question: bool,
    /// What has come and was not asked for by a step so far.
    said: String,
    /// Whether the last match took in the end of its line.
    is_line_over: bool,
    outcome: Outcome,
}

impl<'a> Dialogue<'a> {
    /// The answer to a single question is the server's own word: one that does not match is a failure, whatever came
    /// before. Of several questions the first answer proves that the server is alive.
    pub fn new(conversation: &'a Conversation<'a>, has_one_question: bool) -> Self {
        let outcome = Outcome::pass("sent");
        Self { conversation, has_one_question, said: String::new(), is_line_over: false, outcome }
    }

    /// Takes these steps.
    pub fn take(&mut self, stream: &mut (impl Read + Write), steps: &[Step]) -> Result<(), Failure> {
        for step in steps {
            if let Some(send) = &step.send {
                // What came before the question is no answer to it.
                self.said.clear();
                // A peer may say why it goes without having read all: whether or not all was sent, its words tell.
                let sent = stream.write_all(send);
                if step.expect.is_none() {
                    sent?;
                }
            }
            if let Some(pattern) = &step.expect {
                let matched = |said: &str| pattern.find(said).map(|found| found.end());
                let end =
                    wait_for(matched, stream, &mut self.said).map_err(|failure| self.judged(failure))?;
                self.conversation.alive(step.answered);
                self.outcome = Outcome::pass(first_line(&self.said));
                self.is_line_over = self.said.drain(..end).next_back() == Some('\n');
            }
        }
        Ok(())
    }

    /// Reads the rest of the line in which the peer agreed to TLS, after which it must have said nothing more.
    pub fn end_in_the_clear(&mut self, stream: &mut impl Read) -> Result<(), Failure> {
        let end = match self.is_line_over {
            true => 0,
            false => {
                let line = |said: &str| said.find('\n').map(|end| end + 1);
                wait_for(line, stream, &mut self.said).map_err(|failure| self.judged(failure))?
            }
        };
        self.said.drain(..end);
        match self.said.is_empty() {
            true => Ok(()),
            false => Err(Outcome::fail(Cause::Identity, WORDS_IN_THE_CLEAR).into()),
        }
    }

    /// The outcome of all steps taken.
    pub fn outcome(self) -> Outcome {
        self.outcome
    }

    fn judged(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Outcome(outcome) if !self.has_one_question => self.conversation.excused(outcome).into(),
            failure => failure,
        }
    }
}

/// Reads on until what is looked for is there, and gives its end.
fn wait_for(
    find: impl Fn(&str) -> Option<usize>,
    stream: &mut impl Read,
    said: &mut String,
) -> Result<usize, Failure> {
    let mut piece = [0; 4096];
    // In bytes of the peer: those from 128 on take two in a string.
    let mut length = said.chars().count();
    let (mut searched, mut next) = (0, 0);
    loop {
        if searched < SEARCHED || length >= next {
            if let Some(end) = find(said) {
                return Ok(end);
            }
            (searched, next) = (searched + length, length + length / 4);
        }
        let read = if length < WINDOW { stream.read(&mut piece) } else { Ok(0) };
        let count = match read {
            Ok(1..) => read?,
            // What came since the last search may be all that there will be.
            _ if searched >= SEARCHED
                && let Some(end) = find(said) =>
            {
                return Ok(end);
            }
            Ok(0) if said.is_empty() => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
            Ok(0) => return Err(mismatch(Cause::Unhealthy, "answer does not match", said).into()),
            Err(error)
                if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
                    && !said.is_empty() =>
            {
                return Err(mismatch(Cause::Timeout, "timed out, no match so far", said).into());
            }
            Err(error) => return Err(error.into()),
        };
        let fitting = piece.get(..count.min(WINDOW - length)).unwrap_or_default();
        length += fitting.len();
        said.extend(latin1(fitting));
    }
}

/// Each byte as the character of its number.
pub fn latin1(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.iter().map(|&byte| char::from(byte))
}

fn mismatch(cause: Cause, reason: &str, said: &str) -> Outcome {
    Outcome::fail(cause, format!("{reason}: {:?}", first_line(said)))
}

/// The first line that is not blank, as it may be repeated.
pub fn first_line(said: &str) -> String {
    let line = said.trim_ascii_start().lines().next().unwrap_or_default();
    let bytes: Vec<u8> = line.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect();
    quote(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;
    use crate::scheme::compile_pattern;

    #[test]
    fn no_answer_makes_it_panic() {
        let mut random = Random(42);
        let pattern = compile_pattern(r"(^|\n)(\+OK|[^-]\x80){1,3}\b.*?\r\n").unwrap();
        for _ in 0..3_000 {
            let bytes = random.damaged(b"\r\n-no\r\n+OK \x80\xff\xe9 OK\r\n");
            let mut said = String::new();
            let find = |said: &str| pattern.find(said).map(|found| found.end());
            let _ = wait_for(find, &mut &bytes[..], &mut said);
            assert!(first_line(&said).len() <= 120);
        }
    }

    /// A peer that says each byte for itself.
    struct ByteByByte<'a>(&'a [u8]);

    impl Read for ByteByByte<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn an_answer_byte_by_byte_is_searched_a_bounded_number_of_times() {
        let searched = std::cell::Cell::new(0);
        let find = |said: &str| {
            searched.set(searched.get() + said.len());
            said.find("END").map(|at| at + 3)
        };
        let mut long = vec![b'.'; WINDOW];
        assert!(wait_for(find, &mut ByteByByte(&long), &mut String::new()).is_err());
        assert!(searched.get() < 16 * WINDOW, "{}", searched.get());
        long.truncate(WINDOW - 3);
        long.extend(b"END");
        assert!(wait_for(find, &mut ByteByByte(&long), &mut String::new()).is_ok_and(|end| end == WINDOW));
    }
}
