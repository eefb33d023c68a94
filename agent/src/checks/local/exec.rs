//! `exec:`: a program exits with 0. No shell; nothing of it outlives the run, and it does not outlive the agent.

use std::ffi::OsStr;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::offspring::{MARK, Offspring};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::scheme::{CheckUrl, ParseError, Scheme, Target};
use crate::sys::{process, wait_readable};

pub const SCHEME: Scheme =
    Scheme { scheme: "exec", summary: "A program exits with 0", target: Target::Command, ..Scheme::BARE };

/// The bytes of output that may become the reason; the rest is read and dropped, so that the program never blocks on it.
const KEPT_OUTPUT: usize = 800;

/// How long a program that has closed its output, or left it to a child, goes unnoticed at most.
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// Runs a program with the agent's own environment; what it prints gives the reason.
pub struct Exec {
    command: Vec<String>,
}

impl Exec {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { command: url.command.clone() })
    }
}

/// A program that runs, in a process group of its own.
pub struct Program {
    child: Child,
    output: PipeReader,
    offspring: Offspring,
}

impl Program {
    /// One pipe for both outputs keeps their order.
    pub fn start<T: AsRef<OsStr>>(command: &[T]) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let (output, writer) = io::pipe()?;
        let mut offspring = Offspring::expect();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env(MARK, offspring.mark())
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        process::end_with_us(&mut command);
        let child = command.spawn()?;
        offspring.started(child.id());
        Ok(Self { child, output, offspring })
    }

    /// Waits until it has ended or has to; what it printed, at most `limit` bytes, and nothing of it is left.
    pub fn end(mut self, limit: usize, deadline: Deadline) -> io::Result<(ExitStatus, Vec<u8>)> {
        let mut kept = Vec::new();
        let ended = watch(&self.child, self.output, &mut kept, limit, deadline);
        // The leader is not reaped yet, so its number cannot belong to another group.
        process::kill_group(self.child.id());
        let status = self.child.wait();
        drop(self.offspring);
        ended.and(status).map(|status| (status, kept))
    }
}

impl Check for Exec {
    fn run(&self, deadline: Deadline) -> Outcome {
        match Program::start(&self.command).map(|program| program.end(KEPT_OUTPUT, deadline)) {
            Ok(Ok((status, output))) => judge(status, &output),
            Ok(Err(error)) => error.into(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Outcome::fail(Cause::Connect, format!("cannot run: {error}"))
            }
            // No process, no descriptor, no right to run it: that says nothing of the application.
            Err(error) => Outcome::alive(Cause::Protocol, format!("cannot run: {error}")),
        }
    }
}

/// Reads until the program itself has ended, even if another process still holds its output: a daemon left behind must not hang the check.
fn watch(
    child: &Child,
    mut output: PipeReader,
    kept: &mut Vec<u8>,
    limit: usize,
    deadline: Deadline,
) -> io::Result<()> {
    let mut nap = Duration::from_millis(1);
    let mut open = true;
    let mut buffer = [0; 1024];
    loop {
        let left = deadline.remaining()?;
        if !open {
            std::thread::sleep(nap.min(left));
        } else if wait_readable(output.as_fd(), nap.min(left))? {
            let count = output.read(&mut buffer)?;
            open = count > 0;
            let room = limit.saturating_sub(kept.len()).min(count);
            kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
            if open {
                continue;
            }
        }
        if process::has_ended(child.id())? {
            return Ok(());
        }
        nap = (nap * 2).min(LONGEST_NAP);
    }
}

