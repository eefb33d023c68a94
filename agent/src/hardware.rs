//! What all checks of hardware share. A reading is well, bad or unknown; unknown passes, since an unreadable sensor must
//! not empty a cluster, and fails with `?strict`. Whoever reads is watched from outside, because a sick device blocks in
//! the kernel, and what was seen is kept for rates and for `?for=5m`: in memory by `serve`, in a file by `check`.

mod counter;
mod finding;
#[cfg(test)]
pub mod fixture;
mod glob;
pub mod hwmon;
mod memory;
mod state;
mod summary;
mod tree;
mod watch;
mod window;

use std::sync::{Arc, Mutex, PoisonError};

use crate::check::{Cause, Check, Deadline, HostRoots, Outcome};
use crate::grammar::{CheckUrl, Window, parse_window};
use crate::sys;

pub use finding::{Fails, Finding, Level};
pub use glob::matches;
pub use hwmon::Max;
pub use memory::Memory;
pub use state::Store;
pub use tree::{Folder, Tree, Unreadable};
pub use watch::reading;
use watch::{Looked, Seen, Watch};

/// How often in a row a read has to be seen blocked before the hardware is called sick.
const BLOCKED_IS_SICK: u32 = 3;

/// The most readings of one look: thrice the sensors of a machine full of drives.
const MOST_FINDINGS: usize = 1_024;

/// One look at the hardware.
pub struct Visit<'a> {
    /// Milliseconds since the machine was booted, time asleep included.
    pub now_ms: u64,
    /// By when programs that it starts have to have ended.
    pub deadline: Deadline,
    pub memory: &'a mut Memory,
    /// What it had to give up on, if so.
    pub blocked: Option<String>,
}

/// A check of hardware: reads and judges. It may block for ever.
pub trait Look: Send + Sync {
    /// Every reading that matters, judged; none where there is nothing to look at.
    fn look(&self, visit: &mut Visit) -> Vec<Finding>;

    /// Why there may be nothing to look at.
    fn nothing(&self) -> String;
}

/// A check of hardware with what it remembers.
pub struct Hardware {
    look: Arc<dyn Look>,
    watch: Watch,
    kept: Mutex<Memory>,
    store: Option<Store>,
    window: Option<Window>,
    strict: bool,
}

impl Hardware {
    /// With the options that all checks of hardware have.
    pub fn new(check: &CheckUrl, roots: &HostRoots, look: impl Look + 'static) -> Self {
        Self {
            look: Arc::new(look),
            watch: Watch::default(),
            kept: Mutex::default(),
            store: roots.state.as_ref().map(|folder| Store::of(check, folder)),
            window: check.option("for").and_then(parse_window),
            strict: check.option("strict").is_some(),
        }
    }

    fn visit(&self, now_ms: u64, deadline: Deadline) -> Outcome {
        let (before, mut troubles) = self.recall();
        let look = Arc::clone(&self.look);
        let mut memory = before.clone();
        let seen = self.watch.run(deadline, move || {
            let mut visit = Visit { now_ms, deadline, memory: &mut memory, blocked: None };
            let findings = look.look(&mut visit);
            let blocked = visit.blocked;
            Looked { findings, memory, blocked }
        });
        let (mut findings, mut memory) = match seen {
            Seen::Done(Looked { findings, memory, blocked: None }) => {
                (findings, Memory { blocked: 0, ..memory })
            }
            Seen::Blocked(at) | Seen::Done(Looked { blocked: Some(at), .. }) => {
                let blocked = before.blocked.saturating_add(1);
                let of =
                    if blocked < BLOCKED_IS_SICK { format!(" of {BLOCKED_IS_SICK}") } else { String::new() };
                let why = format!("{at} blocks, seen {blocked}{of} times");
                (vec![Finding::unknown("", why)], Memory { blocked, ..before.clone() })
            }
        };
        findings.truncate(MOST_FINDINGS);
        if findings.is_empty() {
            findings.push(Finding::unknown("", self.look.nothing()));
        }
        // While a read blocks nothing is known of the sensors, so nothing that lasted is forgotten either.
        if memory.blocked == 0 {
            window::hold(&mut findings, &mut memory.windows, self.window, now_ms);
        }
        let blocked = (memory.blocked >= BLOCKED_IS_SICK).then(|| findings.first().map(|it| it.text.clone()));
        let known = troubles.is_empty().then_some(&before);
        troubles.extend(self.keep(known, memory));
        findings.extend(troubles.into_iter().map(|why| Finding::unknown("", why)));
        match blocked.flatten() {
            Some(text) => Outcome::fail(Cause::Timeout, text),
            None => summary::outcome(&findings, self.strict),
        }
    }

    /// What the runs before have left, and what there is to say about that.
    fn recall(&self) -> (Memory, Vec<String>) {
        match self.store.as_ref().map(Store::load) {
            None => (self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone(), vec![]),
            Some(Ok(memory)) => (memory, vec![]),
            Some(Err(why)) => (Memory::default(), vec![why]),
        }
    }

    /// Leaves it for the next run, unless that is there already; what there is to say where it fails and would have mattered.
    fn keep(&self, before: Option<&Memory>, memory: Memory) -> Option<String> {
        let Some(store) = &self.store else {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = memory;
            return None;
        };
        match Some(&memory) == before {
            true => None,
            false => store.save(&memory).err().filter(|_| memory.matters()),
        }
    }
}

impl Check for Hardware {
    fn run(&self, deadline: Deadline) -> Outcome {
        if deadline.remaining().is_err() {
            // The checks before it have used the time up, which is no fault of this hardware.
            return summary::outcome(&[Finding::unknown("", "no time was left")], self.strict);
        }
        let outcome = self.visit(sys::since_boot_ms(), deadline);
        if self.store.is_none() {
            sys::give_memory_back();
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
