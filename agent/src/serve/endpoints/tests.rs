use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::check::{Cause, Outcome};
use crate::hold::{Hold, HoldFile, Reading, judge};
use crate::serve::fixture::{SECOND, jobs, run};
use crate::serve::holding::{Holding, NO_HOLD};

/// Two containers and the outcomes of their checks, if they have any yet.
struct World {
    state: State,
    requests: Requests,
    now: Instant,
    loopback: bool,
    verbose: bool,
    hold: Option<Hold>,
}

fn world(line: &str, outcomes: &[Outcome]) -> World {
    let now = Instant::now();
    let mut state = State::new(&jobs(line), now);
    for (index, outcome) in outcomes.iter().enumerate() {
        state.finish(index, run(outcome.clone()), now, SystemTime::UNIX_EPOCH);
    }
    World { state, requests: Requests::default(), now, loopback: false, verbose: false, hold: None }
}

impl World {
    fn ask(&self, method: &str, target: &str) -> Response {
        let World { state, requests, now, loopback, verbose, hold } = self;
        let (now, loopback, verbose) = (*now, *loopback, *verbose);
        let held = Held { is_possible: hold.is_some(), hold: hold.as_ref() };
        respond(
            &request(method, target, false),
            &Context { state, requests, trial: None, now, held, loopback, verbose, tells: false },
        )
    }

    /// As the kubelet does, so many seconds later.
    fn ask_as_kubelet(&mut self, target: &str, seconds: u32) -> Response {
        let (request, now) = (request("GET", target, true), self.now + SECOND * seconds);
        let tells = note(&request, &mut self.state, now);
        let World { state, requests, loopback, verbose, .. } = self;
        let (loopback, verbose) = (*loopback, *verbose);
        respond(
            &request,
            &Context { state, requests, trial: None, now, held: NO_HOLD, loopback, verbose, tells },
        )
    }

    fn get(&self, target: &str) -> (u16, String) {
        let response = self.ask("GET", target);
        (response.status, response.body)
    }
}

fn request(method: &str, target: &str, kubelet: bool) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let [method, path, query] = [method, path, query].map(str::to_owned);
    Request { method, path, query, kubelet, ..Request::default() }
}

const TWO: &str = "--container web tcp://:1 --container cache x=tcp://:2";

#[test]
fn all_containers_answer_together_and_each_alone() {
    let world = world(TWO, &[Outcome::pass("fine"), Outcome::fail(Cause::Timeout, "secret-looking")]);
    assert_eq!(world.get("/livez/web"), (200, "ok\n".into()));
    assert_eq!(world.get("/livez/cache"), (504, "failed: x\n".into()));
    assert_eq!(world.get("/readyz"), (504, "failed: cache/x\n".into()));
}

#[test]
fn the_first_failing_check_gives_the_status() {
    let world = world(TWO, &[Outcome::fail(Cause::Connect, ""), Outcome::fail(Cause::Timeout, "")]);
    assert_eq!(world.get("/livez"), (502, "failed: web/tcp 127.0.0.1:1, cache/x\n".into()));
}

#[test]
fn reasons_are_told_to_loopback_only() {
    let mut world = world("x=tcp://:1", &[Outcome::fail(Cause::Connect, "refused")]);
    assert_eq!(world.get("/livez?verbose"), (502, "failed: x\n".into()));
    world.loopback = true;
    assert_eq!(world.get("/livez"), (502, "failed: x\n".into()));
    for query in ["verbose", "verbose=1", "a=b&verbose"] {
        let body = "[-] x: fail, refused, 0.5 ms, 0ms ago\nfailed: x\n";
        assert_eq!(world.get(&format!("/livez?{query}")), (502, body.into()));
    }
    world.now += 99 * SECOND;
    let body = "[-] x: stale, last was fail, refused, 0.5 ms, 1m39s ago\nfailed: x\n";
    assert_eq!(world.get("/livez?verbose"), (503, body.into()));
}

#[test]
fn reasons_are_told_to_everybody_who_asks_where_they_are_no_secret() {
    let mut world = world("x=tcp://:1", &[Outcome::fail(Cause::Connect, "refused")]);
    world.verbose = true;
    assert_eq!(world.get("/readyz"), (502, "failed: x\n".into()));
    assert_eq!(world.get("/readyz?verbose").1, "[-] x: fail, refused, 0.5 ms, 0ms ago\nfailed: x\n");
    assert_eq!(world.ask("POST", "/push/x").status, 403);
}

#[test]
fn a_probe_without_a_check_holds() {
    let world = world("--readiness tcp://:1", &[]);
    assert_eq!(world.get("/livez").0, 200);
    assert_eq!(world.get("/startupz").0, 200);
    assert_eq!(world.get("/readyz"), (503, "failed: tcp 127.0.0.1:1\n".into()));
}

