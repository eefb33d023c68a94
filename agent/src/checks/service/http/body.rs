//! What the body of a response has to hold, and what it must not.

use regex_lite::Regex;

use crate::check::{Cause, Outcome, Verdict};
use crate::net::Redaction;
use crate::net::codec::json;
use crate::scheme::{CheckUrl, ParseError, compile_pattern, json_path};

/// The options that say something of the body, those of a family with their dot.
const OPTIONS: [&str; 6] = ["body", "body-pattern", "json.", "not-body", "not-body-pattern", "not-json."];

/// All that has to be so of a body.
pub struct BodyExpectation(pub Vec<Condition>);

/// One thing that has to be so, or must not be.
pub struct Condition {
    /// Without the `not-` of what must not be.
    option: String,
    wanted: String,
    kind: Kind,
    is_negated: bool,
}

enum Kind {
    Text,
    Pattern(Regex),
    /// Of the value at a path.
    Json(Vec<String>),
}

/// How far a body came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Whole,
    /// There is more of it than is looked at.
    Cut,
    /// The connection ended before it.
    Broken,
}

/// What was seen of a condition as it would be without its `not-`, as the end of a sentence.
enum Finding {
    Is(String),
    IsNot(String),
    /// Nothing of it is in what came.
    Unseen(String),
}

impl BodyExpectation {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let conditions = url.options.iter().filter(|(option, _)| is_of_body(option));
        let conditions: Result<_, _> =
            conditions.map(|(option, wanted)| Condition::new(option, wanted)).collect();
        conditions.map(Self)
    }

    /// Whether any body will do, so that none has to be read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The outcome of a response that is otherwise as expected: what fails outweighs what is not known.
    pub fn judge(&self, body: &[u8], end: End, status: &str, redaction: Redaction) -> Outcome {
        let judged = self.0.iter().filter_map(|condition| condition.judge(body, end, redaction));
        let worst = judged.reduce(|first, next| match (first.verdict, next.verdict) {
            (Verdict::Alive, Verdict::Fail) => next,
            _ => first,
        });
        match worst {
            Some(outcome) => Outcome { reason: format!("{status}, {}", outcome.reason), ..outcome },
            None => Outcome::pass(status),
        }
    }
}

/// Whether an option says something of the body.
pub fn is_of_body(option: &str) -> bool {
    OPTIONS.iter().any(|known| *known == option || (known.ends_with('.') && option.starts_with(known)))
}

impl Condition {
    fn new(option: &str, wanted: &str) -> Result<Self, ParseError> {
        let plain = option.strip_prefix("not-").unwrap_or(option);
        let kind = match plain.split_once('.') {
            Some((_, path)) => Kind::Json(json_path(path).unwrap_or_default()),
            None if plain == "body" => Kind::Text,
            None => Kind::Pattern(compile_pattern(wanted).map_err(|expected| {
                ParseError(format!("option {option} is {wanted:?}, expected {expected}"))
            })?),
        };
        let is_negated = plain.len() < option.len();
        Ok(Self { option: plain.to_owned(), wanted: wanted.to_owned(), kind, is_negated })
    }

    /// The text that is searched for while the body comes, and whether it must not be there.
    pub fn text(&self) -> Option<(&[u8], bool)> {
        matches!(self.kind, Kind::Text).then_some((self.wanted.as_bytes(), self.is_negated))
    }

    /// Why a body is not as it has to be, if it is not.
    fn judge(&self, body: &[u8], end: End, redaction: Redaction) -> Option<Outcome> {
        let fail = |reason: String| Some(Outcome::fail(Cause::Unhealthy, reason));
        let alive = |reason: String| Some(Outcome::alive(Cause::Unhealthy, reason));
        match (self.find(body, end, redaction), self.is_negated, end) {
            (Finding::Is(_), false, _)
            | (Finding::IsNot(_), true, _)
            | (Finding::Unseen(_), true, End::Whole) => None,
            (Finding::Is(reason), true, _) | (Finding::IsNot(reason), false, _) => fail(reason),
            // What is not looked at may have it.
            (Finding::Unseen(reason), _, End::Cut) => {
                alive(format!("the first 64 KiB of the longer {reason}"))
            }
            (Finding::Unseen(reason), true, End::Broken) => alive(format!("{reason}, but it broke off")),
            (Finding::Unseen(reason), false, End::Whole | End::Broken) => fail(reason),
        }
    }

    fn find(&self, body: &[u8], end: End, redaction: Redaction) -> Finding {
        let wanted = &self.wanted;
        match &self.kind {
            Kind::Text if holds(body, wanted.as_bytes()) => Finding::Is(format!("body holds {wanted:?}")),
            Kind::Text => Finding::Unseen(format!("body does not hold {wanted:?}")),
            Kind::Pattern(pattern) => {
                let text = String::from_utf8_lossy(body);
                // What reaches to where the body was cut may go on so that it is none.
                let certain =
                    |it: &regex_lite::Match| !self.is_negated || end == End::Whole || it.end() < text.len();
                match pattern.find(&text).filter(certain) {
                    Some(_) => Finding::Is(format!("body matches {wanted:?}")),
                    None => Finding::Unseen(format!("body does not match {wanted:?}")),
                }
            }
            Kind::Json(path) => self.find_in_json(body, path, redaction),
        }
    }

    fn find_in_json(&self, body: &[u8], path: &[String], redaction: Redaction) -> Finding {
        let Self { option, wanted, .. } = self;
        match json::value(body, path) {
            Some(value) if json::is(value, wanted) => Finding::Is(format!("{option} is {wanted:?}")),
            Some(value) => {
                let text = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
                let said = redaction.value(text.unwrap_or(value));
                Finding::IsNot(format!("{option} is {said}, expected {wanted:?}"))
            }
            None => match body.trim_ascii_start().first() {
                Some(b'{' | b'[') | None => Finding::Unseen(format!("body has no {option}")),
                // An error page is no answer in JSON, whatever is expected of one.
                Some(_) if self.is_negated => Finding::Is("body is not JSON".into()),
                Some(_) => Finding::IsNot("body is not JSON".into()),
            },
        }
    }
}

/// Whether a text is in the bytes.
pub fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
