//! A check with its name, and one run of it whose reason is safe to show.

use std::env;
use std::time::{Duration, Instant};

use crate::check::{Cause, Check, Deadline, HostRoots, Outcome, Verdict};
use crate::line;
use crate::net::auth::source::FILE_LIMIT;
use crate::net::io::files;
use crate::registry;
use crate::scheme::{CheckUrl, ParseError, format_duration, parse_duration};

/// The most characters of a reason; with the check's label it fits into the 200 of a line.
const LONGEST_REASON: usize = 160;

/// A check that can be run, with a label for messages; its label holds no login and no argument of a command.
pub struct Runner {
    pub label: String,
    url: CheckUrl,
    check: Box<dyn Check>,
    /// What passes later than this is only alive.
    max_time: Option<Duration>,
}

/// One run: what came out, and how long it took.
#[derive(Clone, Debug)]
pub struct Run {
    pub outcome: Outcome,
    pub took: Duration,
}

impl Runner {
    /// Refuses a check that its scheme cannot run.
    pub fn new(url: CheckUrl, roots: &HostRoots) -> Result<Self, ParseError> {
        let check = registry::check_of(&url, roots)?;
        let max_time = url.option("max-time").and_then(parse_duration);
        Ok(Self { label: label(&url), url, check, max_time })
    }

    /// Runs the check; `timeout` is what the deadline was made of, for the reason.
    pub fn run(&self, deadline: Deadline, timeout: Duration) -> Run {
        let started = Instant::now();
        let mut outcome = self.check.run(deadline);
        let took = started.elapsed();
        if outcome.cause == Some(Cause::Timeout) && outcome.reason.ends_with("timed out") {
            outcome.reason.push_str(&format!(" after {}", format_duration(timeout)));
        }
        if let Some(most) = self.max_time.filter(|most| outcome.verdict == Verdict::Pass && took > *most) {
            outcome = late(&outcome, took, most);
        }
        outcome.reason = line::clean(&line::mask(&outcome.reason, &self.secrets()), LONGEST_REASON);
        Run { outcome, took }
    }

    /// Passes a report of the application on to a push check.
    pub fn report(&self) {
        self.check.report();
    }

    /// The name under which the application reports in, if this is a push check.
    pub fn push_name(&self) -> Option<&str> {
        (self.url.scheme == "push").then_some(self.label.as_str())
    }

    /// What a server could echo: the values behind the login. Read anew each time, since files are rotated.
    fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<_> = self.url.env.iter().filter_map(|name| env::var(name).ok()).collect();
        for path in self.url.options.iter().filter(|(name, _)| holds_secret(name)).map(|(_, path)| path) {
            let text = files::read(path, FILE_LIMIT).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            secrets.extend(text.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        // Of credentials each line is one.
        let credentials = secrets.iter().filter(|text| text.contains('\n'));
        let lines: Vec<_> = credentials.flat_map(|text| text.lines().map(str::to_owned)).collect();
        secrets.extend(lines);
        secrets
    }
}

/// The outcome of what passed, but too late to be ready.
fn late(outcome: &Outcome, took: Duration, most: Duration) -> Outcome {
    let (took, most) = (milliseconds(took), format_duration(most));
    Outcome::alive(
        Cause::Timeout,
        format!("answered after {took}, expected within {most}: {}", outcome.reason),
    )
}

/// Whether an option names a file that holds a secret.
fn holds_secret(option: &str) -> bool {
    matches!(option, "creds-file" | "nkey-file" | "password-file" | "token-file")
        || option.starts_with("header-file.")
}

/// The check's name, or its scheme and whom it asks.
fn label(url: &CheckUrl) -> String {
    let host = match url.host.as_str() {
        "" => "127.0.0.1".to_owned(),
        address if address.contains(':') => format!("[{address}]"),
        name => name.to_owned(),
    };
    let whom = match (url.port, url.command.first(), url.files.first()) {
        _ if !url.socket.is_empty() => url.socket.clone(),
        (Some(port), ..) => format!("{host}:{port}"),
        (None, Some(program), _) => program.clone(),
        (None, None, Some(file)) => file.clone(),
        (None, None, None) => url.path.clone(),
    };
    match url.name.as_str() {
        "" => line::clean(&format!("{} {whom}", url.scheme), 80),
        name => name.to_owned(),
    }
}

/// A latency as it is shown, to a tenth of a millisecond.
pub fn milliseconds(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;

    use super::*;
    use crate::net::test_server::{server, soon};
    use crate::registry::SCHEMES;
    use crate::scheme::parse;

    fn labelled(text: &str) -> String {
        label(&parse(text, SCHEMES).unwrap())
    }

    #[test]
    fn a_label_says_whom_and_hides_how() {
        assert_eq!(labelled("tcp://:80"), "tcp 127.0.0.1:80");
        assert_eq!(labelled("tcp://[::1]:80"), "tcp [::1]:80");
        assert_eq!(labelled("exec:redis-cli -a secret ping"), "exec redis-cli");
        assert_eq!(labelled("file:///tmp/a%20b"), "file /tmp/a b");
        assert_eq!(labelled("redis:///run/redis.sock"), "redis /run/redis.sock");
        assert_eq!(labelled("process:///usr/sbin/nginx"), "process /usr/sbin/nginx");
        assert_eq!(labelled("push:"), "push");
        assert_eq!(labelled("cache=tcp://:80"), "cache");
    }

    #[test]
    fn a_reason_is_one_clean_line() {
        let check = parse("exec:printf 'a\\033[31mb'", SCHEMES).unwrap();
        let runner = Runner::new(check, &HostRoots::default()).unwrap();
        let timeout = Duration::from_secs(5);
        assert_eq!(runner.run(Deadline::after(timeout), timeout).outcome, Outcome::pass("a?[31mb"));
    }

    #[test]
    fn what_passes_late_is_alive_and_what_fails_late_fails() {
        let slow = |answer: &'static [u8]| {
            server(move |mut stream| {
                thread::sleep(Duration::from_millis(60));
                let _ = stream.write_all(answer);
            })
        };
        let run = |answer, limit: &str| {
            let text = format!("http://:{}/?max-time={limit}", slow(answer));
            let runner = Runner::new(parse(&text, SCHEMES).unwrap(), &HostRoots::default()).unwrap();
            runner.run(soon(), Duration::from_secs(5)).outcome
        };
        let well: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
        let late = run(well, "50ms");
        assert_eq!((late.verdict, late.cause), (Verdict::Alive, Some(Cause::Timeout)));
        assert!(
            late.reason.starts_with("answered after ")
                && late.reason.ends_with(" ms, expected within 50ms: status 200 OK")
        );
        assert_eq!(run(well, "4s"), Outcome::pass("status 200 OK"));
        let sick = run(b"HTTP/1.1 500 Sorry\r\n\r\n", "50ms");
        assert_eq!(sick, Outcome::fail(Cause::Unhealthy, "status 500 Sorry"));
    }

    #[test]
    fn a_time_out_says_after_how_long() {
        let runner = Runner::new(parse("exec:sleep 9", SCHEMES).unwrap(), &HostRoots::default()).unwrap();
        let timeout = Duration::from_millis(50);
        let run = runner.run(Deadline::after(timeout), timeout);
        assert_eq!(run.outcome, Outcome::fail(Cause::Timeout, "timed out after 50ms"));
    }
}
