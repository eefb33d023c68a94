//! What all checks of hardware share. A reading is well, bad or unknown; unknown passes, since an unreadable sensor must
//! not empty a cluster, and fails with `?strict`. The thread that reads is watched from outside, because a sick device blocks
//! in the kernel, and what was seen is kept for rates and for `?for=5m`: in memory by `serve`, in a file by `check`.

mod counter;
mod debounce;
#[cfg(test)]
pub mod fixture;
mod glob;
mod history;
pub mod hwmon;
mod reading;
mod state_file;
mod summary;
mod sysfs;
mod watchdog;

use std::sync::{Arc, Mutex, PoisonError};

use crate::check::{Cause, Check, Deadline, HostRoots, Outcome};
use crate::scheme::{CheckUrl, Window, parse_window};
use crate::sys;

pub use glob::matches;
pub use history::History;
pub use hwmon::Max;
pub use reading::{Fails, Level, Reading};
pub use state_file::StateFile;
pub use sysfs::{Folder, Tree, Unreadable};
pub use watchdog::about_to_read;
use watchdog::{Scanned, Watchdog, Watched};

/// How often in a row a read has to be seen blocked before the hardware is called sick.
const BLOCKED_IS_SICK: u32 = 3;

/// So many times as long as there is for one scan a program of `serve` may take: longer than until it is called sick.
const LATE_PROGRAM: u32 = 4;

/// One scan of the hardware.
pub struct Scan<'a> {
    /// Milliseconds since the machine was booted, time asleep included.
    pub now_ms: u64,
    /// By when programs that it starts have to have ended.
    pub deadline: Deadline,
    pub history: &'a mut History,
    /// What it had to give up on, if so.
    pub blocked: Option<String>,
}

/// What reads sensors and judges them. It may block for ever.
pub trait Collector: Send + Sync {
    /// Every reading that matters, judged; none where there is nothing to look at.
    fn collect(&self, scan: &mut Scan) -> Vec<Reading>;

    /// Why there may be nothing to look at.
    fn none_found(&self) -> String;
}

/// A check of hardware: its collector, the watchdog over that, and the history of its readings.
pub struct HardwareCheck {
    collector: Arc<dyn Collector>,
    watchdog: Watchdog,
    history_in_memory: Mutex<History>,
    state_file: Option<StateFile>,
    window: Option<Window>,
    strict: bool,
}

impl HardwareCheck {
    /// With the options that all checks of hardware have.
    pub fn new(url: &CheckUrl, roots: &HostRoots, collector: impl Collector + 'static) -> Self {
        Self {
            collector: Arc::new(collector),
            watchdog: Watchdog::default(),
            history_in_memory: Mutex::default(),
            state_file: roots.state.as_ref().map(|folder| StateFile::of(url, folder)),
            window: url.option("for").and_then(parse_window),
            strict: url.option("strict").is_some(),
        }
    }

    fn scan(&self, now_ms: u64, deadline: Deadline) -> Outcome {
        let (before, mut troubles) = self.load();
        let collector = Arc::clone(&self.collector);
        let mut history = before.clone();
        let programs_end = self.programs_end(deadline);
        let watched = self.watchdog.run(deadline, move || {
            let mut scan = Scan { now_ms, deadline: programs_end, history: &mut history, blocked: None };
            let readings = collector.collect(&mut scan);
            let blocked = scan.blocked;
            Scanned { readings, history, blocked }
        });
        let (mut readings, mut history) = match watched {
            Watched::Done(Scanned { readings, history, blocked: None }) => (readings, history.unblocked()),
            Watched::Done(Scanned { blocked: Some(at), .. }) => blocked_at(&before, at, true),
            // Of a run of `check` before this one nothing but the path is known.
            Watched::Running { at, again } => blocked_at(&before, at, again || self.state_file.is_some()),
            Watched::Unstarted(why) => {
                let why = format!("cannot be looked at, no thread starts: {why}");
                (vec![Reading::unknown("", why)], before.clone().unblocked())
            }
        };
        if readings.is_empty() {
            readings.push(Reading::unknown("", self.collector.none_found()));
        }
        // The bad ones first: of too many sensors those are remembered.
        readings.sort_by_key(|reading| reading.level != Level::Bad);
        // While a read blocks nothing is known of the sensors, so nothing that lasted is forgotten either.
        if history.blocked == 0 {
            debounce::apply(&mut readings, &mut history.windows, self.window, now_ms);
        }
        let blocked =
            (history.blocked >= BLOCKED_IS_SICK).then(|| readings.first().map(|it| it.text.clone()));
        let known = troubles.is_empty().then_some(&before);
        troubles.extend(self.save(known, history));
        readings.extend(troubles.into_iter().map(|why| Reading::unknown("", why)));
        match blocked.flatten() {
            Some(text) => Outcome::fail(Cause::Timeout, text),
            None => summary::outcome(&readings, self.strict),
        }
    }

    /// With `serve` the thread goes on after the deadline, and what comes late is taken the next time: nvidia-smi on a machine
    /// full of sleeping GPUs takes seconds.
    fn programs_end(&self, deadline: Deadline) -> Deadline {
        match deadline.remaining() {
            Ok(left) if self.state_file.is_none() => Deadline::after(left * LATE_PROGRAM),
            _ => deadline,
        }
    }

    /// What the runs before have left, and what there is to say about that.
    fn load(&self) -> (History, Vec<String>) {
        match self.state_file.as_ref().map(StateFile::load) {
            None => (self.history_in_memory.lock().unwrap_or_else(PoisonError::into_inner).clone(), vec![]),
            Some(Ok(history)) => (history, vec![]),
            Some(Err(why)) => (History::default(), vec![why]),
        }
    }

    /// Leaves it for the next run, unless that is there already; what there is to say where it fails and would have mattered.
    fn save(&self, before: Option<&History>, history: History) -> Option<String> {
        let Some(state_file) = &self.state_file else {
            *self.history_in_memory.lock().unwrap_or_else(PoisonError::into_inner) = history;
            return None;
        };
        match Some(&history) == before {
            true => None,
            false => state_file.save(&history).err().filter(|_| history.matters()),
        }
    }
}

/// What is known while a scan has not ended: only the same read, seen again and again, is a sick one; another one than the
/// last time is that of a slow scan.
fn blocked_at(before: &History, at: String, again: bool) -> (Vec<Reading>, History) {
    let again = again && (before.blocked == 0 || before.blocked_at == at);
    let blocked = if again { before.blocked.saturating_add(1) } else { 1 };
    let of = if blocked < BLOCKED_IS_SICK { format!(" of {BLOCKED_IS_SICK}") } else { String::new() };
    let why = format!("{at} blocks, seen {blocked}{of} times");
    (vec![Reading::unknown("", why)], History { blocked, blocked_at: at, ..before.clone() })
}

impl Check for HardwareCheck {
    fn run(&self, deadline: Deadline) -> Outcome {
        if deadline.remaining().is_err() {
            // The checks before it have used the time up, which is no fault of this hardware.
            return summary::outcome(&[Reading::unknown("", "no time was left")], self.strict);
        }
        let outcome = self.scan(sys::since_boot_ms(), deadline);
        if self.state_file.is_none() {
            sys::give_memory_back();
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
