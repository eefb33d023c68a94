//! The body of a response while it comes.

use std::io::Result;

use super::body::{BodyExpectation, End, holds};
use crate::check::Outcome;
use crate::net::Redaction;
use crate::net::http1::{Body, Framing};

/// A search in the first 64 KiB of a body, over all that has come of it so far.
pub struct Search<'a> {
    body: Body,
    framing: Framing,
    expected: &'a BodyExpectation,
    /// What of it is settled: of a text once it came.
    settled: Vec<bool>,
}

impl<'a> Search<'a> {
    pub fn new(framing: Framing, expected: &'a BodyExpectation) -> Self {
        Self { body: Body::new(framing), framing, expected, settled: vec![false; expected.0.len()] }
    }

    /// Whether no more of the body has to come, as soon as that is known from its raw bytes from the first on.
    pub fn look(&mut self, raw: &[u8]) -> Result<bool> {
        let before = self.body.bytes().len();
        let is_over = self.body.read(raw)?;
        let mut is_refuted = false;
        for (condition, is_settled) in self.expected.0.iter().zip(&mut self.settled) {
            let Some((text, is_negated)) = condition.text().filter(|_| !*is_settled) else { continue };
            // What was searched before need not be again, but for a text that began in it.
            *is_settled = holds(&self.body.bytes()[before.saturating_sub(text.len())..], text);
            is_refuted |= *is_settled && is_negated;
        }
        Ok(is_over || is_refuted || self.settled.iter().all(|is_settled| *is_settled))
    }

    /// How far the body has come once no more of it is to be read, or to come.
    pub fn end(&self, is_connection_over: bool) -> End {
        match () {
            () if is_connection_over && self.framing != Framing::Close => End::Broken,
            () if self.body.is_cut() => End::Cut,
            () => End::Whole,
        }
    }

    /// The outcome of what has come.
    pub fn judge(&self, end: End, status: &str, redaction: Redaction) -> Outcome {
        self.expected.judge(self.body.bytes(), end, status, redaction)
    }
}
