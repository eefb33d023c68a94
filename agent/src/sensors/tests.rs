use std::fs;
use std::time::Duration;

use super::fixture::Fixture;
use super::*;
use crate::check::Verdict;
use crate::scheme::parse_rate;

/// Judges the number in a file by what it has grown, or as it is.
struct File(Tree, Option<&'static str>);

impl Collector for File {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let Ok(value) = self.0.folder("a").and_then(|folder| folder.count("n")) else { return vec![] };
        let now_ms = scan.now_ms;
        vec![match self.1.and_then(parse_rate) {
            Some(rate) => scan.history.rate("a", now_ms, value, rate),
            None => Reading::number("a", value as i64, Fails::AtLeast, 90, |it| it.to_string()),
        }]
    }

    fn none_found(&self) -> String {
        "there is no a".into()
    }
}

fn made(
    fixture: &Fixture,
    options: &[(&str, &str)],
    rate: Option<&'static str>,
    once: bool,
) -> HardwareCheck {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let check = CheckUrl { text: "a:".into(), options, ..CheckUrl::default() };
    let state = once.then(|| fixture.root().to_owned());
    HardwareCheck::new(
        &check,
        &HostRoots { state, ..HostRoots::default() },
        File(Tree::at(fixture.root()), rate),
    )
}

fn at(hardware: &HardwareCheck, second: u64) -> Outcome {
    hardware.scan(second * 1_000, Deadline::after(Duration::from_secs(5)))
}

#[test]
fn serve_remembers_in_memory_and_check_in_a_file() {
    for once in [false, true] {
        let fixture = Fixture::new(&[("a/n", "95")]);
        let serve = made(&fixture, &[("for", "5m")], None, once);
        // Each run of `check` is a new program.
        let run = |second| match once {
            true => at(&made(&fixture, &[("for", "5m")], None, true), second),
            false => at(&serve, second),
        };
        assert_eq!(run(10), Outcome::pass("pending: a 95 >= 90 for 0ms of 5m"));
        assert_eq!(run(100), Outcome::pass("pending: a 95 >= 90 for 1m30s of 5m"));
        assert_eq!(run(310), Outcome::fail(Cause::Unhealthy, "a 95 >= 90 for 5m"));
        fixture.write("a/n", "89");
        assert_eq!(run(320), Outcome::pass("a 89 < 90"));
        fixture.write("a/n", "95");
        assert_eq!(run(330), Outcome::pass("pending: a 95 >= 90 for 0ms of 5m"));
        fixture.remove("a");
        assert_eq!(run(640), Outcome::unknown("there is no a"));
    }
}

#[test]
fn a_rate_takes_two_runs_of_check() {
    let fixture = Fixture::new(&[("a/n", "1000")]);
    let run = |second| at(&made(&fixture, &[], Some("10/h"), true), second);
    assert_eq!(run(0), Outcome::pass("a 0 in 0ms <= 10/h"));
    fixture.write("a/n", "1011");
    let now = sys::since_boot_ms() / 1_000;
    assert_eq!(run(now.min(60)).verdict, Verdict::Fail);
}

#[test]
fn a_state_that_cannot_be_kept_is_told_where_it_matters() {
    let fixture = Fixture::new(&[("a/n", "95")]);
    let options = [("state", "/no/such/folder/state"), ("for", "5m")];
    let outcome = at(&made(&fixture, &options, None, true), 0);
    let expected = "pending: a 95 >= 90 for 0ms of 5m; 1 unknown: state /no/such/folder/state cannot be written: \
                    No such file or directory (os error 2)";
    assert_eq!(outcome, Outcome::pass(expected));
    let strict = [("state", "/no/such/folder/state"), ("for", "5m"), ("strict", "")];
    assert_eq!(at(&made(&fixture, &strict, None, true), 0).cause, Some(Cause::Protocol));
    // Without a window nothing has to be kept.
    let outcome = at(&made(&fixture, &options[..1], None, true), 0);
    assert_eq!(outcome, Outcome::fail(Cause::Unhealthy, "a 95 >= 90"));
}

#[test]
fn a_garbage_state_is_unknown_once() {
    let fixture = Fixture::new(&[("a/n", "1"), ("state", "garbage")]);
    let path = fixture.root().join("state").display().to_string();
    let run = || at(&made(&fixture, &[("state", &path)], Some("0/h"), true), 0);
    let outcome = run();
    assert_eq!(outcome.verdict, Verdict::Pass);
    assert!(outcome.reason.ends_with("is not that of this check, begun anew"), "{outcome:?}");
    assert_eq!(run(), Outcome::pass("a 0 in 0ms <= 0/h"));
    // Also where there is nothing to keep instead.
    fixture.write("state", "garbage");
    let run = || at(&made(&fixture, &[("state", &path)], None, true), 0);
    assert!(run().reason.contains("begun anew"));
    assert_eq!(run(), Outcome::pass("a 1 < 90"));
    assert_eq!(fs::read_dir(fixture.root()).unwrap().count(), 2);
}

#[test]
fn a_check_that_has_no_time_left_says_nothing_of_the_hardware() {
    let fixture = Fixture::new(&[("a/n", "95")]);
    let late = || Deadline::after(Duration::ZERO);
    let check = made(&fixture, &[], None, false);
    for _ in 0..4 {
        assert_eq!(check.run(late()), Outcome::unknown("no time was left"));
    }
    let strict = made(&fixture, &[("strict", "")], None, false).run(late());
    assert_eq!(strict, Outcome::fail(Cause::Protocol, "unknown: no time was left"));
}

#[test]
fn nothing_is_written_where_nothing_is_to_be_kept() {
    let fixture = Fixture::new(&[("a/n", "1")]);
    assert_eq!(at(&made(&fixture, &[("for", "5m")], None, true), 0), Outcome::pass("a 1 < 90"));
    assert_eq!(fs::read_dir(fixture.root()).unwrap().count(), 1);
}
