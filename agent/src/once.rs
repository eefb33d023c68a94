//! `check`: every check once, one line, one exit code.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::Once;
use crate::deadline::Deadline;
use crate::line;
use crate::outcome::Verdict;
use crate::runner::Run;

/// The kubelet keeps more, but an event is read in one line of a terminal.
const LONGEST_LINE: usize = 200;

/// Runs the checks one after the other until one does not hold; all share one deadline, so the exec probe's time-out is kept.
pub fn run(command: &Once) -> ExitCode {
    let deadline = Deadline::after(command.timeout);
    let mut told = Vec::new();
    for runner in &command.runners {
        let run = runner.run(deadline, command.timeout);
        if !command.probe.holds(run.outcome.verdict) {
            return tell(&failure(&run, &runner.label), code(&run));
        }
        told.push(success(&run, &runner.label));
    }
    let text = match told.as_slice() {
        [one] => one.clone(),
        all => format!("{} checks hold: {}", all.len(), all.join("; ")),
    };
    tell(&text, 0)
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
fn tell(text: &str, code: u8) -> ExitCode {
    let line = line::clean(text, LONGEST_LINE) + "\n";
    drop(io::stdout().write_all(line.as_bytes()));
    ExitCode::from(code)
}

/// A latency as it is told, to a tenth of a millisecond.
pub fn milliseconds(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Cause, Outcome};

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
}
