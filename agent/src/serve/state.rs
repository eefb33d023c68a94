//! What is known of every check, and what follows from it for a probe. Pure: the time is always an argument.

use std::time::{Duration, Instant, SystemTime};

use super::guess::Guess;
use super::plan::Job;
use crate::check::{Outcome, Probe, Verdict};
use crate::runner::Run;

/// What is known of all checks since the agent started.
pub struct State {
    pub entries: Vec<CheckState>,
    started: Instant,
    /// When a run last began or ended, or the kubelet last asked.
    touched: Instant,
    /// When that had not happened for long, and for how long.
    woken: Option<(Instant, Duration)>,
    stopping: bool,
}

/// What is known of one check.
pub struct CheckState {
    pub container: String,
    pub label: String,
    /// The name under which the application reports in.
    pub push_name: Option<String>,
    probes: [bool; 3],
    /// Whether it asks a port or socket of the Pod itself.
    pub is_local: bool,
    /// Only of a check that was found rather than written.
    pub guess: Option<Guess>,
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

/// How long the threads of an agent that was stopped take to go on.
const WAKING: Duration = Duration::from_secs(1);

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
            is_local: job.is_local,
            guess: job.guess.then(|| Guess::new(has_startup(jobs, &job.container), job.period)),
            stale_after: job.stale_after,
            last: None,
            running_since: None,
            counts: [0; VERDICTS.len()],
        };
        Self {
            entries: jobs.iter().map(entry).collect(),
            started,
            touched: started,
            woken: None,
            stopping: false,
        }
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
        self.touch(now);
        if let Some(entry) = self.entries.get_mut(index) {
            entry.running_since = Some(now);
        }
    }

    /// Notes how a run ended, and says whether the verdict is another one than before.
    pub fn finish(&mut self, index: usize, run: Run, now: Instant, wall: SystemTime) -> bool {
        self.touch(now);
        let Some(entry) = self.entries.get_mut(index) else { return false };
        let before = entry.last.as_ref().map(|last| last.outcome.verdict);
        let after = run.outcome.verdict;
        for (count, verdict) in entry.counts.iter_mut().zip(VERDICTS) {
            *count += u64::from(verdict == after);
        }
        let began = entry.running_since.take();
        if let Some(guess) = entry.guess.as_mut().filter(|_| after == Verdict::Pass) {
            guess.passed(began);
        }
        entry.last = Some(Last { outcome: run.outcome, took: run.took, ended: now, ended_at: wall });
        before != Some(after)
    }

    /// Whether a check is to be repeated soon: the program does not answer, or a guess may yet pass. A guess that never
    /// passes is asked no more often than any other: it may trouble a server of another kind.
    pub fn is_urgent(&self, index: usize, now: Instant) -> bool {
        let Some(entry) = self.entries.get(index) else { return false };
        match &entry.guess {
            Some(guess) if !guess.is_proven() => guess.is_awaited(self.started, now),
            _ => entry.last.as_ref().is_some_and(|last| last.outcome.verdict == Verdict::Fail),
        }
    }

    /// Whether a check was found rather than written, and has not passed in the life of its container.
    pub fn is_unproven(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(CheckState::is_unproven)
    }

    /// Notes a question of the kubelet. True if the answer should tell of a guess that is unproven.
    pub fn note_question(&mut self, probe: Probe, container: Option<&str>, now: Instant) -> bool {
        self.touch(now);
        let mut tells = false;
        for entry in &mut self.entries {
            let is_asked = entry.is_for(probe) || probe == Probe::Startup;
            if let Some(guess) = &mut entry.guess
                && is_asked
                && container.is_none_or(|name| entry.container == name)
            {
                tells |= guess.asked(probe, entry.last.is_some(), now);
            }
        }
        tells
    }

    /// The status with which a check fails a probe; `None` if it holds, or is a guess that has no power yet.
    pub fn failure(&self, probe: Probe, entry: &CheckState, now: Instant) -> Option<u16> {
        let excused = entry.guess.as_ref().is_some_and(|guess| guess.excuses(probe, now));
        failure(probe, self.freshness(entry, now)).filter(|_| !excused)
    }

    /// What the check is worth now. A run that is under way, and not for long, shows that its thread is neither stuck nor
    /// starved: an old result holds until that run ends.
    pub fn freshness<'a>(&self, entry: &'a CheckState, now: Instant) -> Freshness<'a> {
        match &entry.last {
            _ if self.is_stale(entry, now) => Freshness::Stale,
            Some(last) => Freshness::Known(&last.outcome),
            None => Freshness::Pending,
        }
    }

    /// Whether a check is stale because the agent itself was stopped until a moment ago, by a frozen cgroup or a machine that
    /// was paused: nothing at all had happened for half the time that a result may be old.
    pub fn has_woken(&self, now: Instant) -> bool {
        let recently = self.woken.filter(|(at, _)| now.saturating_duration_since(*at) < WAKING);
        let silence =
            now.saturating_duration_since(self.touched).max(recently.map_or(Duration::ZERO, |(_, gap)| gap));
        self.entries.iter().any(|entry| self.is_stale(entry, now) && silence > entry.stale_after / 2)
    }

    /// Notes that something happens.
    fn touch(&mut self, now: Instant) {
        if let Some(silence) = self.was_stopped(now) {
            self.woken = Some((now, silence));
        }
        self.touched = now;
    }

    /// How long the agent itself was stopped until now, as far as it is seen: nothing has happened since.
    pub fn was_stopped(&self, now: Instant) -> Option<Duration> {
        let silence = now.saturating_duration_since(self.touched);
        self.entries.iter().any(|entry| silence > entry.stale_after / 2).then_some(silence)
    }

    /// Whether any check is stale.
    pub fn has_stale(&self, now: Instant) -> bool {
        self.entries.iter().any(|entry| self.is_stale(entry, now))
    }

    fn is_stale(&self, entry: &CheckState, now: Instant) -> bool {
        let since = entry.last.as_ref().map_or(self.started, |last| last.ended);
        let is_at_work = entry.running_since.is_some_and(|begun| !entry.has_outlasted(begun, now));
        entry.has_outlasted(since, now) && !is_at_work
    }

    /// The checks that answer a probe, of one container or of all.
    pub fn asked<'a>(
        &'a self,
        probe: Probe,
        container: Option<&'a str>,
    ) -> impl Iterator<Item = &'a CheckState> {
        self.entries
            .iter()
            .filter(move |entry| entry.is_for(probe) && container.is_none_or(|name| entry.container == name))
    }

    /// The checks whose run is under way for longer than their result may be old.
    pub fn stuck(&self, now: Instant) -> impl Iterator<Item = &CheckState> {
        self.entries
            .iter()
            .filter(move |entry| entry.running_since.is_some_and(|since| entry.has_outlasted(since, now)))
    }
}

