//! The agent asks itself at the times at which the kubelet would, and counts what would have followed. The questions that
//! were due are made up for whenever something happens, before it changes anything.

use std::time::{Duration, Instant};

use super::prober::{Failure, Prober, milliseconds};
use super::tally::Tally;
use crate::check::{Cause, Probe, Verdict};
use crate::cli::{Questions, Section};
use crate::serve::state::{CheckState, State};

/// How one container would be asked.
pub struct Asked {
    container: String,
    period: Duration,
    questions: Questions,
}

impl Asked {
    /// What a section of the command line says of it.
    pub fn of(section: &Section) -> Self {
        let Section { container, period, questions, .. } = section;
        Self { container: container.clone(), period: *period, questions: *questions }
    }
}

/// What would have followed in each container, and what is counted of each check, in the order of the state.
pub struct Trial {
    since: Instant,
    pub containers: Vec<Container>,
    pub tallies: Vec<Tally>,
}

pub struct Container {
    pub name: String,
    pub prober: Prober,
    pass_only: bool,
}

impl Trial {
    /// Begins now; the checks say which probes there are.
    pub fn new(asked: Vec<Asked>, state: &State, now: Instant) -> Self {
        let container = |Asked { container: name, period, questions }: Asked| {
            let has = Probe::ALL.map(|probe| state.asked(probe, Some(&name)).next().is_some());
            let prober = Prober::new(has, period, &questions);
            Container { name, prober, pass_only: questions.pass_only }
        };
        let tallies = vec![Tally::default(); state.entries.len()];
        Self { since: now, containers: asked.into_iter().map(container).collect(), tallies }
    }

    /// A moment as it is counted here: milliseconds since the trial began.
    pub fn elapsed(&self, now: Instant) -> u64 {
        milliseconds(now.saturating_duration_since(self.since))
    }

    /// Asks what the kubelet would have asked up to now, but for a time in which the agent itself was stopped.
    pub fn follow(&mut self, state: &mut State, now: Instant) {
        let gap = state.was_stopped(now).map_or(0, milliseconds);
        let (since, now) = (self.since, self.elapsed(now));
        for Container { name, prober, pass_only } in &mut self.containers {
            prober.skip(gap);
            while let Some((due, probe)) = prober.next(now) {
                let at = since + Duration::from_millis(due);
                state.note_question(probe, Some(name), at);
                let (failing, is_pending) = judge(state, &mut self.tallies, (name, *pass_only), (probe, at));
                if failing.is_none() && is_pending {
                    prober.postpone(probe);
                    continue;
                }
                let restarts =
                    prober.answer(probe, due, failing.map(|index| failure_of(&state.entries[index])));
                if let Some(index) = failing.filter(|_| restarts) {
                    self.tallies[index].restarts = self.tallies[index].restarts.saturating_add(1);
                }
            }
        }
    }

    /// Notes the result of a run: where nothing listens any more the container has ended.
    pub fn finished(&mut self, entry: &CheckState, index: usize, had_ended: bool) {
        let Some(last) = &entry.last else { return };
        if last.outcome.verdict != Verdict::Fail {
            self.tallies[index].answered(last.took);
        }
        let is_asked = entry.is_for(Probe::Liveness) || entry.is_for(Probe::Startup);
        if !had_ended && is_asked && has_ended(entry) {
            let at = self.elapsed(last.ended);
            for container in &mut self.containers {
                if container.name == entry.container {
                    container.prober.ended(at, failure_of(entry));
                }
            }
        }
    }
}

/// Whether nothing listens where the container should: with the agent it shares the network.
pub fn has_ended(entry: &CheckState) -> bool {
    let refused = entry.last.as_ref().is_some_and(|last| {
        last.outcome.verdict == Verdict::Fail && last.outcome.cause == Some(Cause::Connect)
    });
    entry.is_local && refused
}

/// The first check that fails a question, and whether one has no result yet; what each is worth is counted.
fn judge(
    state: &State,
    tallies: &mut [Tally],
    (name, pass_only): (&str, bool),
    (probe, at): (Probe, Instant),
) -> (Option<usize>, bool) {
    let (mut failing, mut is_pending) = (None, false);
    for (index, entry) in state.entries.iter().enumerate() {
        if entry.container != name || !entry.is_for(probe) {
            continue;
        }
        let is_short = pass_only
            && entry.last.as_ref().is_some_and(|last| !Probe::Readiness.holds(last.outcome.verdict));
        let fails = is_short || state.failure(probe, entry, at).is_some();
        is_pending |= entry.last.is_none();
        if fails && failing.is_none() {
            failing = Some(index);
        }
        // A check is counted by one of its probes, and not while the container starts.
        if probe == Probe::Liveness || probe == Probe::Readiness && !entry.is_for(Probe::Liveness) {
            tallies[index].asked(fails);
        }
    }
    (failing, is_pending)
}

fn failure_of(entry: &CheckState) -> Failure {
    let reason =
        entry.last.as_ref().map_or_else(|| "no result yet".to_owned(), |last| last.outcome.reason.clone());
    Failure { check: entry.label.clone(), reason }
}
