//! Reads that take time, and heat that has to last.

use super::*;

#[test]
fn a_read_that_blocks_is_sick_when_it_was_seen_three_times() {
    let machine = Fixture::new(MACHINE);
    let path = machine.root().join(PACKAGE);
    machine.remove(PACKAGE);
    fifo(&path);
    let check = made(&machine, "for=1h");
    let shown: Vec<_> = (0..4).map(|_| check.run(Deadline::after(Duration::from_millis(20)))).collect();
    let blocks = format!("{} blocks, seen", path.display());
    assert_eq!(shown[0], Outcome::unknown(format!("{blocks} 1 of 3 times")));
    assert_eq!(shown[1], Outcome::unknown(format!("{blocks} 2 of 3 times")));
    assert_eq!(shown[2], Outcome::fail(Cause::Timeout, format!("{blocks} 3 times")));
    assert_eq!(shown[3], Outcome::fail(Cause::Timeout, format!("{blocks} 4 times")));
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
    let shown = strict.run(Deadline::after(Duration::from_millis(20)));
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
        for seen in ["1 of 3", "2 of 3"] {
            let outcome = check.run(Deadline::after(Duration::from_millis(20)));
            assert!(outcome.reason.ends_with(&format!("blocks, seen {seen} times")), "{outcome:?}");
        }
        // Late, it answers.
        std::fs::write(&path, "45000").unwrap();
        assert_eq!(look(&check).verdict, Verdict::Pass);
    }
}
