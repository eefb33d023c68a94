mod in_time;

use std::time::Duration;

use super::*;
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::scheme::parse;
use crate::sensors::fixture::{Fixture, fifo, first_blocked_look, run as look, short_look};

/// As a server shows itself: two chips of a processor's, an NVMe drive, a disk, the board, and ACPI.
const MACHINE: &[(&str, &str)] = &[
    ("class/hwmon/hwmon0@", "../../devices/platform/coretemp.0/hwmon/hwmon0"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/name", "coretemp\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/device@", "../../../coretemp.0"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp1_input", "55000\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp1_label", "Package id 0\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp1_max", "80000\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit", "100000\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit_alarm", "0\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp2_input", "54000\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp2_label", "Core 0\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp2_crit", "100000\n"),
    ("devices/platform/coretemp.0/hwmon/hwmon0/temp2_crit_alarm", "0\n"),
    ("class/hwmon/hwmon1@", "../../devices/pci0000:00/0000:00:18.3/hwmon/hwmon1"),
    ("devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/name", "k10temp\n"),
    ("devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/device@", "../../../0000:00:18.3"),
    ("devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/temp1_input", "49625\n"),
    ("devices/pci0000:00/0000:00:18.3/hwmon/hwmon1/temp1_label", "Tctl\n"),
    ("class/hwmon/hwmon2@", "../../devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/name", "nvme\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/device@", "../../nvme0"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_input", "40850\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_label", "Composite\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_max", "81850\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_crit", "84850\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_alarm", "0\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp2_input", "45850\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp2_label", "Sensor 1\n"),
    ("devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp2_max", "65261850\n"),
    ("class/hwmon/hwmon3/name", "drivetemp\n"),
    ("class/hwmon/hwmon3/temp1_input", "33000\n"),
    ("class/hwmon/hwmon3/temp1_crit", "70000\n"),
    ("class/hwmon/hwmon3/in0_input", "12000\n"),
    ("class/thermal/thermal_zone0/type", "acpitz\n"),
    ("class/thermal/thermal_zone0/temp", "27800\n"),
    ("class/thermal/thermal_zone0/trip_point_0_type", "critical\n"),
    ("class/thermal/thermal_zone0/trip_point_0_temp", "119000\n"),
    ("class/thermal/thermal_zone0/trip_point_1_type", "hot\n"),
    ("class/thermal/thermal_zone0/trip_point_1_temp", "105000\n"),
    ("class/thermal/thermal_zone0/trip_point_2_type", "passive\n"),
    ("class/thermal/thermal_zone0/trip_point_2_temp", "20000\n"),
    ("class/thermal/cooling_device0/type", "Processor\n"),
];

const PACKAGE: &str = "devices/platform/coretemp.0/hwmon/hwmon0/temp1_input";
const COMPOSITE: &str = "devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon2/temp1_input";

fn made(fixture: &Fixture, options: &str) -> HardwareCheck {
    let check = parse(&format!("temperature:?{options}"), &[&SCHEME]).unwrap();
    let roots = HostRoots { sys: fixture.root().into(), ..HostRoots::default() };
    Temperature::from_url(&check, &roots).unwrap()
}

fn run(fixture: &Fixture, options: &str) -> Outcome {
    made(fixture, options).run(Deadline::after(Duration::from_secs(5)))
}

fn hot(text: &str) -> Outcome {
    Outcome::fail(Cause::Unhealthy, text)
}

#[test]
fn a_cool_machine_passes_with_the_sensor_that_is_nearest_to_its_threshold() {
    let machine = Fixture::new(MACHINE);
    let passed = Outcome::pass("coretemp.0 Package id 0 55 C < 100 C critical; 4 more well");
    assert_eq!(run(&machine, ""), passed);
    assert_eq!(run(&machine, "strict"), passed);
    assert_eq!(run(&machine, "max=critical"), passed);
    let passed = Outcome::pass("coretemp.0 Package id 0 55 C < 90 C; 6 more well");
    assert_eq!(run(&machine, "max=90C&strict"), passed);
}

#[test]
fn a_sensor_fails_at_its_threshold_and_above() {
    let machine = Fixture::new(MACHINE);
    for (reading, verdict) in [("84849", Verdict::Pass), ("84850", Verdict::Fail), ("95000", Verdict::Fail)] {
        machine.write(COMPOSITE, reading);
        assert_eq!(run(&machine, "").verdict, verdict, "{reading}");
    }
    assert_eq!(run(&machine, ""), hot("nvme0 Composite 95 C >= 84.8 C critical"));
    assert_eq!(run(&machine, "max=95C"), hot("nvme0 Composite 95 C >= 95 C"));
    assert_eq!(run(&machine, "max=96C").verdict, Verdict::Pass);
    machine.write(PACKAGE, "101000");
    assert_eq!(run(&machine, ""), hot("coretemp.0 Package id 0 101 C >= 100 C critical; 1 more bad"));
}

#[test]
fn an_alarm_fails_whatever_the_reading() {
    let machine = Fixture::new(MACHINE);
    let alarm = COMPOSITE.replace("input", "alarm");
    machine.write(&alarm, "1\n");
    assert_eq!(run(&machine, ""), hot("nvme0 Composite alarm 1 != 0"));
    assert_eq!(run(&machine, "max=crit_alarm"), hot("nvme0 Composite alarm 1 != 0"));
    assert_eq!(run(&machine, "max=90C").verdict, Verdict::Pass);
    machine.write(&alarm, "0\n");
    machine.write(&PACKAGE.replace("input", "emergency_alarm"), "1\n");
    assert_eq!(run(&machine, "max=crit_alarm"), hot("coretemp.0 Package id 0 emergency_alarm 1 != 0"));
    machine.write(&PACKAGE.replace("input", "emergency_alarm"), "0\n");
    // The alarm of a lower threshold says nothing.
    machine.write(&PACKAGE.replace("input", "alarm"), "1\n");
    assert_eq!(run(&machine, "max=crit_alarm"), Outcome::pass("nvme0 Composite alarm 0 = 0; 2 more well"));
}

#[test]
fn an_emergency_temperature_stands_in_for_a_critical_one() {
    let machine = Fixture::new(MACHINE);
    machine.write(&PACKAGE.replace("input", "crit"), "0\n");
    machine.write(&PACKAGE.replace("input", "emergency"), "55000\n");
    assert_eq!(run(&machine, ""), hot("coretemp.0 Package id 0 55 C >= 55 C critical"));
}

#[test]
fn a_zone_has_the_lower_of_its_hot_and_its_critical_trip_point() {
    let machine = Fixture::new(MACHINE);
    let shown = |reading: &str| {
        machine.write("class/thermal/thermal_zone0/temp", reading);
        run(&machine, "sensor=acpitz")
    };
    assert_eq!(shown("104999"), Outcome::pass("acpitz thermal_zone0 104.9 C < 105 C hot"));
    assert_eq!(shown("105000"), hot("acpitz thermal_zone0 105 C >= 105 C hot"));
    machine.write("class/thermal/thermal_zone0/trip_point_1_temp", "-274000");
    assert_eq!(shown("105000"), Outcome::pass("acpitz thermal_zone0 105 C < 119 C critical"));
}

#[test]
fn sensors_are_picked_by_name_and_label() {
    let machine = Fixture::new(MACHINE);
    for (sensor, reason) in [
        ("coretemp/Package*", "coretemp.0 Package id 0 55 C < 100 C critical"),
        ("coretemp", "coretemp.0 Package id 0 55 C < 100 C critical; 1 more well"),
        ("coretemp.?/Core*", "coretemp.0 Core 0 54 C < 100 C critical"),
        ("nvme/Composite", "nvme0 Composite 40.8 C < 84.8 C critical"),
        ("nvme0", "nvme0 Composite 40.8 C < 84.8 C critical"),
        ("drivetemp", "drivetemp temp1 33 C < 70 C critical"),
        ("acpitz/thermal_zone0", "acpitz thermal_zone0 27.8 C < 105 C hot"),
    ] {
        assert_eq!(run(&machine, &format!("strict&sensor={sensor}")), Outcome::pass(reason), "{sensor}");
    }
    let k10temp = "k10temp-0000:00:18.3 Tctl 49.6 C < 90 C";
    assert_eq!(run(&machine, "sensor=k10temp-0000*&max=90C"), Outcome::pass(k10temp));
}

#[test]
fn where_there_is_nothing_to_compare_it_is_unknown() {
    let machine = Fixture::new(MACHINE);
    let unknown = "no temperature sensor matches \"k10temp\" and has a critical temperature of its own";
    assert_eq!(run(&machine, "sensor=k10temp"), Outcome::unknown(unknown));
    let strict = Outcome::fail(Cause::Protocol, format!("unknown: {unknown}"));
    assert_eq!(run(&machine, "sensor=k10temp&strict"), strict);
    let empty = Fixture::new(&[]);
    let none = "no temperature sensor has a critical temperature of its own";
    assert_eq!(run(&empty, ""), Outcome::unknown(none));
    assert_eq!(run(&empty, "max=90C"), Outcome::unknown("no temperature sensor is visible"));
    assert_eq!(run(&empty, "max=crit_alarm"), Outcome::unknown("no temperature sensor has an alarm"));
}

#[test]
fn a_reading_that_cannot_be_is_never_hot() {
    let machine = Fixture::new(MACHINE);
    for (reading, why) in [
        ("", "is \"\", expected a number"),
        ("hot", "is \"hot\", expected a number"),
        ("9e9", "is \"9e9\", expected a number"),
        ("99999999999999999999", "is \"99999999999999999999\", expected a number"),
        ("9223372036854775794", "shows 9223372036854775.7 C, which cannot be"),
        ("250001", "shows 250 C, which cannot be"),
        ("-128000", "shows -128 C, which cannot be"),
    ] {
        machine.write(PACKAGE, reading);
        let shown = format!("coretemp.0 Package id 0 {why}");
        let some = Outcome::pass(format!(
            "coretemp.0 Core 0 54 C < 100 C critical; 3 more well; 1 unknown: {shown}"
        ));
        assert_eq!(run(&machine, ""), some, "{reading}");
        assert_eq!(run(&machine, "sensor=coretemp/P*"), Outcome::unknown(&*shown));
        let strict = Outcome::fail(Cause::Protocol, format!("unknown: {shown}"));
        assert_eq!(run(&machine, "strict&max=90C"), strict);
    }
    machine.write(PACKAGE, "-5500");
    let cold = Outcome::pass("coretemp.0 Package id 0 -5.5 C < 100 C critical");
    assert_eq!(run(&machine, "sensor=coretemp/P*"), cold);
    machine.write(&PACKAGE.replace("input", "fault"), "1");
    let faulty = "coretemp.0 Package id 0 is faulty, by its own word";
    assert_eq!(run(&machine, "sensor=coretemp/P*"), Outcome::unknown(faulty));
}

#[test]
fn what_vanishes_while_it_is_looked_at_is_unknown() {
    let machine = Fixture::new(MACHINE);
    let check = made(&machine, "");
    let soon = || Deadline::after(Duration::from_secs(5));
    assert_eq!(check.run(soon()).verdict, Verdict::Pass);
    machine.remove(PACKAGE);
    std::os::unix::fs::symlink("/no/such/file", machine.root().join(PACKAGE)).unwrap();
    let shown = check.run(soon());
    assert!(shown.reason.ends_with("; 1 unknown: coretemp.0 Package id 0 is missing"), "{shown:?}");
    machine.remove("devices");
    assert_eq!(check.run(soon()).verdict, Verdict::Pass);
    machine.remove("class");
    assert_eq!(check.run(soon()).verdict, Verdict::Unknown);
}

#[test]
fn a_file_that_may_not_be_read_is_unknown() {
    let machine = Fixture::new(MACHINE);
    machine.remove(PACKAGE);
    machine.write(&format!("{PACKAGE}/as-a-folder"), "");
    let shown = run(&machine, "sensor=coretemp/P*");
    assert_eq!(
        shown,
        Outcome::unknown("coretemp.0 Package id 0 cannot be read: Is a directory (os error 21)")
    );
}

#[test]
fn two_sensors_of_one_name_have_a_window_each() {
    let files = ["temp1", "temp2"].map(|stem| {
        [
            (format!("class/hwmon/hwmon0/{stem}_label"), "Core 0"),
            (format!("class/hwmon/hwmon0/{stem}_crit"), "90000"),
        ]
    });
    let machine = Fixture::new(&[("class/hwmon/hwmon0/name", "x")]);
    for (path, content) in files.iter().flatten() {
        machine.write(path, content);
    }
    for hot_first in [true, false] {
        let (hot, cool) = if hot_first { ("temp1", "temp2") } else { ("temp2", "temp1") };
        machine.write(&format!("class/hwmon/hwmon0/{hot}_input"), "95000");
        machine.write(&format!("class/hwmon/hwmon0/{cool}_input"), "40000");
        let check = machine.check("temperature:?for=3/4");
        let outcomes: Vec<_> = (0..4).map(|_| look(&*check)).collect();
        let believed = Outcome::fail(Cause::Unhealthy, "x Core 0 95 C >= 90 C critical in 3 of 4 readings");
        assert_eq!(outcomes[2], believed, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| !outcome.reason.contains("40 C >= ")), "{outcomes:?}");
        // It cools down, and the other one has never been hot.
        machine.write(&format!("class/hwmon/hwmon0/{hot}_input"), "40000");
        let cooled: Vec<_> = (0..4).map(|_| look(&*check).verdict).collect();
        assert_eq!(cooled[3], Verdict::Pass, "{cooled:?}");
    }
}

#[test]
fn the_last_of_more_sensors_than_are_kept_is_judged() {
    let machine = Fixture::new(&[("class/hwmon/hwmon0/name", "x")]);
    for number in 1..=1_100 {
        machine.write(&format!("class/hwmon/hwmon0/temp{number}_input"), "40000");
        machine.write(&format!("class/hwmon/hwmon0/temp{number}_crit"), "90000");
    }
    let at = |options: &str| look(&*machine.check(&format!("temperature:{options}")));
    assert_eq!(at("").verdict, Verdict::Pass);
    machine.write("class/hwmon/hwmon0/temp1100_input", "99000");
    assert_eq!(at(""), Outcome::fail(Cause::Unhealthy, "x temp1100 99 C >= 90 C critical"));
    assert!(at("?for=5m").reason.starts_with("pending: x temp1100 99 C"), "{:?}", at("?for=5m"));
}
