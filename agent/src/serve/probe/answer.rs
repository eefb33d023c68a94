//! What a probe found, in the names of blackbox_exporter where it has one.

use crate::check::Verdict;
use crate::runner::{Run, milliseconds};
use crate::serve::metrics::{CONTENT_TYPE, family, sample};
use crate::serve::response::Response;
use crate::serve::state::VERDICTS;

/// The metrics of one run; the reason, which holds the server's own words, only where it is asked for.
pub fn render(run: &Run, earliest_expiry: Option<i64>, with_reason: bool) -> Response {
    let mut text = String::new();
    let passed = matches!(run.outcome.verdict, Verdict::Pass | Verdict::Unknown);
    let mut gauge = |name, help, value: &str| {
        family(&mut text, name, "gauge", help);
        text.push_str(&format!("{name} {value}\n"));
    };
    gauge("probe_success", "1 if the check passed.", if passed { "1" } else { "0" });
    let took = format!("{:.6}", run.took.as_secs_f64());
    gauge("probe_duration_seconds", "How long the check took.", &took);
    if let Some(expiry) = earliest_expiry {
        let help = "When the first certificate of the server's chain expires, in seconds since 1970.";
        gauge("probe_ssl_earliest_cert_expiry", help, &expiry.to_string());
    }
    family(&mut text, "probe_verdict", "gauge", "1 for the verdict of the check, 0 for the others.");
    for verdict in VERDICTS {
        let is = if run.outcome.verdict == verdict { "1" } else { "0" };
        sample(&mut text, "probe_verdict", &[("verdict", verdict.word())], is);
    }
    text.push_str("# EOF\n");
    if with_reason {
        let (verdict, reason) = (run.outcome.verdict.word(), &run.outcome.reason);
        return Response::text(200, &format!("{verdict}, {reason}, {}\n\n{text}", milliseconds(run.took)));
    }
    Response::of(200, text, CONTENT_TYPE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Cause, Outcome};
    use crate::serve::fixture::run;

    #[test]
    fn only_a_pass_is_a_success_and_the_reason_is_told_on_request() {
        let passed = render(&run(Outcome::pass("PONG")), Some(1_900_000_000), false);
        assert_eq!((passed.status, passed.content_type), (200, CONTENT_TYPE));
        for line in [
            "probe_success 1",
            "probe_duration_seconds 0.000500",
            "probe_ssl_earliest_cert_expiry 1900000000",
            "probe_verdict{verdict=\"pass\"} 1",
            "probe_verdict{verdict=\"fail\"} 0",
        ] {
            assert!(passed.body.lines().any(|it| it == line), "{line}\n{}", passed.body);
        }
        assert!(passed.body.ends_with("\n# EOF\n") && !passed.body.contains("PONG"));
        let alive = run(Outcome::alive(Cause::Unhealthy, "LOADING"));
        let loading = render(&alive, None, true).body;
        assert!(loading.starts_with("alive, LOADING, 0.5 ms\n\n"), "{loading}");
        assert!(loading.contains("\nprobe_success 0\n") && !loading.contains("_ssl_"), "{loading}");
    }
}
