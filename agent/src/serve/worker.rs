//! One thread for each check: it runs, waits, runs. A report is judged by the thread of the server, after a run that is under way.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::plan::Job;
use super::schedule::Schedule;
use super::state::State;
use super::trial::{Asked, Trial, has_ended};
use crate::check::{Deadline, Verdict};
use crate::runner::Run;
use crate::serve::log;
use crate::serve::pages::forget_the_start;

/// Address space only: a thread costs the pages that it touches. A TLS handshake of an unoptimised build needs the most.
pub const STACK: usize = 256 * 1024;

/// How much longer than its time-out a run takes on a machine that is busy.
const STOPPED: Duration = Duration::from_millis(250);

/// What the threads of the checks and the server share.
pub struct Shared {
    pub jobs: Vec<Job>,
    /// Held by the run of a job: what ends last is what was asked last.
    turns: Vec<Mutex<()>>,
    state: Mutex<State>,
    /// Taken after the state.
    trial: Option<Mutex<Trial>>,
}

impl Shared {
    /// Nothing has run yet; `asked` is how a kubelet would ask, where none does.
    pub fn new(jobs: Vec<Job>, asked: Option<Vec<Asked>>) -> Self {
        let now = Instant::now();
        let state = State::new(&jobs, now);
        let trial = asked.map(|asked| Mutex::new(Trial::new(asked, &state, now)));
        let turns = jobs.iter().map(|_| Mutex::default()).collect();
        Self { jobs, turns, state: Mutex::new(state), trial }
    }

    /// What is known; held for no longer than it takes to read or note something.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trial as it stands now; none where a kubelet asks.
    pub fn trial(&self, state: &mut State, now: Instant) -> Option<MutexGuard<'_, Trial>> {
        let mut trial = self.trial.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        trial.follow(state, now);
        Some(trial)
    }

    /// Notes a report of the application to a push check, and judges it at once.
    pub fn report(&self, index: usize) {
        if let Some(job) = self.jobs.get(index) {
            job.runner.report();
            self.run(index);
        }
    }

    fn begin(&self, index: usize) {
        let (mut state, now) = (self.state(), Instant::now());
        drop(self.trial(&mut state, now));
        state.begin(index, now);
    }

    fn finish(&self, state: &mut State, index: usize, run: Run) -> bool {
        let now = Instant::now();
        let trial = self.trial(state, now);
        let had_ended = state.entries.get(index).is_some_and(has_ended);
        let changed = state.finish(index, run, now, SystemTime::now());
        if let (Some(mut trial), Some(entry)) = (trial, state.entries.get(index)) {
            trial.finished(entry, index, had_ended);
        }
        changed
    }

    /// Runs a check now, notes the result, and logs it if the verdict is another one.
    pub fn run(&self, index: usize) {
        let (Some(job), Some(turn)) = (self.jobs.get(index), self.turns.get(index)) else { return };
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.begin(index);
        let mut run = job.runner.run(Deadline::after(job.timeout), job.timeout);
        // No run outlasts its time-out by so much but one during which the agent itself was stopped: it is no answer.
        if run.took > job.timeout + STOPPED {
            self.begin(index);
            run = job.runner.run(Deadline::after(job.timeout), job.timeout);
        }
        let shown = run.clone();
        let (changed, unproven) = {
            let mut state = self.state();
            let changed = self.finish(&mut state, index, run);
            (changed, state.is_unproven(index))
        };
        if changed {
            log_change(job, &shown, unproven);
        }
    }
}

/// Starts the thread of every check.
pub fn start(shared: &Arc<Shared>) -> io::Result<()> {
    let start = Instant::now();
    for (index, job) in shared.jobs.iter().enumerate() {
        let schedule = Schedule::new(start, index, shared.jobs.len(), job.period);
        let shared = Arc::clone(shared);
        thread::Builder::new().stack_size(STACK).spawn(move || repeat(&shared, index, schedule))?;
    }
    Ok(())
}

fn repeat(shared: &Shared, index: usize, schedule: Schedule) {
    let mut due = schedule.first();
    let mut first = true;
    loop {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        shared.run(index);
        if std::mem::take(&mut first) {
            forget_the_start();
        }
        let now = Instant::now();
        let urgent = shared.state().is_urgent(index, now);
        due = schedule.next(now, urgent);
    }
}

/// The kubelet drops the text of an HTTP probe, so the log is where the reason can be read.
fn log_change(job: &Job, run: &Run, unproven: bool) {
    let verdict = run.outcome.verdict;
    let level = if verdict == Verdict::Pass { "info" } else { "warn" };
    let fields = [
        ("container", job.container.as_str()),
        ("check", &job.label),
        ("verdict", verdict.word()),
        ("reason", &run.outcome.reason),
        ("unproven", "true"),
    ];
    log::write(level, &fields[..fields.len() - usize::from(!unproven)]);
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use super::super::plan::plan;
    use super::*;
    use crate::cli::{Command, parse};

    #[test]
    fn a_report_waits_for_the_run_that_is_under_way() {
        let folder = std::env::temp_dir().join(format!("health-probe-turns-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (script, lock) = (folder.join("script"), folder.join("lock"));
        let lock = lock.display();
        fs::write(&script, format!("mkdir {lock} || exit 1; sleep 0.2; rmdir {lock}")).unwrap();
        let check = format!("exec:sh {}", script.display());
        let words = ["serve", "--timeout", "10s", &check].map(OsString::from);
        let Ok(Command::Serve(serve)) = parse(words.into_iter()) else { panic!("another command") };
        let shared = Shared::new(plan(serve.sections, &serve.roots).unwrap(), None);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| shared.report(0));
            }
        });
        fs::remove_dir_all(&folder).unwrap();
        let state = shared.state();
        assert_eq!(state.entries.iter().map(|entry| entry.counts).collect::<Vec<_>>(), [[3, 0, 0, 0]]);
    }
}
