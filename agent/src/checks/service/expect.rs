//! Send and expect, for the long tail of text protocols: what the peer says first matches `banner`, what it answers to
//! `send` matches `expect`, and `quit` ends the conversation.
//!
//! A byte is taken as the character of its number (Latin-1), so `\xHH` in a pattern is that byte and `.` is any byte but
//! a line feed, whatever the encoding of the peer.

mod escapes;

use std::io::{self, ErrorKind, Read, Write};

use regex_lite::Regex;

use self::escapes::unescape;
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure, Stream, quote};
use crate::scheme::{
    CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, compile_pattern, quoted,
};

/// What is read of each answer, in bytes, until it has to match.
const WINDOW: usize = 16 * 1024;

pub const SCHEME: Scheme = Scheme {
    scheme: "expect",
    summary: "What is sent is answered as expected: the long tail of text protocols",
    target: Target::Address { port: None },
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("banner", OptionType::Pattern),
        ("expect", OptionType::Pattern),
        ("quit", OptionType::Text),
        ("send", OptionType::Text),
    ],
    ..Scheme::BARE
};

/// A check of one server by a conversation of at most one question.
pub struct Expect {
    endpoint: Endpoint,
    banner: Option<Regex>,
    send: Option<Vec<u8>>,
    expect: Option<Regex>,
    quit: Option<Vec<u8>>,
}

impl Expect {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        let pattern = |name| {
            let compiled =
                url.option(name).map(|text| compile_pattern(text).map_err(|expected| (text, expected)));
            compiled.transpose().map_err(|(text, expected)| {
                ParseError(format!("option {name} is {}, expected {expected}", quoted(text)))
            })
        };
        let text = |name| url.option(name).map(unescape);
        let made = Self {
            endpoint,
            banner: pattern("banner")?,
            send: text("send"),
            expect: pattern("expect")?,
            quit: text("quit"),
        };
        if made.banner.is_none() && made.expect.is_none() && made.send.is_none() {
            return Err(ParseError(
                "none of the options banner, expect, send is given, expected at least one".into(),
            ));
        }
        Ok(made)
    }

    fn converse(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(3 * WINDOW)?;
        let outcome = self.exchange(conversation, &mut stream);
        match &self.quit {
            Some(quit) if outcome.is_ok() => {
                // The answer is known by now: a peer that is gone need not be told.
                let _ = stream.write_all(quit);
                stream.drain();
            }
            _ => stream.shutdown(),
        }
        outcome
    }

    fn exchange(&self, conversation: &Conversation, stream: &mut Stream) -> Result<Outcome, Failure> {
        let mut said = String::new();
        let mut outcome = Outcome::pass("sent");
        if let Some(banner) = &self.banner {
            let end = wait_for(banner, stream, &mut said)?;
            conversation.alive("the banner came");
            outcome = Outcome::pass(first_line(&said));
            said.drain(..end);
        }
        if let Some(send) = &self.send {
            // What came before the question is no answer to it.
            said.clear();
            // A peer may say why it goes without having read all: whether or not all was sent, its words tell.
            let sent = stream.write_all(send);
            if self.expect.is_none() {
                sent?;
            }
        }
        if let Some(expect) = &self.expect {
            wait_for(expect, stream, &mut said)?;
            outcome = Outcome::pass(first_line(&said));
        }
        Ok(outcome)
    }
}

impl Check for Expect {
    /// Pass once everything that is expected has come.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.converse(conversation))
    }
}

/// Reads on until the pattern matches, and gives the end of the match.
fn wait_for(pattern: &Regex, stream: &mut impl Read, said: &mut String) -> Result<usize, Failure> {
    let mut piece = [0; 4096];
    // In bytes of the peer: those from 128 on take two in a string.
    let mut length = said.chars().count();
    loop {
        if let Some(found) = pattern.find(said) {
            return Ok(found.end());
        }
        let read = if length < WINDOW { stream.read(&mut piece) } else { Ok(0) };
        let count = match read {
            Ok(0) if said.is_empty() => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
            Ok(0) => return Err(mismatch(Cause::Unhealthy, "answer does not match", said).into()),
            Err(error)
                if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
                    && !said.is_empty() =>
            {
                return Err(mismatch(Cause::Timeout, "timed out, no match so far", said).into());
            }
            read => read?,
        };
        let fitting = piece.iter().take(count.min(WINDOW - length));
        length += fitting.len();
        said.extend(fitting.map(|&byte| char::from(byte)));
    }
}

fn mismatch(cause: Cause, reason: &str, said: &str) -> Outcome {
    Outcome::fail(cause, format!("{reason}: {:?}", first_line(said)))
}

/// The first line that is not blank, as it may be repeated.
fn first_line(said: &str) -> String {
    let line = said.trim_ascii_start().lines().next().unwrap_or_default();
    let bytes: Vec<u8> = line.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect();
    quote(&bytes)
}

#[cfg(test)]
mod tests;
