//! `/metrics` in the OpenMetrics text format 1.0.

use std::collections::BTreeMap;
use std::time::{Instant, UNIX_EPOCH};

use super::holding::Held;
use super::response::Response;
use super::state::{CheckState, Last, State, VERDICTS};
use super::trial::{Container, Trial};
use crate::check::Probe;
use crate::version::VERSION;

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How many requests were answered, by endpoint and status; both come from closed lists, so it cannot grow.
#[derive(Default)]
pub struct Requests {
    answered: BTreeMap<(&'static str, u16), u64>,
    dropped: BTreeMap<&'static str, u64>,
}

impl Requests {
    /// Counts one answer.
    pub fn count(&mut self, class: &'static str, status: u16) {
        *self.answered.entry((class, status)).or_default() += 1;
    }

    /// Counts a connection that was dropped in favour of others.
    pub fn drop_connection(&mut self, reason: &'static str) {
        *self.dropped.entry(reason).or_default() += 1;
    }
}

/// What is true beside the checks at the time of an answer.
pub struct Moment<'a> {
    pub held: Held<'a>,
    /// Where no kubelet asks, what would have followed.
    pub trial: Option<&'a Trial>,
    pub now: Instant,
}

/// All metrics; a check is known by its container and label, never by its text.
pub fn render(state: &State, requests: &Requests, moment: &Moment) -> Response {
    let Moment { held, trial, now } = *moment;
    let mut text = String::new();
    family(&mut text, "health_probe_build", "info", "The version of the agent.");
    sample(&mut text, "health_probe_build_info", &[("version", VERSION)], "1");
    family(
        &mut text,
        "health_probe_check_verdict",
        "gauge",
        "1 for the last verdict of a check, 0 for the others.",
    );
    for (entry, last) in finished(state) {
        for verdict in VERDICTS {
            let is = if last.outcome.verdict == verdict { "1" } else { "0" };
            sample(
                &mut text,
                "health_probe_check_verdict",
                &labels(entry, Some(("verdict", verdict.word()))),
                is,
            );
        }
    }
    let name = "health_probe_check_unproven";
    let help = "1 for a check that was found rather than written and has not passed in its container's life, 0 once it has.";
    family(&mut text, name, "gauge", help);
    for entry in state.entries.iter().filter(|entry| entry.guess.is_some()) {
        sample(&mut text, name, &labels(entry, None), if entry.is_unproven() { "1" } else { "0" });
    }
    if held.is_possible {
        let name = "health_probe_hold";
        family(&mut text, name, "gauge", "1 for a probe that holds whatever its checks say, 0 otherwise.");
        for probe in [Probe::Liveness, Probe::Readiness] {
            let is = if held.sentence(probe).is_some() { "1" } else { "0" };
            sample(&mut text, name, &[("probe", probe.word())], is);
        }
    }
    family(&mut text, "health_probe_checks", "counter", "Runs of a check, by how they ended.");
    for entry in &state.entries {
        for (verdict, count) in VERDICTS.iter().zip(entry.counts) {
            let labels = labels(entry, Some(("verdict", verdict.word())));
            sample(&mut text, "health_probe_checks_total", &labels, &count.to_string());
        }
    }
    let name = "health_probe_check_duration_seconds";
    family(&mut text, name, "gauge", "How long the last run of a check took.");
    for (entry, last) in finished(state) {
        sample(&mut text, name, &labels(entry, None), &format!("{:.6}", last.took.as_secs_f64()));
    }
    let name = "health_probe_check_last_run_timestamp_seconds";
    family(&mut text, name, "gauge", "When the last run of a check ended.");
    for (entry, last) in finished(state) {
        let time = last.ended_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        sample(&mut text, name, &labels(entry, None), &format!("{time:.3}"));
    }
    if let Some(trial) = trial {
        tried(&mut text, state, trial, trial.elapsed(now));
    }
    family(&mut text, "health_probe_http_requests", "counter", "Requests answered.");
    for ((class, status), count) in &requests.answered {
        let labels = [("path", *class), ("code", &status.to_string())];
        sample(&mut text, "health_probe_http_requests_total", &labels, &count.to_string());
    }
    let name = "health_probe_http_connections_dropped";
    family(
        &mut text,
        name,
        "counter",
        "Connections dropped in favour of others, without those that the kernel dropped.",
    );
    for (reason, count) in &requests.dropped {
        sample(&mut text, &format!("{name}_total"), &[("reason", reason)], &count.to_string());
    }
    text.push_str("# EOF\n");
    Response::of(200, text, CONTENT_TYPE)
}

