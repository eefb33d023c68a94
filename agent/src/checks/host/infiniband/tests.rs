use super::COUNTERS;
use crate::check::{Outcome, Verdict};
use crate::sensors::fixture::{Fixture, GARBAGE, bad, run};

/// As an H100 machine shows its adapters, two of them.
fn machine() -> Fixture {
    let fixture = Fixture::new(&[]);
    for device in ["mlx5_0", "mlx5_10"] {
        let port = format!("class/infiniband/{device}/ports/1");
        fixture.write(&format!("{port}/state"), "4: ACTIVE\n");
        fixture.write(&format!("{port}/phys_state"), "5: LinkUp\n");
        fixture.write(&format!("{port}/link_layer"), "InfiniBand\n");
        fixture.write(&format!("{port}/rate"), "400 Gb/sec (4X NDR)\n");
        for (folder, counter, _) in COUNTERS {
            fixture.write(&format!("{port}/{folder}/{counter}"), "7\n");
        }
    }
    fixture.write("class/infiniband/mlx5_0/node_type", "1: CA\n");
    fixture
}

const PORT: &str = "class/infiniband/mlx5_0/ports/1";

#[test]
fn every_port_has_to_be_active_and_its_link_up() {
    let machine = machine();
    let outcome = machine.run("infiniband:?strict");
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let well = Outcome::pass("mlx5_10/1 phys_state LinkUp = LinkUp; 3 more well");
    assert_eq!(machine.run("infiniband:?state-only"), well);
    machine.write(&format!("{PORT}/state"), "1: DOWN\n");
    assert_eq!(machine.run("infiniband:"), bad("mlx5_0/1 state DOWN != ACTIVE"));
    machine.write(&format!("{PORT}/phys_state"), "2: Polling\n");
    assert_eq!(machine.run("infiniband:"), bad("mlx5_0/1 state DOWN != ACTIVE; 1 more bad"));
    for other in ["mlx5_10", "mlx5_10/1", "mlx5_1*", "*_10/*"] {
        assert_eq!(machine.run(&format!("infiniband:?device={other}")).verdict, Verdict::Pass, "{other}");
    }
    for sick in ["mlx5_0", "mlx5_0/1", "mlx5_*"] {
        assert_eq!(machine.run(&format!("infiniband:?device={sick}")).verdict, Verdict::Fail, "{sick}");
    }
}

#[test]
fn a_port_that_is_switched_off_does_not_count() {
    let machine = machine();
    machine.write(&format!("{PORT}/state"), "1: DOWN\n");
    machine.write(&format!("{PORT}/phys_state"), "3: Disabled\n");
    assert_eq!(machine.run("infiniband:?strict").verdict, Verdict::Pass);
    let none = Outcome::unknown("no InfiniBand port matches \"mlx5_0\" and is switched on");
    assert_eq!(machine.run("infiniband:?device=mlx5_0"), none);
}

#[test]
fn each_counter_fails_by_its_rate() {
    for (folder, counter, rate) in COUNTERS {
        let machine = machine();
        let check = machine.check("infiniband:");
        assert_eq!(run(&*check).verdict, Verdict::Pass);
        let path = format!("{PORT}/{folder}/{counter}");
        machine.write(&path, &(7 + rate.most).to_string());
        assert_eq!(run(&*check).verdict, Verdict::Pass, "{counter}");
        machine.write(&path, &(7 + 50 * rate.most + 1).to_string());
        let outcome = run(&*check);
        assert_eq!(outcome.verdict, Verdict::Fail, "{counter} {outcome:?}");
        assert!(outcome.reason.starts_with(&format!("mlx5_0/1 {counter} ")), "{outcome:?}");
        let states = machine.check("infiniband:?state-only");
        run(&*states);
        machine.write(&path, "999999");
        assert_eq!(run(&*states).verdict, Verdict::Pass, "{counter}");
        machine.remove(&path);
        assert_eq!(machine.run("infiniband:?strict").verdict, Verdict::Pass, "{counter}");
    }
}

#[test]
fn what_is_no_state_and_no_count_is_unknown() {
    let machine = machine();
    for garbage in GARBAGE.iter().chain(&["4", "ACTIVE", ": ", "a: ACTIVE"]) {
        machine.write(&format!("{PORT}/state"), garbage);
        let outcome = machine.run("infiniband:?device=mlx5_0");
        assert_eq!(outcome.verdict, Verdict::Pass, "{garbage} {outcome:?}");
        assert!(outcome.reason.ends_with("; 1 unknown: mlx5_0/1 state is not known"), "{outcome:?}");
    }
    machine.write(&format!("{PORT}/state"), "4: ACTIVE");
    machine.write(&format!("{PORT}/counters/symbol_error"), "N/A (no PMA)");
    let outcome = machine.run("infiniband:?device=mlx5_0");
    assert!(outcome.reason.contains("; 1 unknown: mlx5_0/1 symbol_error is \"N/A (no PMA)\""), "{outcome:?}");
}

#[test]
fn an_adapter_that_went_is_bad_and_none_is_unknown() {
    let machine = machine();
    let check = machine.check("infiniband:?state-only");
    run(&*check);
    machine.remove("class/infiniband/mlx5_0");
    assert_eq!([0; 2].map(|_| run(&*check).verdict), [Verdict::Pass; 2]);
    assert_eq!(run(&*check), bad("mlx5_0/1 gone != present"));
    let none = Outcome::unknown("no InfiniBand port is visible and switched on");
    assert_eq!(Fixture::new(&[]).run("infiniband:"), none);
}
