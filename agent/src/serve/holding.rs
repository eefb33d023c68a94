//! The hold of a server: read at each question, and told in the log when it begins, ends or is refused.

use std::time::SystemTime;

use crate::check::Probe;
use crate::hold::{Hold, HoldFile, Reading, shown};
use crate::serve::log;

/// What the server knows of holds.
pub struct Holding {
    file: Option<HoldFile>,
    last: Reading,
}

/// What is held now.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// Whether the agent was told where to look for a hold.
    pub is_possible: bool,
    pub hold: Option<&'a Hold>,
}

/// Of an agent that was told of no file.
#[cfg(test)]
pub const NO_HOLD: Held = Held { is_possible: false, hold: None };

impl Held<'_> {
    /// Why and until when a probe holds; none where the checks decide.
    pub fn sentence(&self, probe: Probe) -> Option<String> {
        self.hold.and_then(|hold| hold.sentence(probe))
    }
}

impl Holding {
    /// Nothing has been read yet.
    pub fn new(file: Option<HoldFile>) -> Self {
        Self { file, last: Reading::None }
    }

    /// Reads the file. A reading that is another one than the last is logged.
    pub fn read(&mut self, now: SystemTime) -> Held<'_> {
        let reading = self.file.as_ref().map_or(Reading::None, |file| file.read(now));
        if reading != self.last {
            tell(&reading);
            self.last = reading;
        }
        let hold = match &self.last {
            Reading::InForce(hold) => Some(hold),
            _ => None,
        };
        Held { is_possible: self.file.is_some(), hold }
    }
}

fn tell(reading: &Reading) {
    match reading {
        Reading::None => log::write("info", &[("msg", "the hold is over")]),
        Reading::TooLong(end) => {
            let msg = "a hold is refused, since its end is too far away";
            log::write("warn", &[("msg", msg), ("until", &shown(*end))]);
        }
        Reading::InForce(hold) => {
            let [liveness, readiness] =
                [Probe::Liveness, Probe::Readiness].map(|probe| hold.sentence(probe).unwrap_or_default());
            let msg = "the kubelet is told that all is well";
            log::write("warn", &[("msg", msg), ("liveness", &liveness), ("readiness", &readiness)]);
        }
    }
}
