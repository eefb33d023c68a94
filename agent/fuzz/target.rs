//! The libFuzzer target: the check in `$CHECK` against a peer that says the input. No panic, no allocation above a
//! megabyte, no run that outlives its deadline, and a reason that fits into a line.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;

use crate::checks::{Roots, SPECS};
use crate::deadline::Deadline;
use crate::grammar::parse;
use crate::net::scripted;
use crate::runner::Runner;

/// No peer may make a check hold more than this in one piece.
const LARGEST: usize = 1024 * 1024;

struct Bounded;

// SAFETY: every call goes to the system's allocator as it came, or ends the process.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST {
            eprintln!("an allocation of {} bytes", layout.size());
            std::process::abort();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

static RUNNER: LazyLock<Runner> = LazyLock::new(|| {
    let text = std::env::var("CHECK").expect("CHECK is missing, expected a check such as redis://:1");
    let check = parse(&text, SPECS).unwrap_or_else(|refusal| panic!("{}", refusal.0));
    Runner::new(check, &Roots::default()).unwrap_or_else(|refusal| panic!("{}", refusal.0))
});

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fuzz_target!(|bytes: &[u8]| {
    let limit = Duration::from_secs(1);
    let begin = processor_time();
    let run = scripted::saying(bytes, || RUNNER.run(Deadline::after(limit), limit));
    // Of the processor, since a busy machine is no fault of the check; one that waits is ended by libFuzzer.
    assert!(processor_time() - begin < limit, "outlived its deadline: {:?}", run.outcome);
    assert!(run.outcome.reason.chars().count() <= 160, "{:?}", run.outcome);
});
