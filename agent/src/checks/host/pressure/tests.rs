use super::*;
use crate::check::{Outcome, Verdict};
use crate::net::test_server::Random;
use crate::sensors::fixture::{Fixture, bad};

const MEMORY: &str =
    "some avg10=0.00 avg60=61.50 avg300=60.00 total=5\nfull avg10=0.12 avg60=60.00 avg300=99.99 total=4\n";

#[test]
fn the_share_of_stalled_time_fails_above_its_limit() {
    let machine =
        Fixture::new(&[("pressure/memory", MEMORY), ("pressure/cpu", MEMORY), ("pressure/io", MEMORY)]);
    assert_eq!(machine.run("pressure://memory"), bad("memory some avg60 61.50 % > 60 %"));
    assert_eq!(machine.run("pressure://io?max=61").verdict, Verdict::Fail);
    assert_eq!(machine.run("pressure://cpu?max=62"), Outcome::pass("cpu some avg60 61.50 % <= 62 %"));
    assert_eq!(machine.run("pressure://memory?stall=full"), Outcome::pass("memory full avg60 60 % <= 60 %"));
    assert_eq!(
        machine.run("pressure://memory?average=300s"),
        Outcome::pass("memory some avg300 60 % <= 60 %")
    );
    assert_eq!(
        machine.run("pressure://memory?stall=full&average=10s&max=0"),
        bad("memory full avg10 0.12 % > 0 %")
    );
    let pending = "pending: memory some avg60 61.50 % > 60 % for 0ms of 5m";
    assert_eq!(machine.run("pressure://memory?for=5m"), Outcome::pass(pending));
}

#[test]
fn a_kernel_that_does_not_count_is_unknown() {
    let machine = Fixture::new(&[("pressure/memory", "some avg10=0.00")]);
    assert_eq!(machine.run("pressure://cpu").verdict, Verdict::Unknown);
    assert!(
        machine
            .run("pressure://cpu")
            .reason
            .ends_with("/pressure/cpu is missing: the kernel counts no stalls")
    );
    let shown = "memory some avg60 is not in \"some avg10=0.00\"";
    assert_eq!(machine.run("pressure://memory"), Outcome::unknown(shown));
    assert_eq!(machine.run("pressure://memory?strict").verdict, Verdict::Fail);
}

#[test]
fn what_is_no_share_is_unknown() {
    for text in [
        "",
        "some",
        "some avg60=",
        "some avg60=70",
        "some avg60=-1.00",
        "some avg60=9999.00",
        "some avg60=70.000",
        "some avg60=70.0x",
        "some avg60=nan",
        "full avg60=70.00",
        "some avg601=70.00",
    ] {
        assert_eq!(share(text, "some", "avg60"), None, "{text}");
    }
    let mut random = Random(5);
    for _ in 0..20_000 {
        let damaged = random.damaged(MEMORY.as_bytes());
        share(&String::from_utf8_lossy(&damaged), "full", "avg10");
    }
}

#[test]
fn the_real_file_is_read() {
    let outcome = crate::sensors::fixture::run(
        &Pressure::from_url(
            &crate::scheme::parse("pressure://memory?max=100", &[&SCHEME]).unwrap(),
            &HostRoots::default(),
        )
        .unwrap(),
    );
    assert_ne!(outcome.verdict, Verdict::Fail, "{outcome:?}");
}
