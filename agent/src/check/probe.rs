//! The three questions that the kubelet asks, and which verdicts answer each with yes.

use crate::check::Verdict;

/// A kind of probe; the order is that of the arrays which hold something for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// No: the container is killed.
    Liveness,
    /// No: the Pod gets no traffic.
    Readiness,
    /// No: the other two are not asked yet.
    Startup,
}

impl Probe {
    /// Every probe, in the order of those arrays.
    pub const ALL: [Self; 3] = [Self::Liveness, Self::Readiness, Self::Startup];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
            Self::Startup => "startup",
        }
    }

    /// Whether the verdict is a yes: a program that loads its data is alive and started, but takes no traffic.
    pub fn holds(self, verdict: Verdict) -> bool {
        match self {
            Self::Liveness | Self::Startup => verdict != Verdict::Fail,
            Self::Readiness => matches!(verdict, Verdict::Pass | Verdict::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alive_is_enough_for_all_but_readiness() {
        let held = |verdict| Probe::ALL.map(|probe| probe.holds(verdict));
        assert_eq!(held(Verdict::Pass), [true, true, true]);
        assert_eq!(held(Verdict::Alive), [true, false, true]);
        assert_eq!(held(Verdict::Unknown), [true, true, true]);
        assert_eq!(held(Verdict::Fail), [false, false, false]);
    }
}
