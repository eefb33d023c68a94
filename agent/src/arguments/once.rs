//! The command line of `check`.

use std::path::PathBuf;
use std::time::Duration;

use super::words::{Word, Words, wrong};
use super::{Command, help, print};
use crate::checks::{Roots, SPECS};
use crate::grammar::{Refusal, parse as parse_check};
use crate::probe::Probe;
use crate::runner::Runner;

const OPTIONS: &[&str] =
    &["--probe", "--timeout", "--state", "--proc-root", "--sys-root", "--dev-root", "--help"];

/// One run of some checks, all of which have to hold.
pub struct Once {
    pub probe: Probe,
    pub timeout: Duration,
    pub runners: Vec<Runner>,
}

/// Reads what follows `check`.
pub fn parse(mut words: Words) -> Result<Command, Refusal> {
    let mut probe = Probe::Readiness;
    let mut timeout = Duration::from_secs(1);
    let mut roots = Roots { state: Some(PathBuf::new()), ..Roots::default() };
    let mut checks = Vec::new();
    while let Some(word) = words.word() {
        match word {
            Word::Positional(text) => checks.push(text),
            Word::Option(name) => match name.as_str() {
                "--probe" => probe = named(&words.value("--probe")?)?,
                "--timeout" => timeout = words.duration("--timeout")?,
                "--state" => roots.state = Some(words.value("--state")?.into()),
                "--proc-root" => roots.proc = words.value("--proc-root")?.into(),
                "--sys-root" => roots.sys = words.value("--sys-root")?.into(),
                "--dev-root" => roots.dev = words.value("--dev-root")?.into(),
                "--help" => return Ok(print(help::CHECK)),
                _ => return Err(Word::Option(name).unknown(OPTIONS)),
            },
        }
    }
    if checks.is_empty() {
        return Err(Refusal("check is missing, expected a URL such as http://:8080/healthz".into()));
    }
    let runners = checks.iter().map(|text| runner(text, &roots)).collect::<Result<_, _>>()?;
    Ok(Command::Check(Once { probe, timeout, runners }))
}

fn runner(text: &str, roots: &Roots) -> Result<Runner, Refusal> {
    let check = parse_check(text, SPECS)?;
    if check.scheme == "push" {
        return Err(Refusal(
            "scheme is \"push\", expected another: a report can only be received by serve".into(),
        ));
    }
    Runner::new(check, roots)
}

fn named(word: &str) -> Result<Probe, Refusal> {
    Probe::ALL
        .into_iter()
        .find(|probe| probe.word() == word)
        .ok_or_else(|| wrong("--probe", word, "one of liveness, readiness, startup"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::refused;

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
                "option is \"--all\", expected one of --probe, --timeout, --state, --proc-root, --sys-root, --dev-root, --help",
            ),
            (
                &["check", "push:"],
                "scheme is \"push\", expected another: a report can only be received by serve",
            ),
            (&["check", "--", "--help"], "check is \"--help\", expected a URL such as http://:8080/healthz"),
            (
                &["check", "listen://redis:1"],
                "host is \"redis\", expected an IP address or localhost for listen",
            ),
        ];
        for (line, sentence) in rows {
            assert_eq!(refused(line), sentence);
        }
    }
}
