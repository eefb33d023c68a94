//! `check`: its command line, and every check once, for one line and one exit code.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::hold::HoldOptions;
use super::life::Life;
use super::unknown::{RUNS, UnknownRuns};
use super::words::{Word, Words, wrong};
use crate::check::{Deadline, HELD_BACK, HostRoots, Probe, Verdict};
use crate::hold::{HoldFile, Reading};
use crate::left_file;
use crate::line;
use crate::registry::SCHEMES;
use crate::runner::{Run, Runner, milliseconds};
use crate::scheme::{ParseError, parse as parse_check};

/// The kubelet keeps more, but an event is read in one line of a terminal.
const LONGEST_LINE: usize = 200;

const OPTIONS: &[&str] = &[
    "--probe",
    "--timeout",
    "--guess",
    "--period",
    "--state",
    "--report-unknown",
    "--hold",
    "--longest-hold",
    "--proc-root",
    "--sys-root",
    "--dev-root",
    "--help",
];

/// What `check` is to do: run some checks once, all of which have to hold.
pub struct CheckOnce {
    pub probe: Probe,
    pub timeout: Duration,
    /// Each with its text.
    checks: Vec<(String, Runner)>,
    guess: Option<Guess>,
    hold: Option<HoldFile>,
    unknown_runs: Option<UnknownRuns>,
}

/// Where it is kept what is proven, for checks that were found rather than written.
struct Guess {
    folder: PathBuf,
    /// How long readiness is held back.
    held_back: Duration,
}

/// Reads what follows `check`; none where it asks for help.
pub fn parse(mut words: Words) -> Result<Option<CheckOnce>, ParseError> {
    let mut probe = Probe::Readiness;
    let mut timeout = Duration::from_secs(1);
    let mut roots = HostRoots { state: Some(PathBuf::new()), ..HostRoots::default() };
    let mut texts = Vec::new();
    let mut hold = HoldOptions::default();
    let (mut is_guess, mut reports_unknown, mut period) = (false, false, Duration::from_secs(10));
    while let Some(word) = words.word() {
        match word {
            Word::Positional(text) => texts.push(text),
            Word::Option(name) => match name.as_str() {
                "--probe" => probe = named(&words.value("--probe")?)?,
                "--timeout" => timeout = words.duration("--timeout")?,
                "--guess" => is_guess = true,
                "--report-unknown" => reports_unknown = true,
                "--period" => period = words.duration("--period")?,
                "--state" => roots.state = Some(words.value("--state")?.into()),
                "--proc-root" => roots.proc = words.value("--proc-root")?.into(),
                "--sys-root" => roots.sys = words.value("--sys-root")?.into(),
                "--dev-root" => roots.dev = words.value("--dev-root")?.into(),
                "--help" => return Ok(None),
                _ if hold.read(&name, &mut words)? => {}
                _ => return Err(Word::Option(name).unknown(OPTIONS)),
            },
        }
    }
    if texts.is_empty() {
        return Err(ParseError("check is missing, expected a URL such as http://:8080/healthz".into()));
    }
    let folder = left_file::folder_of(roots.state.as_deref().unwrap_or(Path::new("")));
    let unknown_runs = reports_unknown.then(|| UnknownRuns::of(&folder));
    let guess = is_guess.then(|| Guess { folder, held_back: HELD_BACK.saturating_sub(period) });
    let with_runner = |text: String| runner(&text, &roots).map(|runner| (text, runner));
    let checks = texts.into_iter().map(with_runner).collect::<Result<_, _>>()?;
    Ok(Some(CheckOnce { probe, timeout, checks, guess, hold: hold.complete(), unknown_runs }))
}

fn runner(text: &str, roots: &HostRoots) -> Result<Runner, ParseError> {
    let check = parse_check(text, SCHEMES)?;
    if check.scheme == "push" {
        return Err(ParseError(
            "scheme is \"push\", expected another: a report can only be received by serve".into(),
        ));
    }
    Runner::new(check, roots)
}

fn named(word: &str) -> Result<Probe, ParseError> {
    Probe::ALL
        .into_iter()
        .find(|probe| probe.word() == word)
        .ok_or_else(|| wrong("--probe", word, "one of liveness, readiness, startup"))
}

/// Runs the checks and prints what they say. While the probe is held a failure is told, and counts for nothing.
pub fn run(command: &CheckOnce) -> ExitCode {
    let (text, code) = ask(command);
    let hold = command.hold.as_ref().map(|file| file.read(SystemTime::now()));
    let held = match &hold {
        Some(Reading::InForce(hold)) => hold.sentence(command.probe),
        _ => None,
    };
    match held {
        Some(held) if code == 0 => print(&format!("{held}: {text}"), 0),
        Some(held) => print(&format!("{held}, without that: {text}"), 0),
        None => print(&text, code),
    }
}