/// What a trial has counted.
fn tried(text: &mut String, state: &State, trial: &Trial, now: u64) {
    let name = "health_probe_trial_restarts";
    family(text, name, "counter", "Restarts that a check would have caused, by liveness or by startup.");
    for (entry, tally) in state.entries.iter().zip(&trial.tallies) {
        sample(text, "health_probe_trial_restarts_total", &labels(entry, None), &tally.restarts.to_string());
    }
    let name = "health_probe_trial_unready_seconds";
    family(text, name, "counter", "How long a container would not have been ready after it once was.");
    for Container { name, prober, .. } in &trial.containers {
        let seconds = (prober.unready(now).0 / 1000).to_string();
        let of = [("checked_container", name.as_str())];
        sample(text, "health_probe_trial_unready_seconds_total", &of, &seconds);
    }
    let name = "health_probe_trial_duration_seconds";
    family(text, name, "histogram", "How long the runs of a check took that had an answer.");
    for (entry, tally) in state.entries.iter().zip(&trial.tallies) {
        for (bound, count) in tally.cumulative().into_iter().chain([("+Inf", tally.answers)]) {
            let of = labels(entry, Some(("le", bound)));
            sample(text, "health_probe_trial_duration_seconds_bucket", &of, &count.to_string());
        }
        let of = labels(entry, None);
        sample(text, "health_probe_trial_duration_seconds_count", &of, &tally.answers.to_string());
        let sum = format!("{:.6}", tally.sum.as_secs_f64());
        sample(text, "health_probe_trial_duration_seconds_sum", &of, &sum);
    }
}

fn finished(state: &State) -> impl Iterator<Item = (&CheckState, &Last)> {
    state.entries.iter().filter_map(|entry| Some((entry, entry.last.as_ref()?)))
}

fn labels<'a>(entry: &'a CheckState, more: Option<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    [("checked_container", entry.container.as_str()), ("check", entry.label.as_str())]
        .into_iter()
        .chain(more)
        .collect()
}

/// What a family of metrics is.
pub fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    text.push_str(&format!("# TYPE {name} {kind}\n"));
    if name.ends_with("_seconds") {
        text.push_str(&format!("# UNIT {name} seconds\n"));
    }
    text.push_str(&format!("# HELP {name} {help}\n"));
}

/// One sample of a family.
pub fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    let labels: Vec<_> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    text.push_str(&format!("{name}{{{}}} {value}\n", labels.join(",")));
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::Outcome;
    use crate::serve::fixture::{jobs, run};
    use crate::serve::holding::NO_HOLD;

    fn untried() -> Moment<'static> {
        Moment { held: NO_HOLD, trial: None, now: Instant::now() }
    }

    #[test]
    fn every_sample_of_a_check_is_there_and_the_text_has_an_end() {
        let mut state = State::new(&jobs("--container web exec:a"), Instant::now());
        state.entries[0].label = "exec a\"b".into();
        let ended = UNIX_EPOCH + Duration::from_millis(1_500);
        state.finish(0, run(Outcome::pass("")), Instant::now(), ended);
        let mut requests = Requests::default();
        requests.count("livez", 200);
        requests.count("livez", 200);
        requests.drop_connection("rate");
        let response = render(&state, &requests, &untried());
        assert_eq!(response.content_type, CONTENT_TYPE);
        let lines: Vec<_> = response.body.lines().collect();
        let of = r#"checked_container="web",check="exec a\"b""#;
        for expected in [
            format!("health_probe_build_info{{version=\"{VERSION}\"}} 1"),
            format!("health_probe_check_verdict{{{of},verdict=\"pass\"}} 1"),
            format!("health_probe_check_verdict{{{of},verdict=\"fail\"}} 0"),
            format!("health_probe_checks_total{{{of},verdict=\"pass\"}} 1"),
            format!("health_probe_check_duration_seconds{{{of}}} 0.000500"),
            format!("health_probe_check_last_run_timestamp_seconds{{{of}}} 1.500"),
            "health_probe_http_requests_total{path=\"livez\",code=\"200\"} 2".to_owned(),
            "health_probe_http_connections_dropped_total{reason=\"rate\"} 1".to_owned(),
        ] {
            assert!(lines.contains(&expected.as_str()), "{expected}\n{}", response.body);
        }
        assert_eq!(lines.last(), Some(&"# EOF"));
    }

    #[test]
    fn only_a_guess_is_proven_or_not() {
        let now = Instant::now();
        let mut state = State::new(&jobs("--container a --guess x=tcp://:1 --container b y=tcp://:2"), now);
        let shown = |state: &State| {
            let body = render(state, &Requests::default(), &untried()).body;
            body.lines().filter(|line| line.starts_with("health_probe_check_unproven{")).collect::<String>()
        };
        let of = "health_probe_check_unproven{checked_container=\"a\",check=\"x\"}";
        assert_eq!(shown(&state), format!("{of} 1"));
        state.finish(0, run(Outcome::pass("")), now, UNIX_EPOCH);
        assert_eq!(shown(&state), format!("{of} 0"));
    }
}
