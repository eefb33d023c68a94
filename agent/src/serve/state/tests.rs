use super::*;
use crate::check::Cause;
use crate::serve::fixture::{SECOND, jobs, run};

fn statuses(state: &State, now: Instant) -> [Option<u16>; 3] {
    Probe::ALL.map(|probe| failure(probe, state.freshness(&state.entries[0], now)))
}

fn known(outcome: Outcome) -> [Option<u16>; 3] {
    Probe::ALL.map(|probe| failure(probe, Freshness::Known(&outcome)))
}

#[test]
fn before_the_first_result_only_liveness_holds() {
    let start = Instant::now();
    let state = State::new(&jobs("tcp://:1"), start);
    assert_eq!(statuses(&state, start), [None, Some(503), Some(503)]);
}

#[test]
fn a_check_that_never_returns_fails_liveness_after_three_periods() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--period 10s tcp://:1"), start);
    state.begin(0, start);
    assert_eq!(statuses(&state, start + 30 * SECOND)[0], None);
    assert_eq!(state.stuck(start + 30 * SECOND).count(), 0);
    assert_eq!(statuses(&state, start + 31 * SECOND), [Some(503); 3]);
    assert_eq!(state.stuck(start + 31 * SECOND).count(), 1);
}

#[test]
fn a_result_is_stale_after_three_periods_and_fresh_again_with_the_next() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--period 1s tcp://:1"), start);
    state.finish(0, run(Outcome::pass("")), start, SystemTime::UNIX_EPOCH);
    assert_eq!(statuses(&state, start + 3 * SECOND), [None; 3]);
    assert_eq!(statuses(&state, start + 4 * SECOND), [Some(503); 3]);
    state.finish(0, run(Outcome::pass("")), start + 4 * SECOND, SystemTime::UNIX_EPOCH);
    assert_eq!(statuses(&state, start + 4 * SECOND), [None; 3]);
}

#[test]
fn an_old_result_holds_while_the_next_run_is_under_way_and_no_longer() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--period 1s tcp://:1"), start);
    state.finish(0, run(Outcome::pass("")), start, SystemTime::UNIX_EPOCH);
    let thawed = start + 60 * SECOND;
    assert!(state.has_woken(thawed));
    assert_eq!(statuses(&state, thawed), [Some(503); 3]);
    state.begin(0, thawed);
    assert!(!state.has_stale(thawed));
    assert_eq!(statuses(&state, thawed + SECOND), [None; 3]);
    assert_eq!(statuses(&state, thawed + 4 * SECOND), [Some(503); 3]);
}

#[test]
fn a_check_that_is_stuck_is_no_sign_that_the_agent_was_stopped_while_the_kubelet_asks() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--period 10s tcp://:1"), start);
    state.begin(0, start);
    for asked in 1..6 {
        state.note_question(Probe::Liveness, None, start + 10 * asked * SECOND);
    }
    let now = start + 60 * SECOND;
    assert!(state.has_stale(now));
    assert!(!state.has_woken(now));
}

#[test]
fn the_cause_gives_the_status() {
    assert_eq!(known(Outcome::pass("")), [None; 3]);
    assert_eq!(known(Outcome::alive(Cause::Protocol, "")), [None, Some(502), None]);
    assert_eq!(known(Outcome::fail(Cause::Unhealthy, "")), [Some(503); 3]);
    assert_eq!(known(Outcome::fail(Cause::Connect, "")), [Some(502); 3]);
    assert_eq!(known(Outcome::fail(Cause::Timeout, "")), [Some(504); 3]);
}

#[test]
fn startup_is_released_by_a_failure_so_that_a_new_container_starts_anew() {
    let start = Instant::now();
    let mut state = State::new(&jobs("tcp://:1"), start);
    let startup = |state: &State| statuses(state, start)[2];
    state.finish(0, run(Outcome::alive(Cause::Unhealthy, "loading")), start, SystemTime::UNIX_EPOCH);
    assert_eq!(startup(&state), None);
    state.finish(0, run(Outcome::fail(Cause::Connect, "refused")), start, SystemTime::UNIX_EPOCH);
    assert_eq!(startup(&state), Some(502));
}

#[test]
fn only_a_change_of_verdict_is_a_change() {
    let now = Instant::now();
    let mut state = State::new(&jobs("tcp://:1"), now);
    let outcomes =
        [Outcome::pass("a"), Outcome::pass("b"), Outcome::fail(Cause::Connect, ""), Outcome::pass("")];
    let changes = outcomes.map(|outcome| state.finish(0, run(outcome), now, SystemTime::UNIX_EPOCH));
    assert_eq!(changes, [true, false, true, true]);
    assert_eq!(state.entries[0].counts, [3, 0, 0, 1]);
}

#[test]
fn a_guess_is_repeated_soon_until_it_has_had_its_time_and_then_no_more_often_than_others() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--container a --guess tcp://:1 --container b tcp://:2"), start);
    for index in [0, 1] {
        let failed = run(Outcome::fail(Cause::Connect, ""));
        state.finish(index, failed, start, SystemTime::UNIX_EPOCH);
    }
    let urgent =
        |state: &State, seconds| [0, 1].map(|index| state.is_urgent(index, start + SECOND * seconds));
    assert_eq!(urgent(&state, 49), [true, true]);
    assert_eq!(urgent(&state, 50), [false, true]);
    state.finish(0, run(Outcome::pass("")), start, SystemTime::UNIX_EPOCH);
    state.finish(0, run(Outcome::fail(Cause::Connect, "")), start, SystemTime::UNIX_EPOCH);
    assert_eq!(urgent(&state, 50), [true, true]);
}

#[test]
fn a_check_without_power_may_be_late_or_stuck() {
    let start = Instant::now();
    let mut state = State::new(&jobs("--guess --period 10s tcp://:1"), start);
    state.begin(0, start);
    let statuses = |state: &State, seconds| {
        Probe::ALL.map(|probe| state.failure(probe, &state.entries[0], start + SECOND * seconds))
    };
    assert_eq!(statuses(&state, 31), [None; 3]);
    state.note_question(Probe::Startup, None, start + SECOND * 40);
    assert_eq!(statuses(&state, 41), [None, Some(503), None]);
}
