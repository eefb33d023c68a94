//! `process://`: a program runs, read from `/proc/PID` (proc_pid_stat(5), proc_pid_cmdline(5), proc_pid_exe(5)).
//!
//! Only the processes of the agent's own PID namespace are there: from a sidecar, those of a Pod that shares it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, percent_decode};

pub const SCHEME: Scheme = Scheme {
    scheme: "process",
    summary: "A process of the name, or of the program's whole path, runs; at least min-count of them",
    target: Target::Path,
    path: PathRule::Required,
    options: &[("min-count", OptionType::Integer)],
    ..Scheme::BARE
};

/// The kernel cuts the name of a command to so many bytes: `TASK_COMM_LEN` less the zero at its end.
const LONGEST_NAME: usize = 15;

/// `PATH_MAX`, in which the first argument has to end.
const LONGEST_ARGUMENT: u64 = 4096;

/// The numbers of a process and its name come before this.
const LONGEST_STAT: u64 = 1024;

/// Counts the processes of a program, without those that have ended and wait for their parent.
pub struct Process {
    wanted: Wanted,
    least: usize,
    root: PathBuf,
}

enum Wanted {
    Name(Vec<u8>),
    Path(Vec<u8>),
}

impl Process {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let path = percent_decode(&url.path).unwrap_or_default().into_bytes();
        let wanted = match path.get(1..) {
            Some(name) if !name.contains(&b'/') => Wanted::Name(name.to_vec()),
            _ => Wanted::Path(path),
        };
        let least = url.option("min-count").and_then(|count| count.parse().ok()).unwrap_or(1);
        Ok(Self { wanted, least, root: "/proc".into() })
    }

    /// Reads another proc file system, such as the node's.
    pub fn under(self, proc_root: &Path) -> Self {
        Self { root: proc_root.to_owned(), ..self }
    }

    /// Looks until there are enough: what is asked for mostly comes first, as PID 1.
    fn count(&self, deadline: Deadline) -> io::Result<Outcome> {
        let own = fs::read_link(self.root.join("self")).unwrap_or_default();
        let (mut found, mut others) = (0, false);
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            if !name.as_bytes().iter().all(u8::is_ascii_digit) || own.as_os_str() == name {
                continue;
            }
            deadline.remaining()?;
            others = true;
            if self.runs_as(&self.root.join(&name)) {
                found += 1;
                if found >= self.least {
                    break;
                }
            }
        }
        let runs =
            |count| if count == 1 { "1 process runs".to_owned() } else { format!("{count} processes run") };
        Ok(if found >= self.least {
            Outcome::pass(runs(found))
        } else if !others {
            // The check cannot be made, which says nothing of the program: no reason to restart it.
            let reason = "no process but the agent is visible: the Pod does not share its process namespace";
            Outcome::alive(Cause::Protocol, reason)
        } else if found == 0 {
            Outcome::fail(Cause::Connect, "no such process")
        } else {
            Outcome::fail(Cause::Unhealthy, format!("{}, expected at least {}", runs(found), self.least))
        })
    }

    /// A process that has gone in the meantime is none.
    fn runs_as(&self, directory: &Path) -> bool {
        let stat = read(&directory.join("stat"), LONGEST_STAT);
        let Some((name, state)) = name_and_state(&stat) else { return false };
        if b"ZXx".contains(&state) {
            return false;
        }
        let is_named = |wanted: &[u8], argument: &[u8]| {
            wanted.get(..LONGEST_NAME).unwrap_or(wanted) == name || last_segment(argument) == wanted
        };
        let argument = first_argument(directory);
        match &self.wanted {
            Wanted::Name(wanted) => is_named(wanted, &argument),
            Wanted::Path(wanted) if argument == *wanted => true,
            Wanted::Path(wanted) => match fs::read_link(directory.join("exe")) {
                Ok(link) => program(link.as_os_str().as_bytes()) == wanted,
                // The link of another user's process cannot be read: the name has to do, unless the first argument is a path.
                Err(error) => {
                    error.kind() == io::ErrorKind::PermissionDenied
                        && !argument.starts_with(b"/")
                        && is_named(last_segment(wanted), &argument)
                }
            },
        }
    }
}

impl Check for Process {
    /// Pass on enough processes; without any other than the agent's own, nothing can be said.
    fn run(&self, deadline: Deadline) -> Outcome {
        match self.count(deadline) {
            Ok(outcome) => outcome,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => error.into(),
            Err(error) => {
                Outcome::alive(Cause::Protocol, format!("cannot read {}: {error}", self.root.display()))
            }
        }
    }
}

/// At most `limit` bytes of a file that the kernel makes; none where it cannot be read.
fn read(path: &Path, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    bytes
}

/// `17 (nginx) S 1 ...`: a name may hold anything, parentheses too.
fn name_and_state(stat: &[u8]) -> Option<(&[u8], u8)> {
    let begin = stat.iter().position(|&byte| byte == b'(')? + 1;
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    Some((stat.get(begin..end)?, *stat.get(end + 2)?))
}

/// What a process was started as, by the word of who started it, or what it has put in its place.
fn first_argument(directory: &Path) -> Vec<u8> {
    let mut line = read(&directory.join("cmdline"), LONGEST_ARGUMENT);
    line.truncate(line.iter().position(|&byte| byte == 0).unwrap_or(line.len()));
    line
}

fn last_segment(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// The file that runs; one that was replaced since is the same program.
fn program(link: &[u8]) -> &[u8] {
    link.strip_suffix(b" (deleted)").unwrap_or(link)
}

#[cfg(test)]
mod tests;
