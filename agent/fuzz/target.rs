//! The libFuzzer target: the check in `$CHECK` against a peer that says the input, or hardware that shows it. No panic, no
//! allocation above a megabyte, no run that outlives its deadline, and a reason that fits into a line.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;

use crate::check::{Deadline, HostRoots};
use crate::net::io::scripted;
use crate::registry::SCHEMES;
use crate::runner::Runner;
use crate::scheme::parse;

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
    let check = parse(&text(), SCHEMES).unwrap_or_else(|error| panic!("{}", error.0));
    let root = || TREE.clone();
    let roots = HostRoots { proc: root(), sys: root(), dev: root(), state: None };
    Runner::new(check, &roots).unwrap_or_else(|error| panic!("{}", error.0))
});

fn text() -> String {
    std::env::var("CHECK").expect("CHECK is missing, expected a check such as redis://:1")
}

/// The tree in which a check of hardware looks; a folder of its own for each process of one run.
static TREE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::var_os("FUZZ_TREE").map_or_else(std::env::temp_dir, PathBuf::from);
    let root = folder.join(std::process::id().to_string());
    for file in files() {
        let file = root.join(file);
        fs::create_dir_all(file.parent().expect("a file has a folder"))
            .expect("the folder of a file can be made");
    }
    root
});

/// What a check of hardware reads; none of a peer's.
fn files() -> &'static [&'static str] {
    match text().split(':').next().unwrap_or_default() {
        "disk" => &["self/mountinfo"],
        "infiniband" => &[
            "class/infiniband/mlx5_0/ports/1/phys_state",
            "class/infiniband/mlx5_0/ports/1/state",
            "class/infiniband/mlx5_0/ports/1/counters/symbol_error",
        ],
        "memory-errors" => &[
            "devices/system/edac/mc/mc0/ue_count",
            "devices/system/edac/mc/mc0/ue_noinfo_count",
            "devices/system/edac/mc/mc0/ce_count",
            "devices/system/edac/mc/mc0/seconds_since_reset",
        ],
        "nic" => &[
            "class/net/eth0/operstate",
            "class/net/eth0/carrier",
            "class/net/eth0/carrier_changes",
            "class/net/eth0/speed",
        ],
        "pcie" => &[
            "bus/pci/devices/0000:3b:00.0/class",
            "bus/pci/devices/0000:3b:00.0/max_link_width",
            "bus/pci/devices/0000:3b:00.0/current_link_width",
        ],
        "pressure" => &["pressure/memory"],
        "temperature" => &[
            "class/hwmon/hwmon0/name",
            "class/hwmon/hwmon0/temp1_label",
            "class/hwmon/hwmon0/temp1_input",
            "class/hwmon/hwmon0/temp1_crit",
            "class/hwmon/hwmon0/temp1_crit_alarm",
            "class/thermal/thermal_zone0/type",
            "class/thermal/thermal_zone0/temp",
            "class/thermal/thermal_zone0/trip_point_0_type",
            "class/thermal/thermal_zone0/trip_point_0_temp",
        ],
        "throttle" => &["devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"],
        _ => &[],
    }
}

/// A piece of the input for each file, cut at zeros; what there is no piece for is missing.
fn write(bytes: &[u8]) {
    let mut pieces = bytes.split(|byte| *byte == 0);
    for file in files() {
        let file = TREE.join(file);
        match pieces.next() {
            Some(piece) => fs::write(file, piece).expect("a file can be written"),
            None => drop(fs::remove_file(file)),
        }
    }
}

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fuzz_target!(|bytes: &[u8]| {
    let limit = Duration::from_secs(1);
    LazyLock::force(&RUNNER);
    write(bytes);
    let begin = processor_time();
    let run = scripted::saying(bytes, || RUNNER.run(Deadline::after(limit), limit));
    // Of the processor, since a busy machine is no fault of the check; one that waits is ended by libFuzzer.
    assert!(processor_time() - begin < limit, "outlived its deadline: {:?}", run.outcome);
    assert!(run.outcome.reason.chars().count() <= 160, "{:?}", run.outcome);
});
