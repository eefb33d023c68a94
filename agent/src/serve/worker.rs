//! One thread for each check: it runs, waits, runs. One flight at a time follows from that.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::plan::Job;
use super::schedule::Schedule;
use super::state::State;
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
    state: Mutex<State>,
}

impl Shared {
    /// Nothing has run yet.
    pub fn new(jobs: Vec<Job>) -> Self {
        let state = Mutex::new(State::new(&jobs, Instant::now()));
        Self { jobs, state }
    }

    /// What is known; held for no longer than it takes to read or note something.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a report of the application to a push check, and judges it at once.
    pub fn report(&self, index: usize) {
        if let Some(job) = self.jobs.get(index) {
            job.runner.report();
            self.run(index);
        }
    }

    /// Runs a check now, notes the result, and logs it if the verdict is another one.
    pub fn run(&self, index: usize) {
        let Some(job) = self.jobs.get(index) else { return };
        self.state().begin(index, Instant::now());
        let mut run = job.runner.run(Deadline::after(job.timeout), job.timeout);
        // No run outlasts its time-out by so much but one during which the agent itself was stopped: it is no answer.
        if run.took > job.timeout + STOPPED {
            self.state().begin(index, Instant::now());
            run = job.runner.run(Deadline::after(job.timeout), job.timeout);
        }
        let shown = run.clone();
        let (changed, unproven) = {
            let mut state = self.state();
            let changed = state.finish(index, run, Instant::now(), SystemTime::now());
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