/// Runs the checks one after the other until one does not hold; all share one deadline, so the exec probe's time-out is kept.
fn ask(command: &CheckOnce) -> (String, u8) {
    let deadline = Deadline::after(command.timeout);
    let mut life = command.guess.as_ref().map(|guess| (Life::load(&guess.folder), guess.held_back));
    match (&mut life, command.probe) {
        // A guess is never late: that the probe is run at all says that the container is new.
        (Some((life, _)), Probe::Startup) => {
            life.begin();
            return ("unproven: the container is new".to_owned(), 0);
        }
        (Some((life, _)), Probe::Readiness) => life.begin_if_unknown(),
        _ => {}
    }
    let (mut shown, mut unknown) = (Vec::new(), None);
    for (text, runner) in &command.checks {
        let run = runner.run(deadline, command.timeout);
        let holds = command.probe.holds(run.outcome.verdict);
        match &life {
            Some((life, _)) if run.outcome.verdict == Verdict::Pass => life.note_pass(text),
            Some((life, held_back)) if !holds && !life.has_passed(text) => {
                let sentence = format!("unproven: {}", failure(&run, &runner.label));
                if command.probe == Probe::Readiness && life.is_younger_than(*held_back) {
                    return (sentence, code(&run));
                }
                shown.push(sentence);
                continue;
            }
            _ => {}
        }
        if !holds {
            return (failure(&run, &runner.label), code(&run));
        }
        if run.outcome.verdict == Verdict::Unknown && unknown.is_none() {
            unknown = Some(failure(&run, &runner.label));
        }
        shown.push(success(&run, &runner.label));
    }
    if let Some(runs) = &command.unknown_runs {
        match unknown {
            Some(line) if runs.is_due() => {
                return (format!("said once, the probe holds: {RUNS} runs in a row were unknown: {line}"), 1);
            }
            Some(_) => {}
            None => runs.end(),
        }
    }
    let text = match shown.as_slice() {
        [one] => one.clone(),
        all => format!("{} checks hold: {}", all.len(), all.join("; ")),
    };
    (text, 0)
}

fn success(run: &Run, label: &str) -> String {
    let sign = if run.outcome.verdict == Verdict::Unknown { "unknown: " } else { "" };
    let suffix = format!(" ({label}, {})", milliseconds(run.took));
    let room = LONGEST_LINE.saturating_sub(suffix.chars().count());
    line::clean(&format!("{sign}{}", run.outcome.reason), room) + &suffix
}

/// Reason first: the kubelet may cut the end.
fn failure(run: &Run, label: &str) -> String {
    let suffix = format!(" ({label})");
    let room = LONGEST_LINE.saturating_sub(suffix.chars().count());
    line::clean(&run.outcome.reason, room) + &suffix
}

fn code(run: &Run) -> u8 {
    match (run.outcome.cause, run.outcome.verdict) {
        (Some(cause), _) => cause.exit_code(),
        (None, Verdict::Pass) => 0,
        (None, _) => 1,
    }
}

/// A closed standard output changes nothing about the health of the program.
fn print(text: &str, code: u8) -> ExitCode {
    let line = line::clean(text, LONGEST_LINE) + "\n";
    drop(io::stdout().write_all(line.as_bytes()));
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;
    use super::*;
    use crate::check::{Cause, Outcome};

    #[test]
    fn the_reason_comes_first_and_the_label_survives_a_long_one() {
        let run = |outcome| Run { outcome, took: Duration::from_micros(321) };
        assert_eq!(
            success(&run(Outcome::pass("PONG")), "redis 127.0.0.1:6379"),
            "PONG (redis 127.0.0.1:6379, 0.3 ms)"
        );
        assert!(
            success(&run(Outcome::unknown("no sensor")), "nvme").starts_with("unknown: no sensor (nvme, ")
        );
        let line = failure(&run(Outcome::fail(Cause::Protocol, "x".repeat(300))), "cache");
        assert_eq!(line.chars().count(), LONGEST_LINE);
        assert!(line.ends_with("x… (cache)"), "{line}");
    }

    #[test]
    fn every_cause_has_its_exit_code() {
        let causes = [Cause::Unhealthy, Cause::Connect, Cause::Timeout, Cause::Protocol];
        let codes =
            causes.map(|cause| code(&Run { outcome: Outcome::alive(cause, ""), took: Duration::ZERO }));
        assert_eq!(codes, [1, 2, 3, 4]);
    }

    #[test]
    fn mistakes_are_told_in_a_sentence() {
        let rows = [
            (&["check"][..], "check is missing, expected a URL such as http://:8080/healthz"),
            (
                &["check", "--probe=live", "tcp://:1"],
                "option --probe is \"live\", expected one of liveness, readiness, startup",
            ),
            (&["check", "tcp://:1", "--timeout"], "option --timeout has no value, expected one"),
            (
                &["check", "--timeout", "1", "tcp://:1"],
                "option --timeout is \"1\", expected a duration such as 10s, 1m30s or 500ms",
            ),
            (
                &["check", "--all"],
                "option is \"--all\", expected one of --probe, --timeout, --guess, --period, --state, --report-unknown, --hold, --longest-hold, --proc-root, --sys-root, --dev-root, --help",
            ),
            (
                &["check", "push:"],
                "scheme is \"push\", expected another: a report can only be received by serve",
            ),
            (&["check", "--", "--help"], "check is \"--help\", expected a URL such as http://:8080/healthz"),
            (
                &["check", "listen://redis:1"],
                "host is \"redis\", expected an IP address, localhost or pod for listen",
            ),
        ];
        for (line, sentence) in rows {
            assert_eq!(refused(line), sentence);
        }
    }
}
