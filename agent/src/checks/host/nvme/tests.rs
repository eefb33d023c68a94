use super::smart::judge;
use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, bad, run};
use crate::sensors::{Level, Reading};

const MACHINE: &[(&str, &str)] = &[
    ("class/nvme/nvme0/state", "live\n"),
    ("class/nvme/nvme0/model", "SAMSUNG MZVLB256HBHQ-000L7\n"),
    ("class/nvme/nvme1/state", "live\n"),
    ("class/hwmon/hwmon2/name", "nvme\n"),
    ("class/hwmon/hwmon2/device@", "../../nvme/nvme0"),
    ("class/hwmon/hwmon2/temp1_input", "40850\n"),
    ("class/hwmon/hwmon2/temp1_label", "Composite\n"),
    ("class/hwmon/hwmon2/temp1_crit", "84850\n"),
    ("class/hwmon/hwmon2/temp1_alarm", "0\n"),
    ("class/hwmon/hwmon0/name", "coretemp\n"),
    ("class/hwmon/hwmon0/temp1_input", "99000\n"),
    ("class/hwmon/hwmon0/temp1_crit", "90000\n"),
];

#[test]
fn a_controller_has_to_be_live() {
    let machine = Fixture::new(MACHINE);
    let well = Outcome::pass("nvme0 Composite 40.8 C < 84.8 C critical; 2 more well");
    assert_eq!(machine.run("nvme:?strict"), well);
    for state in ["dead", "resetting", "connecting", "deleting (no IO)"] {
        machine.write("class/nvme/nvme1/state", &format!("{state}\n"));
        assert_eq!(machine.run("nvme:"), bad(&format!("nvme1 state {state} != live")));
    }
    for garbage in GARBAGE {
        machine.write("class/nvme/nvme1/state", garbage);
        let outcome = machine.run("nvme:");
        assert!(outcome.reason.ends_with("; 1 unknown: nvme1 state is not known"), "{outcome:?}");
    }
}

#[test]
fn a_hot_drive_fails_and_a_hot_processor_is_not_its_business() {
    let machine = Fixture::new(MACHINE);
    for (reading, verdict) in [("84849", Verdict::Pass), ("84850", Verdict::Fail), ("85000", Verdict::Fail)] {
        machine.write("class/hwmon/hwmon2/temp1_input", reading);
        assert_eq!(machine.run("nvme:").verdict, verdict, "{reading}");
    }
    for garbage in GARBAGE {
        machine.write("class/hwmon/hwmon2/temp1_input", garbage);
        assert_eq!(machine.run("nvme:").verdict, Verdict::Pass, "{garbage}");
    }
    machine.write("class/hwmon/hwmon2/temp1_alarm", "1");
    assert_eq!(machine.run("nvme:"), bad("nvme0 Composite alarm 1 != 0"));
}

#[test]
fn a_drive_that_went_is_bad_and_none_is_unknown() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("nvme:");
    run(&*check);
    machine.remove("class/nvme/nvme1");
    run(&*check);
    let outcome = run(&*check);
    assert!(outcome.reason.ends_with("; 1 unknown: nvme1 is missing"), "{outcome:?}");
    assert_eq!(run(&*check), bad("nvme1 gone != present"));
    assert_eq!(Fixture::new(&[]).run("nvme:"), Outcome::unknown("no NVMe controller is visible"));
}

#[test]
fn a_drive_that_cannot_be_asked_is_unknown() {
    let machine = Fixture::new(MACHINE);
    machine.write("nvme0", "");
    let shown = |device: &str| machine.run(&format!("nvme:?device=/dev/{device}")).reason;
    assert!(shown("nvme0").ends_with("; 1 unknown: nvme0 is no NVMe drive"), "{}", shown("nvme0"));
    assert!(shown("nvme9").ends_with("; 1 unknown: nvme9 is missing"), "{}", shown("nvme9"));
}

fn judged(log: &[(usize, u8)], max_wear: i64) -> Vec<(Level, String)> {
    let mut page = [0; 512];
    // As a drive in order: 40 C in Kelvin, all spare blocks there, a tenth as threshold, 3 % used.
    for (at, byte) in [(1, 0x39), (2, 0x01), (3, 100), (4, 10), (5, 3)].iter().chain(log) {
        page[*at] = *byte;
    }
    judge("nvme0", &page, max_wear).into_iter().map(|Reading { level, text, .. }| (level, text)).collect()
}

#[test]
fn the_log_of_a_drive_tells_warnings_spare_and_wear() {
    let well = |text: &str| (Level::Well, text.to_owned());
    let told_bad = |text: &str| (Level::Bad, text.to_owned());
    let healthy = [
        well("nvme0 warning none = none"),
        well("nvme0 spare 100 % >= 10 %"),
        well("nvme0 wear 3 % <= 100 %"),
    ];
    assert_eq!(judged(&[], 100), healthy);
    assert_eq!(judged(&[(0, 0b1001)], 100)[0], told_bad("nvme0 warning spare low+read-only != none"));
    assert_eq!(judged(&[(0, 0x80)], 100)[0].0, Level::Bad);
    assert_eq!(judged(&[(3, 10)], 100)[1].0, Level::Well);
    assert_eq!(judged(&[(3, 9)], 100)[1], told_bad("nvme0 spare 9 % < 10 %"));
    assert_eq!(judged(&[(5, 100)], 100)[2].0, Level::Well);
    assert_eq!(judged(&[(5, 101)], 100)[2], told_bad("nvme0 wear 101 % > 100 %"));
    assert_eq!(judged(&[(5, 255)], 300)[2].0, Level::Well);
    assert_eq!(judge("nvme0", &[0; 512], 100)[0].level, Level::Unknown);
}
