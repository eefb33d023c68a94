//! `/trialz`: what a trial has counted, as JSON of at most 16 KiB. docs/probe.md says what each field is.

use std::fmt::Write;
use std::time::Instant;

use super::counting::{Container, Trial};
use super::prober::{Failure, Happened};
use super::tally::Tally;
use crate::check::Probe;
use crate::line;
use crate::serve::state::{CheckState, State};

/// The most that is written.
const LONGEST: usize = 16 * 1024;

/// Room for the brackets and for `leftOut`.
const RESERVED: usize = 64;

const LONGEST_LABEL: usize = 64;
const LONGEST_REASON: usize = 256;

/// The page; `tells` is whether the peer may read reasons.
pub fn render(state: &State, trial: &Trial, tells: bool, now: Instant) -> String {
    let now = trial.elapsed(now);
    let mut page = Page { text: String::new(), tells, now };
    page.add(format_args!("{{\"version\":1,\"sinceSeconds\":{},\"containers\":[", now / 1000));
    let mut left_out = 0;
    for container in &trial.containers {
        let start = page.text.len();
        page.separate();
        page.summary(container, state);
        let has_room = page.text.len() + RESERVED <= LONGEST;
        for (entry, tally) in state.entries.iter().zip(&trial.tallies) {
            if entry.container != container.name {
                continue;
            }
            let before = page.text.len();
            page.separate();
            page.check(entry, tally);
            if !has_room || page.text.len() + RESERVED > LONGEST {
                page.text.truncate(before);
                left_out += 1;
            }
        }
        page.text.push_str("]}");
        if !has_room {
            page.text.truncate(start);
        }
    }
    page.text.push(']');
    if left_out > 0 {
        page.add(format_args!(",\"leftOut\":{left_out}"));
    }
    page.text.push_str("}\n");
    page.text
}

struct Page {
    text: String,
    tells: bool,
    now: u64,
}

impl Page {
    fn add(&mut self, what: std::fmt::Arguments) {
        // A String takes all that is written.
        self.text.write_fmt(what).unwrap_or_default();
    }

    /// Separates from what stands before in the list.
    fn separate(&mut self) {
        if !self.text.ends_with('[') {
            self.text.push(',');
        }
    }

    /// A string, cut, of one line in which nothing steers a terminal.
    fn string(&mut self, text: &str, longest: usize) {
        self.text.push('"');
        for character in line::clean(text, longest).chars() {
            if matches!(character, '"' | '\\') {
                self.text.push('\\');
            }
            self.text.push(character);
        }
        self.text.push('"');
    }

    /// What would have become of a container, up to its list of checks.
    fn summary(&mut self, Container { name, prober, .. }: &Container, state: &State) {
        self.text.push_str("{\"container\":");
        self.string(name, LONGEST_LABEL);
        if prober.has(Probe::Liveness) {
            let Happened { count, last } = &prober.restarts;
            self.add(format_args!(",\"liveness\":{{\"restarts\":{count}"));
            self.happened(",\"lastRestart", last.as_ref().map(|(at, failure)| (*at, failure)));
            self.text.push('}');
        }
        if prober.has(Probe::Readiness) {
            let (unready, at_start) = prober.unready(self.now);
            self.add(format_args!(
                ",\"readiness\":{{\"ready\":{},\"unreadySeconds\":{},\"unreadyAtStartSeconds\":{}",
                prober.is_ready(),
                unready / 1000,
                at_start / 1000,
            ));
            self.happened(",\"lastUnready", prober.last_unready(self.now));
            self.text.push('}');
        }
        let Happened { count, last } = &prober.failed_starts;
        self.add(format_args!(",\"startup\":{{\"failures\":{count}"));
        self.happened(",\"lastFailure", last.as_ref().map(|(at, failure)| (*at, failure)));
        self.text.push_str(",\"starts\":[");
        for start in &prober.starts {
            self.separate();
            self.add(format_args!("{}.{}", start / 1000, start % 1000 / 100));
        }
        self.text.push_str("]}");
        let mut before = ",\"unproven\":[";
        for entry in state.entries.iter().filter(|entry| entry.container == *name && entry.is_unproven()) {
            self.text.push_str(before);
            self.string(&entry.label, LONGEST_LABEL);
            before = ",";
        }
        self.text.push_str(if before == "," { "],\"checks\":[" } else { ",\"checks\":[" });
    }

    fn happened(&mut self, what: &str, last: Option<(u64, &Failure)>) {
        let Some((at, failure)) = last else { return };
        let ago = self.now.saturating_sub(at) / 1000;
        self.add(format_args!("{what}SecondsAgo\":{ago},\"check\":"));
        self.string(&failure.check, LONGEST_LABEL);
        if self.tells {
            self.text.push_str(",\"reason\":");
            self.string(&failure.reason, LONGEST_REASON);
        }
    }

    fn check(&mut self, entry: &CheckState, tally: &Tally) {
        self.text.push_str("{\"check\":");
        self.string(&entry.label, LONGEST_LABEL);
        self.text.push_str(",\"probes\":[");
        for probe in Probe::ALL {
            if entry.is_for(probe) {
                self.separate();
                self.string(probe.word(), LONGEST_LABEL);
            }
        }
        let (runs, [.., failures]) = (entry.counts.iter().sum::<u64>(), entry.counts);
        self.add(format_args!(
            "],\"runs\":{runs},\"failures\":{failures},\"failedLongestRun\":{},\"maxSeconds\":{}.{:06},\"buckets\":[",
            tally.longest_row,
            tally.longest.as_secs(),
            tally.longest.subsec_micros(),
        ));
        for (bound, count) in tally.cumulative() {
            self.separate();
            self.add(format_args!("[{bound},{count}]"));
        }
        self.text.push_str("]}");
    }
}