fn judge(status: ExitStatus, output: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(output);
    let said = text.lines().map(str::trim).find(|line| !line.is_empty());
    let ended = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    };
    match (status.success(), said) {
        (true, said) => Outcome::pass(said.unwrap_or(&ended)),
        (false, None) => Outcome::fail(Cause::Unhealthy, ended),
        (false, Some(said)) => Outcome::fail(Cause::Unhealthy, format!("{ended}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::check::Verdict;

    fn run(command: &[&str], timeout: u64) -> Outcome {
        let check = CheckUrl {
            command: command.iter().map(|&word| word.to_owned()).collect(),
            ..CheckUrl::default()
        };
        Exec::from_url(&check).unwrap().run(Deadline::after(Duration::from_millis(timeout)))
    }

    #[test]
    fn the_exit_code_decides_and_the_output_gives_the_reason() {
        assert_eq!(run(&["true"], 5000), Outcome::pass("exit code 0"));
        assert_eq!(run(&["sh", "-c", "echo; echo fine"], 5000), Outcome::pass("fine"));
        let broken = run(&["sh", "-c", "echo broken >&2; exit 7"], 5000);
        assert_eq!(broken, Outcome::fail(Cause::Unhealthy, "exit code 7: broken"));
        let killed = run(&["sh", "-c", "kill -9 $$"], 5000);
        assert_eq!(killed, Outcome::fail(Cause::Unhealthy, "killed by signal 9"));
    }

    #[test]
    fn a_program_that_is_not_there_is_no_connection() {
        let outcome = run(&["/no/such/program"], 5000);
        assert_eq!(outcome.cause, Some(Cause::Connect));
        assert!(outcome.reason.starts_with("cannot run: No such file"), "{}", outcome.reason);
    }

    #[test]
    fn a_program_that_may_not_be_run_says_nothing_of_the_application() {
        for path in ["/etc/passwd", "/tmp"] {
            let outcome = run(&[path], 5000);
            assert_eq!(
                (outcome.verdict, outcome.cause),
                (Verdict::Alive, Some(Cause::Protocol)),
                "{outcome:?}"
            );
            assert!(outcome.reason.starts_with("cannot run: "), "{outcome:?}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let started = Instant::now();
        let outcome = run(&["sh", "-c", "sleep 87.5 & sleep 87.5; true"], 200);
        assert_eq!(outcome.cause, Some(Cause::Timeout));
        assert!(started.elapsed() < Duration::from_secs(5));
        let left = Command::new("pgrep").args(["-f", "^sleep 87.5"]).output();
        assert!(left.is_err() || left.is_ok_and(|output| output.stdout.is_empty()));
    }

    /// The processes whose command line is this.
    fn left(line: &str) -> String {
        let found = Command::new("pgrep").args(["-fx", line]).output().unwrap();
        String::from_utf8_lossy(&found.stdout).into_owned()
    }

    #[test]
    fn what_leaves_the_process_group_is_ended_too() {
        let passes = run(&["sh", "-c", "setsid sleep 87.1 & exit 0"], 5000);
        assert_eq!(passes, Outcome::pass("exit code 0"));
        assert_eq!(left("sleep 87.1"), "");
        let deep = "setsid sh -c 'setsid sh -c \"sleep 87.2; true\"; true' & sleep 9";
        assert_eq!(run(&["sh", "-c", deep], 300).cause, Some(Cause::Timeout));
        assert_eq!(left("sleep 87.2"), "");
    }

    #[test]
    fn an_end_of_one_run_leaves_the_others_alone() {
        let slow = std::thread::spawn(|| run(&["sh", "-c", "setsid sleep 0.6; echo slept"], 9000));
        for _ in 0..20 {
            assert_eq!(run(&["sh", "-c", "setsid sleep 0.01 & exit 0"], 9000).verdict, Verdict::Pass);
        }
        assert_eq!(slow.join().unwrap(), Outcome::pass("slept"));
    }

    #[test]
    fn a_child_that_keeps_the_output_open_does_not_hold_the_check() {
        let started = Instant::now();
        assert_eq!(run(&["sh", "-c", "sleep 88 & echo up"], 10_000), Outcome::pass("up"));
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_program_that_closes_its_output_early_is_still_waited_for() {
        assert_eq!(run(&["sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 3"], 5000).verdict, Verdict::Fail);
    }

    #[test]
    fn a_flood_of_output_does_not_block_the_program() {
        let outcome = run(&["sh", "-c", "echo first; head -c 3000000 /dev/zero; exit 0"], 9000);
        assert_eq!(outcome, Outcome::pass("first"));
    }
}
