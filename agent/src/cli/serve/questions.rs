//! `--trial`: how patiently the kubelet would ask of a container.

use std::time::Duration;

use crate::cli::words::{Words, wrong};
use crate::scheme::ParseError;

/// The options that mean something only with `--trial`.
pub const OPTIONS: [&str; 5] =
    ["--failure-threshold", "--success-threshold", "--initial-delay", "--startup-timeout", "--pass-only"];

/// More often than this, the checks themselves become the load.
pub const SHORTEST_PERIOD: Duration = Duration::from_millis(100);

/// More than Kubernetes has for these in an annotation.
const MOST: u32 = 1000;

/// The fields of the probes that a container would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Questions {
    pub failure_threshold: u32,
    pub success_threshold: u32,
    pub initial_delay: Duration,
    pub startup_timeout: Duration,
    /// The kubelet itself would ask, and knows no server that is alive and not ready.
    pub pass_only: bool,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            failure_threshold: 3,
            success_threshold: 1,
            initial_delay: Duration::ZERO,
            startup_timeout: Duration::from_secs(300),
            pass_only: false,
        }
    }
}

impl Questions {
    /// Takes one of `OPTIONS`.
    pub fn take(&mut self, option: &str, words: &mut Words) -> Result<(), ParseError> {
        match option {
            "--failure-threshold" => self.failure_threshold = count(option, words)?,
            "--success-threshold" => self.success_threshold = count(option, words)?,
            "--initial-delay" => self.initial_delay = words.duration(option)?,
            "--startup-timeout" => self.startup_timeout = words.duration(option)?,
            _ => self.pass_only = true,
        }
        Ok(())
    }

    /// How often startup is asked: the webhook gives a probe over the network no longer period.
    pub fn startup_period(&self, period: Duration) -> Duration {
        period.min(Duration::from_secs(2)).min(self.startup_timeout).max(SHORTEST_PERIOD)
    }
}

fn count(option: &str, words: &mut Words) -> Result<u32, ParseError> {
    let text = words.value(option)?;
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count.ok_or_else(|| wrong(option, &text, "a count from 1 to 1000"))
}
