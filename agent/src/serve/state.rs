//! What is known of every check, and what follows from it for a probe. Pure: the time is always an argument.

use std::time::{Duration, Instant, SystemTime};

use super::plan::Job;
use crate::check::{Outcome, Probe, Verdict};
use crate::runner::Run;

/// What is known of all checks since the agent started.
pub struct State {
    pub entries: Vec<CheckState>,
    started: Instant,
    stopping: bool,
}

/// What is known of one check.
pub struct CheckState {
    pub container: String,
    pub label: String,
    /// The name under which the application reports in.
    pub push_name: Option<String>,
    probes: [bool; 3],
    stale_after: Duration,
    pub last: Option<Last>,
    /// When the run that is under way began.
    running_since: Option<Instant>,
    /// How many runs ended in each of `VERDICTS`.
    pub counts: [u64; VERDICTS.len()],
}

/// The last run that ended.
pub struct Last {
    pub outcome: Outcome,
    pub took: Duration,
    pub ended: Instant,
    pub ended_at: SystemTime,
}

/// What a check is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness<'a> {
    /// No result yet.
    Pending,
    /// No result for so long that the last one means nothing: its thread is stuck, or starved.
    Stale,
    Known(&'a Outcome),
}

/// The order of `Entry::counts`.
pub const VERDICTS: [Verdict; 4] = [Verdict::Pass, Verdict::Alive, Verdict::Unknown, Verdict::Fail];

impl State {
    /// Nothing is known yet of these jobs; entries and jobs have the same order.
    pub fn new(jobs: &[Job], started: Instant) -> Self {
        let entry = |job: &Job| CheckState {
            container: job.container.clone(),
            label: job.label.clone(),
            push_name: job.runner.push_name().map(str::to_owned),
            probes: job.probes,
            stale_after: job.stale_after,
            last: None,
            running_since: None,
            counts: [0; VERDICTS.len()],
        };
        Self { entries: jobs.iter().map(entry).collect(), started, stopping: false }
    }

    /// From now on nothing is ready: traffic should go elsewhere before the end.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// Whether the end has begun.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Notes that a run began.
    pub fn begin(&mut self, index: usize, now: Instant) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.running_since = Some(now);
        }
    }

    /// Notes how a run ended, and says whether the verdict is another one than before.
    pub fn finish(&mut self, index: usize, run: Run, now: Instant, wall: SystemTime) -> bool {
        let Some(entry) = self.entries.get_mut(index) else { return false };
        let before = entry.last.as_ref().map(|last| last.outcome.verdict);
        let after = run.outcome.verdict;
        for (count, verdict) in entry.counts.iter_mut().zip(VERDICTS) {
            *count += u64::from(verdict == after);
        }
        entry.running_since = None;
        entry.last = Some(Last { outcome: run.outcome, took: run.took, ended: now, ended_at: wall });
        before != Some(after)
    }

    /// Whether the last run of a check found that the program does not answer.
    pub fn fails(&self, index: usize) -> bool {
        let last = self.entries.get(index).and_then(|entry| entry.last.as_ref());
        last.is_some_and(|last| last.outcome.verdict == Verdict::Fail)
    }

    /// What the check is worth now.
    pub fn freshness<'a>(&self, entry: &'a CheckState, now: Instant) -> Freshness<'a> {
        let since = entry.last.as_ref().map_or(self.started, |last| last.ended);
        match &entry.last {
            _ if now.saturating_duration_since(since) > entry.stale_after => Freshness::Stale,
            Some(last) => Freshness::Known(&last.outcome),
            None => Freshness::Pending,
        }
    }

    /// The checks that answer a probe, of one container or of all.
    pub fn asked<'a>(
        &'a self,
        probe: Probe,
        container: Option<&'a str>,
    ) -> impl Iterator<Item = &'a CheckState> {
        let index = Probe::ALL.iter().position(|&known| known == probe).unwrap_or_default();
        self.entries.iter().filter(move |entry| {
            entry.probes.get(index) == Some(&true) && container.is_none_or(|name| entry.container == name)
        })
    }

    /// The checks whose run is under way for longer than their result may be old.
    pub fn stuck(&self, now: Instant) -> impl Iterator<Item = &CheckState> {
        self.entries.iter().filter(move |entry| {
            entry.running_since.is_some_and(|since| now.saturating_duration_since(since) > entry.stale_after)
        })
    }
}

