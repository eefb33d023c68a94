//! One thread that reads, watched from outside: a read that the kernel never ends costs this thread and nothing else, and
//! no second one is started before it is over.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::history::History;
use super::reading::Reading;
use crate::check::Deadline;

/// As that of a check of its own.
const STACK: usize = 256 * 1024;

/// What a scan gives back.
pub struct Scanned {
    pub readings: Vec<Reading>,
    pub history: History,
    /// What it had to give up on.
    pub blocked: Option<String>,
}

/// The thread of one check, while there is one.
#[derive(Default)]
pub struct Watchdog(Arc<Slot>);

#[derive(Default)]
struct Slot {
    run: Mutex<Run>,
    finished: Condvar,
    at: Mutex<PathBuf>,
}

#[derive(Default)]
enum Run {
    #[default]
    Idle,
    Running,
    Finished(Scanned),
}

/// What came of it.
pub enum Watched {
    Done(Scanned),
    /// Nothing yet; what it was about to read.
    Blocked(String),
}

thread_local! {
    static OWN: RefCell<Option<Arc<Slot>>> = const { RefCell::new(None) };
}

/// Notes what the thread is about to read.
pub fn about_to_read(path: &Path) {
    OWN.with_borrow(|slot| {
        if let Some(slot) = slot {
            path.clone_into(&mut lock(&slot.at));
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watchdog {
    /// Scans, unless an earlier scan goes on still, and waits until the deadline for either.
    pub fn run(&self, deadline: Deadline, scan: impl FnOnce() -> Scanned + Send + 'static) -> Watched {
        let mut run = lock(&self.0.run);
        if !matches!(*run, Run::Running) {
            *run = Run::Running;
            let slot = Arc::clone(&self.0);
            let started = thread::Builder::new().stack_size(STACK).spawn(move || {
                OWN.set(Some(Arc::clone(&slot)));
                let result = scan();
                *lock(&slot.run) = Run::Finished(result);
                slot.finished.notify_all();
            });
            if let Err(error) = started {
                *run = Run::Idle;
                return Watched::Blocked(format!("the start of a thread ({error})"));
            }
        }
        loop {
            if let Run::Finished(result) = std::mem::take(&mut *run) {
                return Watched::Done(result);
            }
            *run = Run::Running;
            let Ok(left) = deadline.remaining() else {
                return Watched::Blocked(lock(&self.0.at).display().to_string());
            };
            run = self.0.finished.wait_timeout(run, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn scanned(blocked: u32) -> Scanned {
        Scanned { readings: vec![], history: History { blocked, ..History::default() }, blocked: None }
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(30))
    }

    #[test]
    fn a_look_that_blocks_is_told_and_is_the_only_one() {
        static LOOKS: AtomicUsize = AtomicUsize::new(0);
        let watch = Watchdog::default();
        let (release, released) = mpsc::channel::<()>();
        let scan = move || {
            LOOKS.fetch_add(1, Ordering::SeqCst);
            about_to_read(Path::new("/sys/a"));
            let _ = released.recv();
            scanned(7)
        };
        assert!(matches!(watch.run(soon(), scan), Watched::Blocked(at) if at == "/sys/a"));
        for _ in 0..3 {
            let second = || {
                LOOKS.fetch_add(1, Ordering::SeqCst);
                scanned(0)
            };
            assert!(matches!(watch.run(soon(), second), Watched::Blocked(at) if at == "/sys/a"));
        }
        assert_eq!(LOOKS.load(Ordering::SeqCst), 1);
        drop(release);
        let later = Deadline::after(Duration::from_secs(5));
        while !matches!(*lock(&watch.0.run), Run::Finished(_)) {
            thread::sleep(Duration::from_millis(1));
        }
        // What landed while nobody waited is old.
        let fresh = || scanned(1);
        assert!(matches!(watch.run(later, fresh), Watched::Done(scanned) if scanned.history.blocked == 1));
    }

    #[test]
    fn many_looks_leave_no_thread_behind() {
        let watch = Watchdog::default();
        for number in 0..200 {
            let scan = move || scanned(number);
            let later = Deadline::after(Duration::from_secs(5));
            assert!(
                matches!(watch.run(later, scan), Watched::Done(scanned) if scanned.history.blocked == number)
            );
        }
    }
}