impl CheckState {
    /// Whether a moment is longer ago than a result may be old.
    fn has_outlasted(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) > self.stale_after
    }

    /// Whether it answers for a probe.
    pub fn is_for(&self, probe: Probe) -> bool {
        self.probes.get(position(probe)) == Some(&true)
    }

    /// Whether it was found rather than written, and has not passed in the life of its container.
    pub fn is_unproven(&self) -> bool {
        self.guess.as_ref().is_some_and(|guess| !guess.is_proven())
    }
}

fn position(probe: Probe) -> usize {
    Probe::ALL.iter().position(|&known| known == probe).unwrap_or_default()
}

/// Whether the kubelet asks for the startup of a container.
fn has_startup(jobs: &[Job], container: &str) -> bool {
    let startup = position(Probe::Startup);
    jobs.iter().any(|job| job.container == container && job.probes.get(startup) == Some(&true))
}

/// The status with which a check that has power fails a probe; `None` if it holds.
///
/// Liveness holds before the first result, or the agent's start would restart the program. Startup has no memory beyond
/// the last result: the kubelet latches on its own, and asks again only for a new container, which must start anew.
fn failure(probe: Probe, freshness: Freshness) -> Option<u16> {
    match freshness {
        Freshness::Pending => (probe != Probe::Liveness).then_some(503),
        Freshness::Stale => Some(503),
        Freshness::Known(outcome) if probe.holds(outcome.verdict) => None,
        Freshness::Known(outcome) => Some(outcome.cause.map_or(503, |cause| cause.http_status())),
    }
}

#[cfg(test)]
mod tests;
