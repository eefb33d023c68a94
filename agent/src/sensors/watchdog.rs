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

/// In the place of the number of a read that the last scan gave up on: where the next one is held up, it is there again.
const GAVE_UP: u64 = u64::MAX;

/// What a scan gives back.
pub struct Scanned {
    pub readings: Vec<Reading>,
    pub history: History,
    /// What it had to give up on.
    pub blocked: Option<String>,
}

/// The thread of one check, while there is one.
#[derive(Default)]
pub struct Watchdog {
    slot: Arc<Slot>,
    /// The read that did not end in time when this was last looked at.
    seen: Mutex<Option<Place>>,
}

#[derive(Default)]
struct Slot {
    run: Mutex<Run>,
    finished: Condvar,
    at: Mutex<Place>,
}

/// The read that a thread is at.
#[derive(Clone, Default, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    /// The number of the read.
    read: u64,
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
    /// In time, or since the last look: hardware that answers late is read all the same.
    Done(Scanned),
    /// Nothing yet; what it was about to read, and whether that is the very read of the last time.
    Running { at: String, again: bool },
    /// There is no thread for it, and why.
    Unstarted(String),
}

thread_local! {
    static OWN: RefCell<Option<Arc<Slot>>> = const { RefCell::new(None) };
}

/// Notes what the thread is about to read.
pub fn about_to_read(path: &Path) {
    OWN.with_borrow(|slot| {
        if let Some(slot) = slot {
            let mut at = lock(&slot.at);
            path.clone_into(&mut at.path);
            at.read += 1;
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watchdog {
    /// Scans, unless an earlier scan goes on still or has ended since, and waits until the deadline for either.
    pub fn run(&self, deadline: Deadline, scan: impl FnOnce() -> Scanned + Send + 'static) -> Watched {
        let mut run = lock(&self.slot.run);
        if matches!(*run, Run::Idle) {
            *run = Run::Running;
            let slot = Arc::clone(&self.slot);
            let started = thread::Builder::new().stack_size(STACK).spawn(move || {
                OWN.set(Some(Arc::clone(&slot)));
                let result = scan();
                *lock(&slot.run) = Run::Finished(result);
                slot.finished.notify_all();
            });
            if let Err(error) = started {
                *run = Run::Idle;
                return Watched::Unstarted(error.to_string());
            }
        }
        loop {
            if let Run::Finished(result) = std::mem::take(&mut *run) {
                let gave_up = |at: &String| Place { path: at.into(), read: GAVE_UP };
                *lock(&self.seen) = result.blocked.as_ref().map(gave_up);
                return Watched::Done(result);
            }
            *run = Run::Running;
            let Ok(left) = deadline.remaining() else {
                let at = lock(&self.slot.at).clone();
                let last = lock(&self.seen).replace(at.clone());
                let again =
                    last.is_some_and(|last| last == at || (last.read == GAVE_UP && last.path == at.path));
                return Watched::Running { at: at.path.display().to_string(), again };
            };
            run = self.slot.finished.wait_timeout(run, left).unwrap_or_else(PoisonError::into_inner).0;
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
        let is_at = |watched: &Watched, seen| matches!(watched, Watched::Running { at, again } if at == "/sys/a" && *again == seen);
        let mut first = watch.run(soon(), scan);
        // On a busy machine the thread may not have begun.
        while matches!(&first, Watched::Running { at, .. } if at.is_empty()) {
            first = watch.run(soon(), || scanned(0));
        }
        assert!(is_at(&first, false));
        for _ in 0..3 {
            let second = || {
                LOOKS.fetch_add(1, Ordering::SeqCst);
                scanned(0)
            };
            assert!(is_at(&watch.run(soon(), second), true));
        }
        assert_eq!(LOOKS.load(Ordering::SeqCst), 1);
        drop(release);
        let later = Deadline::after(Duration::from_secs(5));
        while !matches!(*lock(&watch.slot.run), Run::Finished(_)) {
            thread::sleep(Duration::from_millis(1));
        }
        // What came while no look waited is late, and is what there is.
        let fresh = || scanned(1);
        assert!(matches!(watch.run(later, fresh), Watched::Done(scanned) if scanned.history.blocked == 7));
        assert!(matches!(watch.run(later, fresh), Watched::Done(scanned) if scanned.history.blocked == 1));
    }

    #[test]
    fn a_scan_that_goes_on_from_read_to_read_is_slow_and_not_blocked() {
        let watch = Watchdog::default();
        let (reached, is_reached) = mpsc::channel();
        let (answer, answered) = mpsc::channel();
        let mut scan = Some(move || {
            for number in 0..3 {
                about_to_read(Path::new(&format!("/sys/{number}")));
                reached.send(()).unwrap();
                answered.recv().unwrap();
            }
            scanned(5)
        });
        let mut look = |deadline| match scan.take() {
            Some(scan) => watch.run(deadline, scan),
            None => watch.run(deadline, || scanned(0)),
        };
        // The first may end before the thread has begun.
        assert!(matches!(look(soon()), Watched::Running { again: false, .. }));
        for number in 0..3 {
            is_reached.recv().unwrap();
            if number > 0 {
                assert!(matches!(look(soon()), Watched::Running { again: false, .. }));
            }
            answer.send(()).unwrap();
        }
        let later = Deadline::after(Duration::from_secs(60));
        assert!(matches!(look(later), Watched::Done(scanned) if scanned.history.blocked == 5));
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
