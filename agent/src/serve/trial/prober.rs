//! The kubelet's prober of one container, as a model: when it would ask what, and what it would do. Pure: the time is
//! always an argument, in milliseconds since the trial began. After `pkg/kubelet/prober/worker.go` of Kubernetes.

use std::time::Duration;

use crate::check::Probe;
use crate::cli::Questions;

/// How many starts are remembered.
const MOST_STARTS: usize = 8;

/// The check that failed a question, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub check: String,
    pub reason: String,
}

/// Something that would have happened, and when it last would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    pub count: u32,
    pub last: Option<(u64, Failure)>,
}

/// What would have followed from the answers so far.
pub struct Prober {
    /// How often each is asked, in the order of `Probe::ALL`, and how many answers in a row count.
    periods: [u64; 3],
    failures: [u32; 3],
    passes: [u32; 3],
    initial_delay: u64,
    /// Which probes there are, in the order of `Probe::ALL`.
    has: [bool; 3],
    /// When the life of the container began, and whether a program began then: no restart that would have been is one.
    began: u64,
    is_real: bool,
    /// Whether startup has held in this life, and whether the program has.
    started: bool,
    answered: bool,
    due: [u64; 3],
    rows: [Row; 3],
    /// Since when it would not be ready; none while it is.
    unready_since: Option<u64>,
    was_ready: bool,
    unready: u64,
    unready_at_start: u64,
    /// Why it last became not ready, and when it was ready again.
    last_unready: Option<Failure>,
    ready_since: u64,
    pub restarts: Happened,
    pub failed_starts: Happened,
    /// The last of them, oldest first.
    pub starts: Vec<u64>,
}

/// Answers in a row that were the same.
#[derive(Clone, Copy, Default)]
struct Row {
    holds: bool,
    count: u32,
}

impl Prober {
    /// A container that begins now.
    pub fn new(has: [bool; 3], period: Duration, questions: &Questions) -> Self {
        let (period, startup) = (milliseconds(period), milliseconds(questions.startup_period(period)));
        let failed_starts = milliseconds(questions.startup_timeout).div_ceil(startup.max(1));
        let failed_starts = u32::try_from(failed_starts).unwrap_or(u32::MAX);
        let initial_delay = milliseconds(questions.initial_delay);
        Self {
            periods: [period, period, startup],
            failures: [questions.failure_threshold, questions.failure_threshold, failed_starts],
            passes: [1, questions.success_threshold, 1],
            initial_delay,
            has,
            began: 0,
            is_real: true,
            started: !has[STARTUP],
            answered: false,
            due: [initial_delay; 3],
            rows: Default::default(),
            unready_since: Some(0),
            was_ready: false,
            unready: 0,
            unready_at_start: 0,
            last_unready: None,
            ready_since: 0,
            restarts: Happened::default(),
            failed_starts: Happened::default(),
            starts: Vec::new(),
        }
    }

    /// Whether a probe is there at all.
    pub fn has(&self, probe: Probe) -> bool {
        self.has[position(probe)]
    }

    /// Whether it would be ready.
    pub fn is_ready(&self) -> bool {
        self.unready_since.is_none()
    }

    /// The next question that is due, and since when: the other two wait for startup.
    pub fn next(&self, now: u64) -> Option<(u64, Probe)> {
        let mut next: Option<(u64, Probe)> = None;
        for (index, probe) in Probe::ALL.into_iter().enumerate() {
            let due = self.due[index];
            let is_asked = self.has[index] && (index == STARTUP) != self.started && due <= now;
            if is_asked && next.is_none_or(|(first, _)| due < first) {
                next = Some((due, probe));
            }
        }
        next
    }

    /// Leaves a question out.
    pub fn postpone(&mut self, probe: Probe) {
        let index = position(probe);
        self.due[index] += self.periods[index];
    }

    /// Notes the answer to a question; none where it holds. True where the container would be restarted.
    pub fn answer(&mut self, probe: Probe, at: u64, failure: Option<Failure>) -> bool {
        self.postpone(probe);
        let (index, holds) = (position(probe), failure.is_none());
        let needed = if holds { self.passes[index] } else { self.failures[index] };
        let row = &mut self.rows[index];
        row.count = if row.holds == holds { row.count.saturating_add(1) } else { 1 };
        row.holds = holds;
        if row.count < needed {
            return false;
        }
        if holds && (probe != Probe::Readiness || !(self.has[LIVENESS] || self.has[STARTUP])) {
            self.note_start(at);
        }
        match (probe, failure) {
            (Probe::Readiness, None) => self.become_ready(at),
            (Probe::Readiness, Some(failure)) => self.become_unready(at, failure),
            (Probe::Startup, None) => {
                self.started = true;
                self.due = [at; 3];
            }
            (Probe::Liveness, None) => {}
            (_, Some(failure)) => {
                let happened =
                    if probe == Probe::Startup { &mut self.failed_starts } else { &mut self.restarts };
                happened.count = happened.count.saturating_add(1);
                happened.last = Some((at, failure.clone()));
                self.begin(at, failure, false);
                return true;
            }
        }
        false
    }

    /// Notes that nothing listens any more: the program has ended, and the kubelet begins anew with the next one.
    pub fn ended(&mut self, at: u64, failure: Failure) {
        if self.answered || !self.is_real {
            self.begin(at, failure, true);
        }
    }

    /// Leaves out a time in which the agent itself was stopped.
    pub fn skip(&mut self, gap: u64) {
        for moment in self.due.iter_mut().chain(&mut self.unready_since).chain([&mut self.began]) {
            *moment += gap;
        }
    }

    /// How long it would not have been ready once it was, and before, in milliseconds.
    pub fn unready(&self, now: u64) -> (u64, u64) {
        let since = now.saturating_sub(self.unready_since.unwrap_or(now));
        match self.was_ready {
            true => (self.unready + since, self.unready_at_start),
            false => (self.unready, self.unready_at_start + since),
        }
    }

    /// When it was last not ready, and why; none where only its first start was.
    pub fn last_unready(&self, now: u64) -> Option<(u64, &Failure)> {
        let at = if self.is_ready() { self.ready_since } else { now };
        self.last_unready.as_ref().map(|failure| (at, failure))
    }

    fn begin(&mut self, at: u64, failure: Failure, is_real: bool) {
        self.began = at;
        (self.is_real, self.answered, self.started) = (is_real, false, !self.has[STARTUP]);
        self.rows = Default::default();
        self.due = self.periods.map(|period| at + self.initial_delay.max(period));
        self.become_unready(at, failure);
    }

    fn become_ready(&mut self, at: u64) {
        (self.unready, self.unready_at_start) = self.unready(at);
        if self.unready_since.take().is_some() {
            (self.was_ready, self.ready_since) = (true, at);
        }
    }

    fn become_unready(&mut self, at: u64, failure: Failure) {
        self.unready_since.get_or_insert(at);
        self.last_unready = Some(failure);
    }

    fn note_start(&mut self, at: u64) {
        if self.is_real && !self.answered {
            self.starts.push(at.saturating_sub(self.began));
            self.starts.drain(..self.starts.len().saturating_sub(MOST_STARTS));
        }
        self.answered = true;
    }
}

const LIVENESS: usize = 0;
const STARTUP: usize = 2;

fn position(probe: Probe) -> usize {
    probe as usize
}

/// A duration as it is counted here.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
