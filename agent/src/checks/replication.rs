//! What a check may want of a server that replicates: the options `role` and `max-lag`.

use std::time::Duration;

use crate::check::{Cause, Outcome};
use crate::scheme::{CheckUrl, parse_duration};

/// The role and the lag that are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replication {
    /// Whether the server has to be a replica; none where it may be either.
    pub replica: Option<bool>,
    pub max_lag: Option<Duration>,
}

impl Replication {
    pub fn from_url(url: &CheckUrl) -> Self {
        Self {
            replica: url.option("role").map(|role| role == "replica"),
            max_lag: url.option("max-lag").and_then(parse_duration),
        }
    }

    /// Whether anything is wanted at all.
    pub fn is_wanted(self) -> bool {
        self.replica.is_some() || self.max_lag.is_some()
    }

    /// The role of a server in a word; an error where another one is wanted.
    pub fn role(self, is_replica: bool) -> Result<&'static str, Outcome> {
        let word = |replica| if replica { "replica" } else { "primary" };
        match self.replica {
            Some(wanted) if wanted != is_replica => {
                let reason = format!("is a {}, expected a {}", word(is_replica), word(wanted));
                Err(Outcome::alive(Cause::Unhealthy, reason))
            }
            _ => Ok(word(is_replica)),
        }
    }
}
