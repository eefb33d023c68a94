//! The one moment by which a whole check has to be over, whatever its peer does.

use std::io;
use std::time::{Duration, Instant};

/// A point in time that every step of one check shares, so that ten slow steps cannot add up to ten time-outs.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(timeout: Duration) -> Self {
        Self(Instant::now() + timeout)
    }

    /// The time that is left, never zero; `TimedOut` once it has passed.
    pub fn remaining(self) -> io::Result<Duration> {
        match self.0.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}
