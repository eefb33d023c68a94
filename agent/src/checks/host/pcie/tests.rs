use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, bad};

/// A GPU of 16 lanes behind a port of 16, a drive of 4 behind a port of 4, and a function that is not on PCIe.
const MACHINE: &[(&str, &str)] = &[
    ("devices/pci0000:00/0000:00:01.0/class", "0x060400\n"),
    ("devices/pci0000:00/0000:00:01.0/max_link_width", "16\n"),
    ("devices/pci0000:00/0000:00:01.0/current_link_width", "8\n"),
    ("devices/pci0000:00/0000:00:01.0/0000:3b:00.0/class", "0x030200\n"),
    ("devices/pci0000:00/0000:00:01.0/0000:3b:00.0/max_link_width", "16\n"),
    ("devices/pci0000:00/0000:00:01.0/0000:3b:00.0/current_link_width", "16\n"),
    ("devices/pci0000:00/0000:00:01.0/0000:3b:00.0/max_link_speed", "32.0 GT/s PCIe\n"),
    ("devices/pci0000:00/0000:00:01.0/0000:3b:00.0/current_link_speed", "2.5 GT/s PCIe\n"),
    ("devices/pci0000:00/0000:00:1d.0/class", "0x060400\n"),
    ("devices/pci0000:00/0000:00:1d.0/max_link_width", "4\n"),
    ("devices/pci0000:00/0000:00:1d.0/0000:01:00.0/class", "0x010802\n"),
    ("devices/pci0000:00/0000:00:1d.0/0000:01:00.0/max_link_width", "4\n"),
    ("devices/pci0000:00/0000:00:1d.0/0000:01:00.0/current_link_width", "4\n"),
    ("devices/pci0000:00/0000:00:1f.4/class", "0x0c0500\n"),
    ("bus/pci/devices/0000:00:01.0@", "../../../devices/pci0000:00/0000:00:01.0"),
    ("bus/pci/devices/0000:3b:00.0@", "../../../devices/pci0000:00/0000:00:01.0/0000:3b:00.0"),
    ("bus/pci/devices/0000:00:1d.0@", "../../../devices/pci0000:00/0000:00:1d.0"),
    ("bus/pci/devices/0000:01:00.0@", "../../../devices/pci0000:00/0000:00:1d.0/0000:01:00.0"),
    ("bus/pci/devices/0000:00:1f.4@", "../../../devices/pci0000:00/0000:00:1f.4"),
];

const GPU: &str = "devices/pci0000:00/0000:00:01.0/0000:3b:00.0/current_link_width";
const SLOT: &str = "devices/pci0000:00/0000:00:01.0/max_link_width";

#[test]
fn a_device_that_lost_lanes_fails() {
    let machine = Fixture::new(MACHINE);
    let well = Outcome::pass("0000:3b:00.0 width x16 >= x16; 1 more well");
    assert_eq!(machine.run("pcie:?strict"), well);
    machine.write(GPU, "8\n");
    assert_eq!(machine.run("pcie:"), bad("0000:3b:00.0 width x8 < x16"));
    assert_eq!(machine.run("pcie:?device=0000:3b:*"), bad("0000:3b:00.0 width x8 < x16"));
    assert_eq!(machine.run("pcie:?device=0000:01:00.0").verdict, Verdict::Pass);
    assert_eq!(machine.run("pcie:?min-width=4").verdict, Verdict::Pass);
    assert_eq!(machine.run("pcie:?min-width=9&device=0000:3b*"), bad("0000:3b:00.0 width x8 < x9"));
}

#[test]
fn a_narrow_slot_is_no_fault() {
    let machine = Fixture::new(MACHINE);
    machine.write(SLOT, "8\n");
    machine.write(GPU, "8\n");
    assert_eq!(machine.run("pcie:?strict").verdict, Verdict::Pass);
    machine.write(GPU, "4\n");
    assert_eq!(machine.run("pcie:"), bad("0000:3b:00.0 width x4 < x8"));
    // What says nothing of the slot leaves the device's own word.
    for nothing in ["0", "255", "x", ""] {
        machine.write(SLOT, nothing);
        machine.write(GPU, "16");
        assert_eq!(machine.run("pcie:?strict").verdict, Verdict::Pass, "{nothing}");
        machine.write(GPU, "8");
        assert_eq!(machine.run("pcie:").verdict, Verdict::Fail, "{nothing}");
    }
}

#[test]
fn a_link_that_sleeps_or_shows_garbage_is_unknown() {
    let machine = Fixture::new(MACHINE);
    for text in GARBAGE.iter().chain(&["0", "63x", "255", "18446744073709551615", "-1"]) {
        machine.write(GPU, text);
        assert_eq!(machine.run("pcie:").verdict, Verdict::Pass, "{text}");
        let outcome = machine.run("pcie:?device=0000:3b:00.0");
        assert_eq!(outcome.verdict, Verdict::Unknown, "{text} {outcome:?}");
        assert_eq!(machine.run("pcie:?strict").verdict, Verdict::Fail, "{text}");
    }
    machine.remove(GPU);
    let missing = Outcome::unknown("0000:3b:00.0 width is missing");
    assert_eq!(machine.run("pcie:?device=0000:3b:00.0"), missing);
}

#[test]
fn where_no_device_is_there_it_is_unknown() {
    let machine = Fixture::new(MACHINE);
    let none = Outcome::unknown("no PCIe device matches \"0000:ff*\"");
    assert_eq!(machine.run("pcie:?device=0000:ff*"), none);
    assert_eq!(Fixture::new(&[]).run("pcie:"), Outcome::unknown("no PCIe device shows its width"));
}
