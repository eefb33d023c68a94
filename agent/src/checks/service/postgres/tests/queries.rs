use super::*;

#[test]
fn a_query_has_to_give_one_row_that_begins_as_expected() {
    use Cause::{Protocol, Unhealthy};
    let one = [("query", "SELECT 1")];
    let expecting = [("query", "SELECT 1"), ("expect", "1")];
    let alive = |reason: &str| Outcome::alive(Unhealthy, reason);
    for (rows, options, outcome) in [
        (vec![row(&["2"])], &one[..], Outcome::pass("accepts connections, query gave a row")),
        (vec![row(&["1", "2"])], &expecting, Outcome::pass("accepts connections, query gave what it should")),
        (vec![row(&["2"])], &expecting, alive("query gave \"2\", expected \"1\"")),
        (
            vec![message(b'D', b"\0\x01\xff\xff\xff\xff")],
            &expecting,
            alive("query gave NULL, expected \"1\""),
        ),
        (vec![row(&[])], &expecting, alive("query gave no column, expected \"1\"")),
        (vec![], &one, alive("query gave no row, expected one")),
        (vec![row(&["1"]), row(&["1"])], &one, alive("query gave more than one row, expected one")),
        (vec![row(&[&"x".repeat(16_400)])], &one, alive("query gave a row of more than 16384 bytes")),
        (
            vec![message(b'H', &[0; 3])],
            &one,
            Outcome::alive(Protocol, "query copies data, expected one that gives a row"),
        ),
        (
            vec![message(b'D', b"\0\x01\0\0\0\x02x")],
            &one,
            Outcome::alive(Protocol, "the connection was accepted, but answer is not of PostgreSQL"),
        ),
    ] {
        assert_eq!(run_with(trusting(&result(&rows)), options), outcome);
    }
}

#[test]
fn an_error_of_a_query_tells_whose_mistake_it_is() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (code, verdict, cause) in [
        ("57014", Alive, Unhealthy),
        ("57P01", Alive, Unhealthy),
        ("53200", Alive, Unhealthy),
        ("40001", Alive, Unhealthy),
        ("55P03", Alive, Unhealthy),
        ("42601", Alive, Protocol),
        ("25006", Alive, Protocol),
        ("22012", Alive, Unhealthy),
        ("P0001", Alive, Unhealthy),
        ("XX001", Fail, Unhealthy),
        ("58030", Fail, Unhealthy),
    ] {
        let outcome = run_with(trusting(&refusal(code, "why")), &[("query", "SELECT 1")]);
        assert_eq!(outcome.reason, format!("why ({code})"));
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{code}");
    }
}

#[test]
fn the_role_and_the_lag_of_a_replica_are_told() {
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    let pass = |reason: &str| Outcome::pass(format!("accepts connections, {reason}"));
    let reason = "the connection was accepted, but answer is not of PostgreSQL";
    let foreign = Outcome::alive(Cause::Protocol, reason);
    for (columns, options, outcome) in [
        (&["t"][..], &[("role", "replica")][..], pass("is a replica")),
        (&["f"], &[("role", "primary")], pass("is a primary")),
        (&["t"], &[("role", "primary")], alive("is a replica, expected a primary")),
        (&["f"], &[("role", "replica")], alive("is a primary, expected a replica")),
        (&["f", "0"], &[("max-lag", "10s")], pass("is a primary")),
        (&["t", "-5"], &[("max-lag", "10s")], pass("replica is 0ms behind")),
        (&["t", "10000"], &[("max-lag", "10s")], pass("replica is 10s behind")),
        (&["t", "12000"], &[("max-lag", "10s")], alive("replica is 12s behind, expected at most 10s")),
        (&["x"], &[("role", "primary")], foreign.clone()),
        (&["t", "x"], &[("max-lag", "10s")], foreign.clone()),
    ] {
        assert_eq!(run_with(trusting(&result(&[row(columns)])), options), outcome);
    }
    let unknown = message(b'D', b"\0\x02\0\0\0\x01t\xff\xff\xff\xff");
    let outcome = run_with(trusting(&result(&[unknown])), &[("max-lag", "1s")]);
    assert_eq!(outcome, alive("replica has replayed no transaction yet"));
}

#[test]
fn a_server_that_leaves_a_query_without_an_answer_is_alive() {
    let reason = "the connection was accepted, but connection closed before the answer";
    let expected = Outcome::alive(Cause::Protocol, reason);
    assert_eq!(run_with(trusting(b""), &[("query", "SELECT 1")]), expected);
    assert_eq!(run_with(trusting(b"D"), &[("role", "primary")]), expected);
}
