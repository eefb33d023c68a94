//! What every check is made of: it runs until a deadline, and what came out answers the kubelet's probes. Nothing here
//! knows a scheme, a protocol or a sensor.

mod outcome;
mod probe;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use outcome::{Cause, Outcome, Verdict};
pub use probe::Probe;

/// A check of any scheme, ready to run any number of times.
pub trait Check: Send + Sync {
    /// Runs once, and is over by the deadline as far as the kernel lets it.
    fn run(&self, deadline: Deadline) -> Outcome;

    /// Notes a report of the application; only a push check takes one.
    fn report(&self) {}
}

/// How long a check that was found rather than written, and has not passed yet, holds readiness back: from the start of its
/// container to the kubelet's first question after.
pub const HELD_BACK: Duration = Duration::from_secs(60);

/// Where the pseudo file systems are mounted: a sidecar may look at the node's.
#[derive(Clone, Debug)]
pub struct HostRoots {
    pub proc: PathBuf,
    pub sys: PathBuf,
    pub dev: PathBuf,
    /// The folder in which one run of `check` leaves for the next what it has seen, that of the program where it is empty;
    /// `serve` keeps it in memory.
    pub state: Option<PathBuf>,
}

impl Default for HostRoots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), dev: "/dev".into(), state: None }
    }
}

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