/// The status with which a check fails a probe; `None` if it holds.
///
/// Liveness holds before the first result, or the agent's start would restart the program. Startup has no memory beyond
/// the last result: the kubelet latches on its own, and asks again only for a new container, which must start anew.
pub fn failure(probe: Probe, freshness: Freshness) -> Option<u16> {
    match freshness {
        Freshness::Pending => (probe != Probe::Liveness).then_some(503),
        Freshness::Stale => Some(503),
        Freshness::Known(outcome) if probe.holds(outcome.verdict) => None,
        Freshness::Known(outcome) => Some(outcome.cause.map_or(503, |cause| cause.http_status())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Cause;
    use crate::serve::fixture::{SECOND, jobs, run};

    fn statuses(state: &State, now: Instant) -> [Option<u16>; 3] {
        Probe::ALL.map(|probe| failure(probe, state.freshness(&state.entries[0], now)))
    }

    fn known(outcome: Outcome) -> [Option<u16>; 3] {
        Probe::ALL.map(|probe| failure(probe, Freshness::Known(&outcome)))
    }

    #[test]
    fn before_the_first_result_only_liveness_holds() {
        let start = Instant::now();
        let state = State::new(&jobs("tcp://:1"), start);
        assert_eq!(statuses(&state, start), [None, Some(503), Some(503)]);
    }

    #[test]
    fn a_check_that_never_returns_fails_liveness_after_three_periods() {
        let start = Instant::now();
        let mut state = State::new(&jobs("--period 10s tcp://:1"), start);
        state.begin(0, start);
        assert_eq!(statuses(&state, start + 30 * SECOND)[0], None);
        assert_eq!(state.stuck(start + 30 * SECOND).count(), 0);
        assert_eq!(statuses(&state, start + 31 * SECOND), [Some(503); 3]);
        assert_eq!(state.stuck(start + 31 * SECOND).count(), 1);
    }

    #[test]
    fn a_result_is_stale_after_three_periods_and_fresh_again_with_the_next() {
        let start = Instant::now();
        let mut state = State::new(&jobs("--period 1s tcp://:1"), start);
        state.finish(0, run(Outcome::pass("")), start, SystemTime::UNIX_EPOCH);
        assert_eq!(statuses(&state, start + 3 * SECOND), [None; 3]);
        assert_eq!(statuses(&state, start + 4 * SECOND), [Some(503); 3]);
        state.finish(0, run(Outcome::pass("")), start + 4 * SECOND, SystemTime::UNIX_EPOCH);
        assert_eq!(statuses(&state, start + 4 * SECOND), [None; 3]);
    }

    #[test]
    fn the_cause_gives_the_status() {
        assert_eq!(known(Outcome::pass("")), [None; 3]);
        assert_eq!(known(Outcome::alive(Cause::Protocol, "")), [None, Some(502), None]);
        assert_eq!(known(Outcome::fail(Cause::Unhealthy, "")), [Some(503); 3]);
        assert_eq!(known(Outcome::fail(Cause::Connect, "")), [Some(502); 3]);
        assert_eq!(known(Outcome::fail(Cause::Timeout, "")), [Some(504); 3]);
    }

    #[test]
    fn startup_is_released_by_a_failure_so_that_a_new_container_starts_anew() {
        let start = Instant::now();
        let mut state = State::new(&jobs("tcp://:1"), start);
        let startup = |state: &State| statuses(state, start)[2];
        state.finish(0, run(Outcome::alive(Cause::Unhealthy, "loading")), start, SystemTime::UNIX_EPOCH);
        assert_eq!(startup(&state), None);
        state.finish(0, run(Outcome::fail(Cause::Connect, "refused")), start, SystemTime::UNIX_EPOCH);
        assert_eq!(startup(&state), Some(502));
    }

    #[test]
    fn only_a_change_of_verdict_is_a_change() {
        let now = Instant::now();
        let mut state = State::new(&jobs("tcp://:1"), now);
        let outcomes =
            [Outcome::pass("a"), Outcome::pass("b"), Outcome::fail(Cause::Connect, ""), Outcome::pass("")];
        let changes = outcomes.map(|outcome| state.finish(0, run(outcome), now, SystemTime::UNIX_EPOCH));
        assert_eq!(changes, [true, false, true, true]);
        assert_eq!(state.entries[0].counts, [3, 0, 0, 1]);
    }
}
