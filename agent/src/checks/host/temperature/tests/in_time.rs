//! Reads that take time, and heat that has to last.

use super::*;

#[test]
fn a_read_that_blocks_is_sick_when_it_was_seen_three_times() {
    let machine = Fixture::new(MACHINE);
    let path = machine.root().join(PACKAGE);
    machine.remove(PACKAGE);
    fifo(&path);
    let check = made(&machine, "for=1h");
    let blocks = format!("{} blocks, seen", path.display());
    assert_eq!(first_blocked_look(&check, &path), Outcome::unknown(format!("{blocks} 1 of 3 times")));
    assert_eq!(short_look(&check), Outcome::unknown(format!("{blocks} 2 of 3 times")));
    assert_eq!(short_look(&check), Outcome::fail(Cause::Timeout, format!("{blocks} 3 times")));
    assert_eq!(short_look(&check), Outcome::fail(Cause::Timeout, format!("{blocks} 4 times")));
    // A program writes to it at last.
    std::fs::write(&path, "55000").unwrap();
    machine.remove(PACKAGE);
    machine.write(PACKAGE, "55000");
    let mut outcome = check.run(Deadline::after(Duration::from_secs(5)));
    if outcome.verdict != Verdict::Pass {
        outcome = check.run(Deadline::after(Duration::from_secs(5)));
    }
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let strict = made(&machine, "strict");
    machine.remove(PACKAGE);
    fifo(&path);
    let shown = short_look(&strict);
    assert_eq!((shown.verdict, shown.cause), (Verdict::Fail, Some(Cause::Protocol)));
    std::fs::write(&path, "1").unwrap();
}

#[test]
fn heat_has_to_last_where_it_is_told_to() {
    let machine = Fixture::new(MACHINE);
    machine.write(COMPOSITE, "95000");
    let check = made(&machine, "for=2/3");
    let soon = || Deadline::after(Duration::from_secs(5));
    let text = "nvme0 Composite 95 C >= 84.8 C critical";
    assert_eq!(check.run(soon()).reason, format!("pending: {text} in 1 of 3 readings"));
    assert_eq!(check.run(soon()), hot(&format!("{text} in 2 of 3 readings")));
    machine.write(COMPOSITE, "40000");
    assert_eq!(check.run(soon()).verdict, Verdict::Fail);
    assert_eq!(check.run(soon()).verdict, Verdict::Pass);
}

#[test]
fn a_sensor_that_answers_late_is_read() {
    let machine = Fixture::new(MACHINE);
    let path = machine.root().join(PACKAGE);
    machine.remove(PACKAGE);
    fifo(&path);
    let check = made(&machine, "for=1h");
    for _ in 0..3 {
        let outcome = first_blocked_look(&check, &path);
        assert!(outcome.reason.ends_with("blocks, seen 1 of 3 times"), "{outcome:?}");
        let outcome = short_look(&check);
        assert!(outcome.reason.ends_with("blocks, seen 2 of 3 times"), "{outcome:?}");
        // Late, it answers.
        std::fs::write(&path, "45000").unwrap();
        assert_eq!(look(&check).verdict, Verdict::Pass);
    }
}
