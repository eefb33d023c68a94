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

    /// Whether there is more of the body than is searched.
    pub fn is_cut(&self) -> bool {
        self.body.is_cut()
    }
}

/// The outcome of a response that is otherwise as expected, in whose body the text was found or not; `is_cut` if there
/// is more of it, which may hold what its beginning does not.
pub fn outcome(wanted: &[u8], found: bool, is_cut: bool, status: &str) -> Outcome {
    let text = String::from_utf8_lossy(wanted);
    match (found, is_cut) {
        (true, _) => Outcome::pass(status),
        (false, false) => Outcome::fail(Cause::Unhealthy, format!("{status}, body does not hold {text:?}")),
        (false, true) => {
            let reason = format!("{status}, the first 64 KiB of the longer body does not hold {text:?}");
            Outcome::alive(Cause::Unhealthy, reason)
        }
    }
}
