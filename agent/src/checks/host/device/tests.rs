use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::check::{Outcome, Verdict};
use crate::scheme::parse;
use crate::sensors::fixture::{Fixture, bad, fifo, run};

fn real(url: &str) -> Outcome {
    run(&Device::from_url(&parse(url, &[&SCHEME]).unwrap(), &HostRoots::default()).unwrap())
}

#[test]
fn a_device_that_opens_passes_and_one_that_is_missing_fails() {
    assert_eq!(real("device:///dev/null"), Outcome::pass("null node open = open"));
    assert_eq!(real("device:///dev/no-such-device"), bad("no-such-device node missing != open"));
}

#[test]
fn what_is_no_device_fails_and_is_not_opened() {
    let fixture = Fixture::new(&[("nvidia0", "x"), ("dri/card0", "x")]);
    fifo(&fixture.root().join("fifo"));
    for name in ["nvidia0", "dri/card0", "dri", "fifo"] {
        assert_eq!(
            fixture.run(&format!("device:///dev/{name}")),
            bad(&format!("{name} node no device != open"))
        );
    }
    symlink("/dev/null", fixture.root().join("outside")).unwrap();
    let outcome = fixture.run("device:///dev/outside");
    assert_eq!(outcome, Outcome::unknown("outside node cannot be read: it is outside of its root"));
    assert_eq!(fixture.run("device:///dev/outside?strict").verdict, Verdict::Fail);
}

#[test]
fn a_watchdog_is_never_opened() {
    for name in ["watchdog", "watchdog0"] {
        if Path::new("/dev").join(name).exists() {
            let outcome = real(&format!("device:///dev/{name}"));
            assert!(outcome.reason.ends_with("is not opened: it would restart the machine"), "{outcome:?}");
        }
    }
    assert_eq!(WATCHDOG, libc::makedev(10, 130));
}

#[test]
fn only_what_is_under_dev_is_a_device() {
    for url in
        ["device:///etc/passwd", "device:///dev/../etc/passwd", "device:///dev/%2e%2e/etc", "device:///dev/"]
    {
        let check = parse(url, &[&SCHEME]).unwrap();
        assert!(Device::from_url(&check, &HostRoots::default()).is_err(), "{url}");
    }
}
