use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, bad, fifo, first_blocked_look, run, short_look};
use crate::sys;

/// Two controllers, as EDAC shows them with csrows.
const MACHINE: &[(&str, &str)] = &[
    ("devices/system/edac/mc/mc0/mc_name", "Skylake Socket#0 IMC#0\n"),
    ("devices/system/edac/mc/mc0/ce_count", "1\n"),
    ("devices/system/edac/mc/mc0/ce_noinfo_count", "2\n"),
    ("devices/system/edac/mc/mc0/ue_count", "5\n"),
    ("devices/system/edac/mc/mc0/ue_noinfo_count", "0\n"),
    ("devices/system/edac/mc/mc0/seconds_since_reset", "999999999\n"),
    ("devices/system/edac/mc/mc0/csrow0/ce_count", "1\n"),
    ("devices/system/edac/mc/mc0/csrow0/ch0_ce_count", "1\n"),
    ("devices/system/edac/mc/mc0/csrow0/ch0_dimm_label", "CPU_SrcID#0_MC#0_Chan#0_DIMM#0\n"),
    ("devices/system/edac/mc/mc1/ce_count", "0\n"),
    ("devices/system/edac/mc/mc1/ue_count", "0\n"),
    ("devices/system/edac/mc/mcx/ue_count", "9\n"),
    ("devices/system/edac/mc/power/control", "auto\n"),
];

const UE: &str = "devices/system/edac/mc/mc0/ue_count";

#[test]
fn an_uncorrectable_error_fails_from_then_on() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("memory-errors:?strict");
    // What was before the first reading is not this Pod's.
    let well = Outcome::pass("mc1 uncorrectable errors 0 <= 0; 1 more well");
    assert_eq!(run(&*check), well);
    assert_eq!(run(&*check), well);
    machine.write(UE, "6\n");
    let failed = bad("mc0 uncorrectable errors 1 > 0");
    assert_eq!(run(&*check), failed);
    assert_eq!(run(&*check), failed);
    machine.write("devices/system/edac/mc/mc0/ue_noinfo_count", "8\n");
    assert_eq!(run(&*check), bad("mc0 uncorrectable errors 3 > 0"));
    let lenient = machine.check("memory-errors:?max-uncorrected=1");
    for (count, verdict) in [("9", Verdict::Pass), ("10", Verdict::Pass), ("11", Verdict::Fail)] {
        machine.write(UE, count);
        assert_eq!(run(&*lenient).verdict, verdict, "{count}");
    }
}

#[test]
fn a_driver_that_is_loaded_again_is_no_error() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("memory-errors:");
    run(&*check);
    machine.write(UE, "0\n");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    machine.write(UE, "1\n");
    assert_eq!(run(&*check).verdict, Verdict::Fail);
}

#[test]
fn corrected_errors_fail_by_their_rate() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("memory-errors:?max-corrected=10/h");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    let count = |count: &str| {
        machine.write("devices/system/edac/mc/mc0/ce_count", count);
        run(&*check)
    };
    // From 2 on, since the sum is never less than what is part of it.
    assert_eq!(count("12").verdict, Verdict::Pass);
    let outcome = count("13");
    assert_eq!(outcome.verdict, Verdict::Fail);
    let (front, back) = ("mc0 corrected errors 11 in ", " > 10/h");
    assert!(outcome.reason.starts_with(front) && outcome.reason.ends_with(back), "{outcome:?}");
}

#[test]
fn a_driver_that_was_loaded_of_late_tells_at_once() {
    let machine = Fixture::new(MACHINE);
    let since = (sys::since_boot_ms() / 2_000).min(3_599).to_string();
    machine.write("devices/system/edac/mc/mc0/ce_count", "500\n");
    machine.write("devices/system/edac/mc/mc0/seconds_since_reset", &since);
    let outcome = machine.run("memory-errors:?max-corrected=10/h");
    assert!(outcome.reason.starts_with("mc0 corrected errors 500 in "), "{outcome:?}");
    // As before the machine was booted, or a longer time ago than counts: it is not known when they were.
    for since in ["999999999", "4000", "18446744073709551615"] {
        machine.write("devices/system/edac/mc/mc0/seconds_since_reset", since);
        assert_eq!(machine.run("memory-errors:?max-corrected=10/h").verdict, Verdict::Pass, "{since}");
    }
}

#[test]
fn what_is_no_count_is_unknown() {
    for garbage in GARBAGE.iter().chain(&["-1"]) {
        let machine = Fixture::new(MACHINE);
        let check = machine.check("memory-errors:");
        run(&*check);
        machine.write(UE, garbage);
        let outcome = run(&*check);
        assert_eq!(outcome.verdict, Verdict::Pass, "{garbage}");
        assert!(outcome.reason.contains("; 1 unknown: mc0 uncorrectable errors is "), "{outcome:?}");
        assert_eq!(machine.run("memory-errors:?strict").verdict, Verdict::Fail, "{garbage}");
        machine.remove(UE);
        assert_eq!(run(&*check).verdict, Verdict::Pass);
    }
}

#[test]
fn memory_without_error_correction_is_unknown() {
    let machine = Fixture::new(&[]);
    let reason = "no memory controller counts errors: the memory has no ECC, or no EDAC driver is loaded";
    assert_eq!(machine.run("memory-errors:"), Outcome::unknown(reason));
    let none = Fixture::new(&[("devices/system/edac/mc/power/control", "auto")]);
    assert_eq!(none.run("memory-errors:"), Outcome::unknown(reason));
}

#[test]
fn a_read_that_blocks_is_not_waited_for() {
    let machine = Fixture::new(MACHINE);
    machine.remove(UE);
    fifo(&machine.root().join(UE));
    let check = machine.check("memory-errors:");
    assert_eq!(first_blocked_look(&*check, &machine.root().join(UE)).verdict, Verdict::Unknown);
    let verdicts = [0; 2].map(|_| short_look(&*check).verdict);
    assert_eq!(verdicts, [Verdict::Unknown, Verdict::Fail]);
    std::fs::write(machine.root().join(UE), "5").unwrap();
}
