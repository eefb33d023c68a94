//! What the tests of the server share.

use std::ffi::OsString;
use std::time::Duration;

use super::plan::{Job, plan};
use crate::check::Outcome;
use crate::cli::{Command, parse};
use crate::runner::Run;

pub const SECOND: Duration = Duration::from_secs(1);

/// The jobs of a command line of `serve`.
pub fn jobs(line: &str) -> Vec<Job> {
    match parse(format!("serve {line}").split(' ').map(OsString::from)) {
        Ok(Command::Serve(serve)) => plan(serve.sections, &serve.roots).unwrap(),
        Ok(_) => panic!("another command"),
        Err(error) => panic!("{}", error.0),
    }
}

/// A run with this outcome that took half a millisecond.
pub fn run(outcome: Outcome) -> Run {
    Run { outcome, took: Duration::from_micros(500) }
}