#[test]
fn shutting_down_takes_readiness_and_leaves_liveness() {
    let mut world = world("tcp://:1", &[Outcome::pass("")]);
    assert_eq!(world.get("/readyz").0, 200);
    world.state.stop();
    assert_eq!(world.get("/readyz"), (503, "failed: shutting down\n".into()));
    assert_eq!(world.get("/livez").0, 200);
    assert_eq!(world.get("/startupz").0, 200);
}

#[test]
fn unknown_paths_are_not_found_by_any_method() {
    let world = world(TWO, &[]);
    for path in [
        "/",
        "/healthz",
        "/livez/",
        "/livez/db",
        "/livez/web/x",
        "/agentz/x",
        "/metrics/",
        "//livez",
        "/push",
    ] {
        for method in ["GET", "DELETE"] {
            let status = world.ask(method, path).status;
            assert_eq!(status, 404, "{method} {path}");
        }
    }
}

#[test]
fn other_methods_are_refused_with_those_that_are_allowed() {
    let world = world(TWO, &[]);
    for path in ["/livez", "/readyz/web", "/startupz", "/agentz", "/metrics"] {
        let response = world.ask("POST", path);
        assert_eq!((response.status, response.allow), (405, Some("GET, HEAD")), "{path}");
        assert_ne!(world.ask("HEAD", path).status, 405, "{path}");
    }
}

#[test]
fn a_report_is_taken_from_loopback_only() {
    let mut world = world("job=push: tcp://:1", &[]);
    assert_eq!(world.ask("POST", "/push/job").status, 403);
    assert_eq!(world.ask("POST", "/push/other").status, 403);
    world.loopback = true;
    let response = world.ask("POST", "/push/job");
    assert_eq!((response.status, response.reported), (204, Some(0)));
    assert_eq!(world.ask("POST", "/push/tcp").status, 404);
    let response = world.ask("GET", "/push/job");
    assert_eq!((response.status, response.allow, response.reported), (405, Some("POST"), None));
}

#[test]
fn a_name_of_several_containers_needs_the_container() {
    let mut world = world("--container a push: --container b push:", &[]);
    world.loopback = true;
    assert_eq!(world.ask("POST", "/push/push").status, 404);
    assert_eq!(world.ask("POST", "/push/b/push").reported, Some(1));
    assert_eq!(world.ask("POST", "/push/c/push").status, 404);
}

#[test]
fn the_agent_is_well_until_a_check_is_stuck() {
    let mut world = world(TWO, &[Outcome::fail(Cause::Connect, "")]);
    world.state.begin(1, world.now);
    assert_eq!(world.get("/agentz"), (200, "ok\n".into()));
    world.now += 31 * SECOND;
    assert_eq!(world.get("/agentz"), (503, "stuck: cache/x\n".into()));
}

const GUESS: &str = "--container db --guess --period 30s redis://:1 --container web --period 30s tcp://:2";

#[test]
fn a_guess_that_never_passed_restarts_nothing_and_is_ready_after_a_while() {
    let failed = Outcome::fail(Cause::Protocol, "no redis");
    let mut world = world(GUESS, &[failed.clone(), failed]);
    assert_eq!(world.ask_as_kubelet("/startupz/db", 0).status, 200);
    assert_eq!(world.ask_as_kubelet("/livez/db", 1).body, "ok, unproven: redis 127.0.0.1:1\n");
    assert_eq!(world.ask_as_kubelet("/readyz/db", 29).body, "failed: redis 127.0.0.1:1\n");
    let told = world.ask_as_kubelet("/readyz/db", 30);
    assert_eq!((told.status, &told.body[..32]), (300, "unproven: redis 127.0.0.1:1; the"));
    assert_eq!(world.ask_as_kubelet("/readyz/db", 60).status, 200);
    // A check that was written has power from the start.
    assert_eq!(world.ask_as_kubelet("/startupz/web", 0).status, 502);
    assert_eq!(world.ask_as_kubelet("/livez/web", 0).status, 502);
}

#[test]
fn a_guess_that_has_passed_is_a_check_like_any_other() {
    let mut world = world(GUESS, &[Outcome::pass("PONG"), Outcome::pass("")]);
    let now = world.now;
    assert_eq!(world.ask_as_kubelet("/livez/db", 0).body, "ok\n");
    world.state.finish(0, run(Outcome::fail(Cause::Timeout, "hangs")), now, SystemTime::UNIX_EPOCH);
    let statuses = |world: &mut World| ["/livez", "/readyz"].map(|path| world.ask_as_kubelet(path, 1).status);
    assert_eq!(statuses(&mut world), [504, 504]);
    // The container was restarted for it, and is not judged before it has passed again.
    assert_eq!(world.ask_as_kubelet("/startupz/db", 2).status, 200);
    assert_eq!(statuses(&mut world), [200, 504]);
}

