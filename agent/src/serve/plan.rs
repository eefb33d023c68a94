//! From the sections of the command line to the checks that run: each text once a container, each with a label of its own.

use std::net::IpAddr;
use std::time::Duration;

use crate::check::{HostRoots, Probe};
use crate::cli::Section;
use crate::net::is_pod;
use crate::runner::Runner;
use crate::scheme::{CheckUrl, ParseError, quoted};

/// A report that is missing should be seen within a second or so, and to look costs nothing.
const PUSH_PERIOD: Duration = Duration::from_secs(1);

/// One check of one container, and the probes that it answers for.
pub struct Job {
    pub container: String,
    /// Unique within the container.
    pub label: String,
    /// In the order of `Probe::ALL`.
    pub probes: [bool; 3],
    /// Whether the check was found rather than written.
    pub guess: bool,
    /// Whether it asks a port or socket of the Pod itself.
    pub is_local: bool,
    pub runner: Runner,
    pub period: Duration,
    pub timeout: Duration,
    /// How old a result may be: three periods of its container.
    pub stale_after: Duration,
}

/// The jobs of all sections, in the order in which they were written.
pub fn plan(sections: Vec<Section>, roots: &HostRoots) -> Result<Vec<Job>, ParseError> {
    let mut jobs = Vec::new();
    for section in sections {
        jobs.extend(plan_section(section, roots)?);
    }
    Ok(jobs)
}

fn plan_section(section: Section, roots: &HostRoots) -> Result<Vec<Job>, ParseError> {
    let mut jobs: Vec<Job> = Vec::new();
    for (check, probes) in distinct(&section)? {
        let named = !check.name.is_empty() || check.scheme == "push";
        let push = check.scheme == "push";
        let is_local = asks_pod(&check);
        let runner = Runner::new(check, roots)?;
        let label = match free_label(&runner.label, &jobs) {
            label if named && label != runner.label => return Err(same_name(&runner.label)),
            label => label,
        };
        jobs.push(Job {
            container: section.container.clone(),
            label,
            probes,
            guess: section.guess,
            is_local,
            runner,
            period: if push { section.period.min(PUSH_PERIOD) } else { section.period },
            timeout: section.timeout,
            stale_after: section.period * 3,
        });
    }
    Ok(jobs)
}

/// Whether nobody listens there once the containers of the Pod have ended.
fn asks_pod(check: &CheckUrl) -> bool {
    let host = check.host.as_str();
    let loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let here = host.is_empty() || host == "localhost" || is_pod(host) || loopback;
    here && check.port.is_some() || !check.socket.is_empty()
}

/// The checks of a section without repetitions, each with its probes.
fn distinct(section: &Section) -> Result<Vec<(CheckUrl, [bool; 3])>, ParseError> {
    let mut checks: Vec<(CheckUrl, [bool; 3])> = Vec::new();
    let shared = section.shared.iter().map(|check| (check, section.own.each_ref().map(Vec::is_empty)));
    let own = section.own.iter().enumerate().flat_map(|(index, checks)| {
        let probes: [bool; Probe::ALL.len()] = std::array::from_fn(|probe| probe == index);
        checks.iter().map(move |check| (check, probes))
    });
    for (check, probes) in shared.chain(own) {
        if probes == [false; 3] {
            let shown = quoted(&check.text);
            return Err(ParseError(format!(
                "check {shown} is for no probe, expected one without a check of its own"
            )));
        }
        match checks.iter_mut().find(|(known, _)| known.text == check.text) {
            Some((_, known)) => known.iter_mut().zip(probes).for_each(|(known, probe)| *known |= probe),
            None => checks.push((check.clone(), probes)),
        }
    }
    Ok(checks)
}

/// Two series of one metric must not have the same labels.
fn free_label(wanted: &str, taken: &[Job]) -> String {
    let is_free = |label: &str| taken.iter().all(|job| job.label != label);
    let numbered = (2..).map(|number| format!("{wanted} #{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|label| is_free(label)).unwrap_or_default()
}

fn same_name(name: &str) -> ParseError {
    ParseError(format!("name is {} for two checks of a container, expected a name for each", quoted(name)))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Command, parse};

    fn planned(line: &str) -> Result<Vec<Job>, ParseError> {
        match parse(format!("serve {line}").split(' ').map(OsString::from))? {
            Command::Serve(serve) => plan(serve.sections, &serve.roots),
            _ => panic!("another command"),
        }
    }

    fn shown(line: &str) -> Vec<(String, [bool; 3])> {
        planned(line).unwrap().into_iter().map(|job| (job.container + "/" + &job.label, job.probes)).collect()
    }

    #[test]
    fn a_positional_check_serves_the_probes_without_their_own() {
        let expected = [
            ("/tcp 127.0.0.1:1".into(), [false, true, true]),
            ("/tcp 127.0.0.1:2".into(), [true, false, false]),
        ];
        assert_eq!(shown("tcp://:1 --liveness tcp://:2"), expected);
    }

    #[test]
    fn the_same_text_runs_once_a_container() {
        let line = "--container a --liveness tcp://:1 --startup tcp://:1 --container b tcp://:1";
        let expected =
            [("a/tcp 127.0.0.1:1".into(), [true, false, true]), ("b/tcp 127.0.0.1:1".into(), [true; 3])];
        assert_eq!(shown(line), expected);
    }

    #[test]
    fn labels_are_unique() {
        let labels: Vec<_> =
            shown("exec:a exec:a\tb exec:a\tc").into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["/exec a", "/exec a #2", "/exec a #3"]);
    }

    #[test]
    fn one_name_for_two_checks_is_refused() {
        let error = planned("x=tcp://:1 x=tcp://:2").err().unwrap();
        assert_eq!(error.0, "name is \"x\" for two checks of a container, expected a name for each");
        assert!(planned("push: push:?max-age=1s").is_err());
        assert!(planned("--container a push: --container b push:").is_ok());
    }

    #[test]
    fn a_check_that_answers_no_probe_is_refused() {
        let line = "tcp://:1 --liveness tcp://:2 --readiness tcp://:2 --startup tcp://:2";
        assert!(planned(line).is_err_and(|error| error.0.starts_with("check \"tcp://:1\" is for no probe")));
    }
}
