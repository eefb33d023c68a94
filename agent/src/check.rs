//! What every check is made of: it runs until a deadline, and what came out answers the kubelet's probes. Nothing here
//! knows a scheme, a protocol or a sensor.

mod deadline;
mod outcome;
mod probe;

use std::path::PathBuf;

pub use deadline::Deadline;
pub use outcome::{Cause, Outcome, Verdict};
pub use probe::Probe;

/// A check of any scheme, ready to run any number of times.
pub trait Check: Send + Sync {
    /// Runs once, and is over by the deadline as far as the kernel lets it.
    fn run(&self, deadline: Deadline) -> Outcome;

    /// Notes a report of the application; only a push check takes one.
    fn report(&self) {}
}

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
