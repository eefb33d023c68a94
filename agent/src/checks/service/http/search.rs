//! A text in the body of a response.

use std::io::Result;

use crate::check::{Cause, Outcome};
use crate::net::http1::{Body, Framing};

/// A search for a text in the first 64 KiB of a body, over all that has come of it so far.
pub struct Search<'a> {
    body: Body,
    wanted: &'a [u8],
}

impl<'a> Search<'a> {
    pub fn new(framing: Framing, wanted: &'a [u8]) -> Self {
        Self { body: Body::new(framing), wanted }
    }

    /// Whether the text is in the body, as soon as that is known from its raw bytes from the first on.
    pub fn look(&mut self, raw: &[u8]) -> Result<Option<bool>> {
        // What was searched before need not be again, but for a text that began in it.
        let from = self.body.bytes().len().saturating_sub(self.wanted.len());
        let over = self.body.read(raw)?;
        if self.body.bytes()[from..].windows(self.wanted.len()).any(|window| window == self.wanted) {
            return Ok(Some(true));
        }
        Ok(over.then_some(false))
    }

    /// The outcome of a response that is otherwise as expected.
    pub fn outcome(&self, found: bool, status: &str) -> Outcome {
        if found {
            return Outcome::pass(status);
        }
        let text = String::from_utf8_lossy(self.wanted);
        Outcome::fail(Cause::Unhealthy, format!("{status}, body does not hold {text:?}"))
    }
}
