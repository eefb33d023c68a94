//! One thread that reads, watched from outside: a read that the kernel never ends costs this thread and nothing else, and
//! no second one is started before it is over.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::finding::Finding;
use super::memory::Memory;
use crate::check::Deadline;

/// As that of a check of its own.
const STACK: usize = 256 * 1024;

/// What a look gives back.
pub struct Looked {
    pub findings: Vec<Finding>,
    pub memory: Memory,
    /// What it had to give up on.
    pub blocked: Option<String>,
}

/// The thread of one check, while there is one.
#[derive(Default)]
pub struct Watch(Arc<Slot>);

#[derive(Default)]
struct Slot {
    flight: Mutex<Flight>,
    landed: Condvar,
    at: Mutex<PathBuf>,
}

#[derive(Default)]
enum Flight {
    #[default]
    None,
    Flying,
    Landed(Looked),
}

/// What came of it.
pub enum Seen {
    Done(Looked),
    /// Nothing yet; what it was about to read.
    Blocked(String),
}

thread_local! {
    static OWN: RefCell<Option<Arc<Slot>>> = const { RefCell::new(None) };
}

/// Notes what the thread is about to read.
pub fn reading(path: &Path) {
    OWN.with_borrow(|slot| {
        if let Some(slot) = slot {
            path.clone_into(&mut lock(&slot.at));
        }
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// Looks, unless an earlier look goes on still, and waits until the deadline for either.
    pub fn run(&self, deadline: Deadline, look: impl FnOnce() -> Looked + Send + 'static) -> Seen {
        let mut flight = lock(&self.0.flight);
        if !matches!(*flight, Flight::Flying) {
            *flight = Flight::Flying;
            let slot = Arc::clone(&self.0);
            let started = thread::Builder::new().stack_size(STACK).spawn(move || {
                OWN.set(Some(Arc::clone(&slot)));
                let result = look();
                *lock(&slot.flight) = Flight::Landed(result);
                slot.landed.notify_all();
            });
            if let Err(error) = started {
                *flight = Flight::None;
                return Seen::Blocked(format!("the start of a thread ({error})"));
            }
        }
        loop {
            if let Flight::Landed(result) = std::mem::take(&mut *flight) {
                return Seen::Done(result);
            }
            *flight = Flight::Flying;
            let Ok(left) = deadline.remaining() else {
                return Seen::Blocked(lock(&self.0.at).display().to_string());
            };
            flight = self.0.landed.wait_timeout(flight, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn looked(blocked: u32) -> Looked {
        Looked { findings: vec![], memory: Memory { blocked, ..Memory::default() }, blocked: None }
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(30))
    }

    #[test]
    fn a_look_that_blocks_is_told_and_is_the_only_one() {
        static LOOKS: AtomicUsize = AtomicUsize::new(0);
        let watch = Watch::default();
        let (release, released) = mpsc::channel::<()>();
        let look = move || {
            LOOKS.fetch_add(1, Ordering::SeqCst);
            reading(Path::new("/sys/a"));
            let _ = released.recv();
            looked(7)
        };
        assert!(matches!(watch.run(soon(), look), Seen::Blocked(at) if at == "/sys/a"));
        for _ in 0..3 {
            let second = || {
                LOOKS.fetch_add(1, Ordering::SeqCst);
                looked(0)
            };
            assert!(matches!(watch.run(soon(), second), Seen::Blocked(at) if at == "/sys/a"));
        }
        assert_eq!(LOOKS.load(Ordering::SeqCst), 1);
        drop(release);
        let later = Deadline::after(Duration::from_secs(5));
        while !matches!(*lock(&watch.0.flight), Flight::Landed(_)) {
            thread::sleep(Duration::from_millis(1));
        }
        // What landed while nobody waited is old.
        let fresh = || looked(1);
        assert!(matches!(watch.run(later, fresh), Seen::Done(looked) if looked.memory.blocked == 1));
    }

    #[test]
    fn many_looks_leave_no_thread_behind() {
        let watch = Watch::default();
        for number in 0..200 {
            let look = move || looked(number);
            let later = Deadline::after(Duration::from_secs(5));
            assert!(matches!(watch.run(later, look), Seen::Done(looked) if looked.memory.blocked == number));
        }
    }
}
