use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, run};

const MACHINE: &[(&str, &str)] = &[
    ("devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n"),
    ("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "30\n"),
    ("devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "0\n"),
    ("devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "30\n"),
    ("devices/system/cpu/cpu2/topology/core_id", "2\n"),
    ("devices/system/cpu/cpufreq/boost", "1\n"),
    ("devices/system/cpu/online", "0-2\n"),
];

const CORE: &str = "devices/system/cpu/cpu1/thermal_throttle/core_throttle_count";

#[test]
fn a_processor_that_slows_down_fails() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("throttle:?strict");
    let lenient = machine.check("throttle:?max=2/h");
    run(&*lenient);
    assert!(run(&*check).reason.ends_with(" <= 0/m; 1 more well"), "{:?}", run(&*check));
    machine.write(CORE, "2\n");
    let outcome = run(&*check);
    assert_eq!(outcome.verdict, Verdict::Fail);
    assert!(outcome.reason.starts_with("cpu core throttles 2 in "), "{outcome:?}");
    assert_eq!(run(&*lenient).verdict, Verdict::Pass);
    machine.write(CORE, "3\n");
    assert_eq!(run(&*lenient).verdict, Verdict::Fail);
}

#[test]
fn a_processor_that_is_switched_off_takes_its_counts_along() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("throttle:");
    run(&*check);
    machine.remove("devices/system/cpu/cpu1/thermal_throttle");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
}

#[test]
fn a_mask_is_unknown_and_not_a_cool_processor() {
    let masked = Fixture::new(&[("devices/system/cpu/cpu0/online", "1\n")]);
    std::fs::create_dir_all(masked.root().join("devices/system/cpu/cpu0/thermal_throttle")).unwrap();
    let shown =
        "no processor shows how often it was throttled: its files are masked in a container, or it has none";
    assert_eq!(masked.run("throttle:"), Outcome::unknown(shown));
    assert_eq!(Fixture::new(&[]).run("throttle:"), Outcome::unknown(shown));
    assert_eq!(masked.run("throttle:?strict").verdict, Verdict::Fail);
}

#[test]
fn what_is_no_count_is_unknown() {
    let machine = Fixture::new(MACHINE);
    for garbage in GARBAGE.iter().chain(&["-1"]) {
        machine.write(CORE, garbage);
        let outcome = machine.run("throttle:");
        assert_eq!(outcome.verdict, Verdict::Unknown, "{garbage}");
        assert!(outcome.reason.starts_with("cpu throttles is "), "{outcome:?}");
    }
}
