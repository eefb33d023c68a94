//! Send and expect, for the long tail of text protocols: what the peer says first matches `banner`, what it answers to
//! each text matches the pattern of that step, and `quit` ends the conversation. With `starttls` a step asks for TLS.

mod dialogue;
mod escapes;

use std::io::Write;

use regex_lite::Regex;

use self::dialogue::{Dialogue, Step};
pub use self::dialogue::{SEARCHED, WINDOW, first_line, latin1};
pub use self::escapes::unescape;
use crate::check::{Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure};
use crate::scheme::{
    CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, compile_pattern, quoted,
};

pub const SCHEME: Scheme = Scheme {
    scheme: "expect",
    summary: "What is sent is answered as expected: the long tail of text protocols",
    target: Target::Address { port: None },
    tls: TlsRule::StartTls,
    path: PathRule::Socket,
    options: &[
        ("banner", OptionType::Pattern),
        ("expect", OptionType::Pattern),
        ("expect2", OptionType::Pattern),
        ("expect3", OptionType::Pattern),
        ("expect4", OptionType::Pattern),
        ("expect5", OptionType::Pattern),
        ("quit", OptionType::Text),
        ("send", OptionType::Text),
        ("send2", OptionType::Text),
        ("send3", OptionType::Text),
        ("send4", OptionType::Text),
        ("send5", OptionType::Text),
        ("starttls-after", OptionType::Choice(&["1", "2", "3", "4", "5"])),
    ],
    requires: &[
        ("expect2", "expect"),
        ("expect3", "expect2"),
        ("expect4", "expect3"),
        ("expect5", "expect4"),
        ("send2", "expect"),
        ("send3", "expect2"),
        ("send4", "expect3"),
        ("send5", "expect4"),
        ("starttls", "expect"),
        ("starttls-after", "starttls"),
        ("starttls-after=2", "expect2"),
        ("starttls-after=3", "expect3"),
        ("starttls-after=4", "expect4"),
        ("starttls-after=5", "expect5"),
    ],
    ..Scheme::BARE
};

/// The steps in their order: the options of what is sent and expected, and what an answer proves.
const STEPS: [(&str, &str, &str); 5] = [
    ("send", "expect", "expect matched"),
    ("send2", "expect2", "expect2 matched"),
    ("send3", "expect3", "expect3 matched"),
    ("send4", "expect4", "expect4 matched"),
    ("send5", "expect5", "expect5 matched"),
];

/// A check of one server by a dialogue.
pub struct Expect {
    endpoint: Endpoint,
    /// The banner, then the steps.
    steps: Vec<Step>,
    /// How many of them come before TLS, which the last of those asks for; 0 without an upgrade.
    before_tls: usize,
    has_one_question: bool,
    quit: Option<Vec<u8>>,
}

impl Expect {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        let text = |name| url.option(name).map(unescape);
        let banner = pattern(url, "banner")?.map(|banner| Step {
            send: None,
            expect: Some(banner),
            answered: "the banner came",
        });
        let after: usize = url.option("starttls-after").and_then(|step| step.parse().ok()).unwrap_or(1);
        let mut steps: Vec<_> = banner.into_iter().collect();
        let before_tls = url.option("starttls").map_or(0, |_| steps.len() + after);
        let has_one_question = before_tls == 0 && url.option("expect2").or(url.option("send2")).is_none();
        for (send, expect, answered) in STEPS {
            let step = Step { send: text(send), expect: pattern(url, expect)?, answered };
            steps.extend(Some(step).filter(|step| step.send.is_some() || step.expect.is_some()));
        }
        if steps.is_empty() {
            return Err(ParseError(
                "none of the options banner, expect, send is given, expected at least one".into(),
            ));
        }
        Ok(Self { endpoint, steps, before_tls, has_one_question, quit: text("quit") })
    }

    fn converse(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut dialogue = Dialogue::new(conversation, self.has_one_question);
        let limit = (2 + self.steps.len()) * WINDOW;
        let (before, after) = self.steps.split_at(self.before_tls.min(self.steps.len()));
        let mut stream = if before.is_empty() {
            conversation.open(limit)?
        } else {
            let agree = |carrier: &mut _| {
                dialogue.take(carrier, before)?;
                dialogue.end_in_the_clear(carrier)
            };
            conversation.open_upgraded(limit, agree)?.1
        };
        let taken = dialogue.take(&mut stream, after);
        match &self.quit {
            Some(quit) if taken.is_ok() => {
                // The answer is known by now: a peer that is gone need not be told.
                let _ = stream.write_all(quit);
                stream.drain();
            }
            _ => stream.shutdown(),
        }
        taken.map(|()| dialogue.outcome())
    }
}

impl Check for Expect {
    /// Pass once everything that is expected has come.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.converse(conversation))
    }
}

/// The pattern of an option, if it was given.
pub fn pattern(url: &CheckUrl, name: &str) -> Result<Option<Regex>, ParseError> {
    let Some(text) = url.option(name) else { return Ok(None) };
    compile_pattern(text)
        .map(Some)
        .map_err(|expected| ParseError(format!("option {name} is {}, expected {expected}", quoted(text))))
}

#[cfg(test)]
mod tests;
