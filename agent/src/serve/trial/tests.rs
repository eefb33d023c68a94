use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::check::{Cause, Outcome};
use crate::cli::{Command, parse};
use crate::runner::Run;
use crate::serve::fixture::{SECOND, jobs};
use crate::serve::state::State;

const MILLISECOND: Duration = Duration::from_millis(1);

/// A trial of this command line that begins at a moment.
struct World {
    state: State,
    trial: Trial,
    start: Instant,
}

fn world(line: &str) -> World {
    let line = format!("--trial {line}");
    let start = Instant::now();
    let state = State::new(&jobs(&line), start);
    let asked = match parse(format!("serve {line}").split(' ').map(Into::into)) {
        Ok(Command::Serve(serve)) => serve.sections.iter().map(Asked::of).collect(),
        _ => panic!("another command"),
    };
    World { trial: Trial::new(asked, &state, start), state, start }
}

impl World {
    /// A run of a check ends at a moment.
    fn run(&mut self, index: usize, at: u32, outcome: Outcome) {
        let (now, took) = (self.start + SECOND * at, 2 * MILLISECOND);
        self.trial.follow(&mut self.state, now);
        let had_ended = has_ended(&self.state.entries[index]);
        self.state.begin(index, now);
        self.state.finish(index, Run { outcome, took }, now, SystemTime::UNIX_EPOCH);
        self.trial.finished(&self.state.entries[index], index, had_ended);
    }

    /// A run each second, over these.
    fn run_all(&mut self, range: std::ops::Range<u32>, outcome: &Outcome) {
        for at in range {
            self.run(0, at, outcome.clone());
        }
    }

    fn page(&mut self, at: u32) -> String {
        let now = self.start + SECOND * at;
        self.trial.follow(&mut self.state, now);
        render(&self.state, &self.trial, true, now)
    }
}

fn hangs() -> Outcome {
    Outcome::fail(Cause::Timeout, "timed out after 1s")
}

fn refused() -> Outcome {
    Outcome::fail(Cause::Connect, "connection refused")
}

#[test]
fn what_hangs_would_be_restarted_once_and_is_started_anew() {
    let mut world = world("--container web --period 10s redis://:6379");
    world.run_all(0..60, &Outcome::pass("PONG"));
    world.run_all(60..100, &hangs());
    world.run_all(100..120, &Outcome::pass("PONG"));
    let page = world.page(120);
    // Asked at 2, 12, 22, ...: of those at 62, 72 and 82 the third restarts.
    assert!(page.contains(r#""liveness":{"restarts":1,"lastRestartSecondsAgo":38,"check":"redis 127.0.0.1:6379","reason":"timed out after 1s"}"#), "{page}");
    // Not ready from 82 on, until startup holds: at 84, 86, ... , 102.
    assert!(page.contains(r#""readiness":{"ready":true,"unreadySeconds":20,"unreadyAtStartSeconds":2,"lastUnreadySecondsAgo":18,"#), "{page}");
    assert!(page.contains(r#""startup":{"failures":0,"starts":[2.0]}"#), "{page}");
    assert!(page.contains(r#""runs":120,"failures":40,"failedLongestRun":3,"maxSeconds":0.002000,"buckets":[[0.001,0],[0.005,80],"#), "{page}");
}

#[test]
fn a_program_that_ended_has_not_failed_its_liveness_but_starts() {
    let mut world = world("--container web --period 10s redis://:6379");
    world.run_all(0..60, &Outcome::pass("PONG"));
    world.run_all(60..134, &refused());
    world.run_all(134..140, &Outcome::pass("PONG"));
    let page = world.page(140);
    assert!(page.contains(r#""liveness":{"restarts":0}"#), "{page}");
    assert!(page.contains(r#""startup":{"failures":0,"starts":[2.0,76.0]}"#), "{page}");
    assert!(page.contains(r#""unreadySeconds":76"#), "{page}");
}

#[test]
fn what_never_starts_fails_each_start_in_its_time() {
    let mut world = world("--container web --startup-timeout 60s http://:81/");
    world.run_all(0..150, &refused());
    let page = world.page(150);
    assert!(page.contains(r#""startup":{"failures":2,"lastFailureSecondsAgo":"#), "{page}");
    assert!(page.contains(r#""ready":false,"unreadySeconds":0,"unreadyAtStartSeconds":150"#), "{page}");
    assert!(page.contains(r#""starts":[]"#), "{page}");
    assert_eq!(world.trial.tallies[0].restarts, 2);
}

#[test]
fn a_guess_restarts_nothing_before_it_has_passed_and_again_after_it_would_have() {
    let mut world = world("--container web --guess redis://:6379");
    world.run_all(0..200, &hangs());
    let page = world.page(200);
    assert!(
        page.contains(r#""restarts":0"#) && page.contains(r#""unproven":["redis 127.0.0.1:6379"]"#),
        "{page}"
    );
    world.run_all(200..230, &Outcome::pass("PONG"));
    assert!(!world.page(230).contains("unproven"));
    world.run_all(230..400, &hangs());
    let page = world.page(400);
    // Restarted, it would be unproven again.
    assert!(page.contains(r#""restarts":1"#) && page.contains("unproven"), "{page}");
}

#[test]
fn what_is_alive_fails_only_where_the_kubelet_itself_would_ask() {
    for (flags, restarts) in [("", 0), ("--pass-only ", 1)] {
        let mut world =
            world(&format!("{flags}--container web --liveness http://:80/ --readiness http://:80/"));
        world.run_all(0..35, &Outcome::pass("200"));
        world.run_all(35..65, &Outcome::alive(Cause::Protocol, "status 401"));
        let page = world.page(65);
        assert!(page.contains(&format!("\"restarts\":{restarts}")), "{page}");
        assert!(page.contains(r#""ready":false"#), "{page}");
    }
}

#[test]
fn a_time_in_which_the_agent_was_stopped_is_left_out() {
    let mut world = world("--container web redis://:6379");
    world.run_all(0..20, &Outcome::pass("PONG"));
    world.run(0, 20, hangs());
    world.run_all(1_000..1_005, &Outcome::pass("PONG"));
    let page = world.page(1_005);
    assert!(page.contains(r#""restarts":0"#) && page.contains(r#""unreadySeconds":0"#), "{page}");
}

#[test]
fn the_page_is_bounded_and_says_how_many_checks_it_leaves_out() {
    let check = |index| format!("{}-{index}=http://:{index}/", "n".repeat(58));
    let line: Vec<_> = (1..=90).map(check).collect();
    let mut world = world(&format!("--container web {} --container b tcp://:1", line.join(" ")));
    for index in 0..91 {
        world.run(index, 1, Outcome::fail(Cause::Protocol, "\"\\".repeat(80)));
    }
    let page = world.page(400);
    assert!(page.len() <= 16 * 1024, "{}", page.len());
    let shown = page.matches("{\"check\":").count();
    assert!(page.ends_with(&format!("\"leftOut\":{}}}\n", 91 - shown)), "{page}");
    assert!(shown > 20, "{shown}");
}

#[test]
fn reasons_are_for_those_who_may_read_them() {
    let mut world = world("--container web --startup-timeout 10s redis://:6379");
    world.run_all(0..30, &hangs());
    assert!(world.page(30).contains(r#""reason":"timed out after 1s""#));
    let page = render(&world.state, &world.trial, false, world.start + 30 * SECOND);
    assert!(page.contains("lastFailureSecondsAgo") && !page.contains("reason"), "{page}");
}