#[test]
fn only_the_kubelet_begins_a_life() {
    let world = world(GUESS, &[Outcome::pass("PONG"), Outcome::pass("")]);
    let mut state = world.state;
    for (target, kubelet) in
        [("/startupz/db", false), ("/startupz/db/x", true), ("/startup", true), ("/startupz/web", true)]
    {
        note(&request("GET", target, kubelet), &mut state, world.now);
        assert!(!state.is_unproven(0), "{target}");
    }
    note(&request("GET", "/startupz", true), &mut state, world.now);
    assert!(state.is_unproven(0) && !state.is_unproven(1));
}

#[test]
fn a_guess_says_why_it_is_unproven_where_reasons_are_told() {
    let mut world = world("--guess x=redis://:1", &[Outcome::alive(Cause::Protocol, "NOAUTH")]);
    world.loopback = true;
    let expected = "[+] x: unproven: alive, NOAUTH, 0.5 ms, 0ms ago\nok, unproven: x\n";
    assert_eq!(world.get("/readyz?verbose"), (200, expected.into()));
    world.state.finish(0, run(Outcome::pass("PONG")), world.now, SystemTime::UNIX_EPOCH);
    assert_eq!(world.get("/readyz?verbose").1, "[+] x: pass, PONG, 0.5 ms, 0ms ago\nok\n");
}

/// A hold until a second after 1970 began.
fn hold(text: &str) -> Option<Hold> {
    match judge(text, UNIX_EPOCH, SECOND) {
        Reading::InForce(hold) => Some(hold),
        _ => None,
    }
}

#[test]
fn while_liveness_is_held_it_and_startup_hold_and_readiness_tells_the_truth() {
    let mut world = world(TWO, &[Outcome::pass("fine"), Outcome::fail(Cause::Timeout, "no answer")]);
    world.hold = hold("liveness=1970-01-01T00:00:01Z reason=pause");
    let told = "ok, held until 1970-01-01T00:00:01Z (pause), without that failed: ";
    assert_eq!(world.get("/livez"), (200, format!("{told}cache/x\n")));
    assert_eq!(world.get("/livez/cache"), (200, format!("{told}x\n")));
    assert_eq!(world.get("/livez/web"), (200, "ok, held until 1970-01-01T00:00:01Z (pause)\n".into()));
    assert_eq!(world.get("/startupz/cache").0, 200);
    assert_eq!(world.get("/readyz/cache"), (504, "failed: x\n".into()));
    world.loopback = true;
    let (status, body) = world.get("/livez/cache?verbose");
    assert_eq!(status, 200);
    assert!(body.starts_with("[-] x: fail, no answer, "), "{body}");
    let metrics = world.get("/metrics").1;
    assert!(metrics.contains("health_probe_hold{probe=\"liveness\"} 1\n"), "{metrics}");
    assert!(metrics.contains("health_probe_hold{probe=\"readiness\"} 0\n"), "{metrics}");
}

#[test]
fn readiness_is_held_on_wish_but_not_once_the_end_has_begun() {
    let mut world = world(TWO, &[Outcome::pass("fine"), Outcome::fail(Cause::Timeout, "no answer")]);
    world.hold = hold("liveness=1970-01-01T00:00:01Z readiness=1970-01-01T00:00:01Z reason=pause");
    assert_eq!(world.get("/readyz").0, 200);
    world.state.stop();
    assert_eq!(world.get("/readyz"), (503, "failed: shutting down, cache/x\n".into()));
    assert_eq!(world.get("/livez").0, 200);
}

#[test]
fn a_hold_is_read_anew_at_each_question() {
    let path = std::env::temp_dir().join(format!("holding-{}", std::process::id()));
    let file = HoldFile { path: path.to_str().unwrap().to_owned(), longest: SECOND };
    let mut holding = Holding::new(Some(file));
    let mut held = || holding.read(UNIX_EPOCH).sentence(Probe::Liveness);
    assert_eq!(held(), None);
    std::fs::write(&path, "liveness=1970-01-01T00:00:01Z reason=pause").unwrap();
    assert_eq!(held().as_deref(), Some("held until 1970-01-01T00:00:01Z (pause)"));
    std::fs::write(&path, "liveness=1970-01-01T01:00:00Z reason=pause").unwrap();
    assert_eq!(held(), None);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(held(), None);
}
