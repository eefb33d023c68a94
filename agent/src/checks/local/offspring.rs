//! What programs leave behind: children that a program did not wait for, in its process group or in a session of their own.
//! The agent is the parent of them all once their own has ended, kills those of a program that is over, and reaps the rest.

use std::fs::{self, File};
use std::io::Read;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use crate::sys::process;

/// By this variable of the environment everything that a program starts is known to be its own.
pub const MARK: &str = "HEALTH_PROBE_RUN";

/// As deep as orphans may have orphans of their own: each round finds those that the last one made.
const ROUNDS: u32 = 20;

/// Of an environment, in which the mark comes late or early.
const LONGEST_ENVIRONMENT: u64 = 256 * 1024;

/// How many looks wait for the environment of a process. One may have none at all.
const UNKNOWN_ROUNDS: u32 = 5;

/// The programs that a check waits for.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// How many programs are being started, and are not among those yet.
static STARTING: AtomicUsize = AtomicUsize::new(0);

/// One run of a program, from before its start until all of it has ended.
pub struct Offspring {
    mark: String,
    leader: Option<u32>,
}

impl Offspring {
    /// To be called before the program is started.
    pub fn expect() -> Self {
        static ADOPTED: Once = Once::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        ADOPTED.call_once(process::adopt_orphans);
        STARTING.fetch_add(1, Ordering::SeqCst);
        let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        Self { mark, leader: None }
    }

    /// What the variable `MARK` is to be.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Notes the program, for which its starter waits.
    pub fn started(&mut self, leader: u32) {
        running().push(leader);
        self.leader = Some(leader);
        STARTING.fetch_sub(1, Ordering::SeqCst);
    }

    /// Ends all that is left, once the program itself has been waited for.
    fn end(&self) {
        let entry = format!("{MARK}={}", self.mark);
        let mut killed = vec![];
        for round in 0..ROUNDS {
            let children = children();
            // A process that was forked before this list was read is among those that run by now, unless one still starts.
            let is_settled = STARTING.load(Ordering::SeqCst) == 0;
            let running = running();
            let mut is_over = true;
            for child in children.into_iter().filter(|child| !running.contains(child)) {
                match marking(child, &entry) {
                    Marking::Ours => {
                        process::kill_child(child);
                        killed.push(child);
                    }
                    Marking::Unknown => is_over &= round >= UNKNOWN_ROUNDS,
                    Marking::None => {}
                }
                let is_killed = killed.contains(&child);
                // Its own children are ours once it has ended, and so are in the next list.
                is_over &= !is_killed;
                // The orphans of others too, but for the children of other tests, who wait for them.
                if is_killed || (is_settled && !cfg!(test)) {
                    process::reap(child);
                }
            }
            drop(running);
            if is_over {
                break;
            }
            thread::sleep(Duration::from_millis(u64::from(round.min(4))));
        }
    }
}

impl Drop for Offspring {
    fn drop(&mut self) {
        match self.leader {
            Some(leader) => {
                running().retain(|other| *other != leader);
                self.end();
            }
            None => {
                STARTING.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

fn running() -> MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The children of all threads; none where the kernel does not list them (CONFIG_PROC_CHILDREN).
fn children() -> Vec<u32> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return vec![] };
    let lists =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Whether a process belongs to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marking {
    Ours,
    None,
    /// It runs, and shows no environment: it may be in the middle of an exec, whose new one is not there yet.
    Unknown,
}

/// Whether a process was started with this in its environment; one that has ended has none any more.
fn marking(process: u32, entry: &str) -> Marking {
    let mut bytes = Vec::new();
    let read = File::open(format!("/proc/{process}/environ"))
        .and_then(|file| file.take(LONGEST_ENVIRONMENT).read_to_end(&mut bytes));
    if read.is_ok() && bytes.split(|&byte| byte == 0).any(|other| other == entry.as_bytes()) {
        return Marking::Ours;
    }
    match read.is_ok() && bytes.is_empty() && !is_zombie(process) {
        true => Marking::Unknown,
        false => Marking::None,
    }
}

/// Also true for a process that is gone. The state stands behind the name, which may hold any character.
fn is_zombie(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, Some(state) if state != 'Z' && state != 'X')
}
