//! health-probe: asks a program whether it is well, in the program's own protocol.

#![cfg_attr(fuzzing, no_main)]

mod arguments;
mod checks;
mod deadline;
#[cfg(fuzzing)]
#[path = "../fuzz/target.rs"]
mod fuzz;
mod grammar;
mod hardware;
mod install;
mod line;
mod log;
mod net;
mod once;
mod outcome;
mod pages;
mod probe;
mod runner;
mod serve;
mod sys;
mod time;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use arguments::Command;

/// The version in `version`, in the metrics and in the proof of an installed copy.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `EX_USAGE` of sysexits.h: the kubelet counts it as a failure, and the operator reads why in the event.
const USAGE: u8 = 64;

#[cfg(not(fuzzing))]
fn main() -> ExitCode {
    match arguments::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(command)) => serve::run(command),
        Ok(Command::Check(command)) => once::run(&command),
        Ok(Command::Install(directory)) => install::run(&directory),
        Ok(Command::Print(text)) => {
            drop(io::stdout().write_all(text.as_bytes()));
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            drop(io::stderr().write_all(format!("{}\n", refusal.0).as_bytes()));
            ExitCode::from(USAGE)
        }
    }
}
