use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, bad, run};

const MACHINE: &[(&str, &str)] = &[
    ("class/net/eth0@", "../../devices/pci0000:00/0000:00:03.0/net/eth0"),
    ("devices/pci0000:00/0000:00:03.0/net/eth0/operstate", "up\n"),
    ("devices/pci0000:00/0000:00:03.0/net/eth0/carrier", "1\n"),
    ("devices/pci0000:00/0000:00:03.0/net/eth0/carrier_changes", "2\n"),
    ("devices/pci0000:00/0000:00:03.0/net/eth0/speed", "25000\n"),
    ("class/net/lo@", "../../devices/virtual/net/lo"),
    ("devices/virtual/net/lo/operstate", "unknown\n"),
    ("devices/virtual/net/lo/carrier", "1\n"),
    ("devices/virtual/net/lo/speed", "-1\n"),
];

const ETH0: &str = "devices/pci0000:00/0000:00:03.0/net/eth0";

#[test]
fn an_interface_has_to_be_up() {
    let machine = Fixture::new(MACHINE);
    assert_eq!(machine.run("nic://eth0?strict"), Outcome::pass("eth0 operstate up = up"));
    for state in ["down", "lowerlayerdown", "dormant", "notpresent", "testing"] {
        machine.write(&format!("{ETH0}/operstate"), &format!("{state}\n"));
        assert_eq!(machine.run("nic://eth0"), bad(&format!("eth0 operstate {state} != up")));
    }
    for garbage in GARBAGE.iter().chain(&["UP", "up down"]) {
        machine.write(&format!("{ETH0}/operstate"), garbage);
        assert_eq!(machine.run("nic://eth0").verdict, Verdict::Unknown, "{garbage}");
        assert_eq!(machine.run("nic://eth0?strict").verdict, Verdict::Fail, "{garbage}");
    }
}

#[test]
fn where_the_driver_sets_no_state_the_carrier_is_asked() {
    let machine = Fixture::new(MACHINE);
    let up = Outcome::pass("lo operstate unknown with a carrier = up");
    assert_eq!(machine.run("nic://lo"), up);
    machine.write("devices/virtual/net/lo/carrier", "0\n");
    assert_eq!(machine.run("nic://lo"), bad("lo operstate unknown without a carrier != up"));
    machine.remove("devices/virtual/net/lo/carrier");
    assert_eq!(machine.run("nic://lo"), Outcome::unknown("lo operstate is not known"));
}

#[test]
fn it_may_have_to_be_fast() {
    let machine = Fixture::new(MACHINE);
    for (least, verdict) in [("25000", Verdict::Pass), ("25001", Verdict::Fail), ("24999", Verdict::Pass)] {
        assert_eq!(machine.run(&format!("nic://eth0?min-speed={least}")).verdict, verdict, "{least}");
    }
    let slow = "eth0 speed 10000 Mb/s < 25000 Mb/s";
    machine.write(&format!("{ETH0}/speed"), "10000\n");
    assert_eq!(machine.run("nic://eth0?min-speed=25000"), bad(slow));
    for speed in ["-1", "0", "", "fast", "4294967295x"] {
        machine.write(&format!("{ETH0}/speed"), speed);
        let outcome = machine.run("nic://eth0?min-speed=1");
        assert_eq!(
            outcome,
            Outcome::pass("eth0 operstate up = up; 1 unknown: eth0 speed is not known"),
            "{speed}"
        );
    }
}

#[test]
fn a_carrier_that_comes_and_goes_fails_by_its_rate() {
    let machine = Fixture::new(MACHINE);
    let check = machine.check("nic://eth0?max-carrier-changes=2/h");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    let changes = |count: &str| {
        machine.write(&format!("{ETH0}/carrier_changes"), count);
        run(&*check)
    };
    assert_eq!(changes("4").verdict, Verdict::Pass);
    let outcome = changes("5");
    assert!(outcome.reason.starts_with("eth0 carrier changes 3 in "), "{outcome:?}");
    assert_eq!(outcome.verdict, Verdict::Fail);
    assert_eq!(changes("").verdict, Verdict::Pass);
}

#[test]
fn an_interface_that_was_never_there_is_unknown_and_one_that_went_is_bad() {
    let machine = Fixture::new(MACHINE);
    let never = machine.run("nic://eth1");
    assert_eq!(never.verdict, Verdict::Unknown);
    let end = "class/net/eth1 is missing: the node's interfaces are seen only in the node's /sys";
    assert!(never.reason.ends_with(end), "{never:?}");
    let check = machine.check("nic://eth0");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    machine.remove(ETH0);
    machine.remove("class/net/eth0");
    assert_eq!(run(&*check), Outcome::unknown("eth0 is missing"));
    assert_eq!(run(&*check), Outcome::unknown("eth0 is missing"));
    assert_eq!(run(&*check), bad("eth0 gone != present"));
    machine.write("class/net/eth0/operstate", "up");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    // Without the folder of all interfaces nothing is known of one.
    machine.remove("class");
    assert_eq!([0; 4].map(|_| run(&*check).verdict), [Verdict::Unknown; 4]);
}
