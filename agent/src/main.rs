//! health-probe: asks a program whether it is well, in the program's own protocol.

#![cfg_attr(fuzzing, no_main)]

mod check;
mod checks;
mod cli;
#[cfg(fuzzing)]
#[path = "../fuzz/target.rs"]
mod fuzz;
mod hold;
mod left_file;
mod line;
mod net;
mod registry;
mod runner;
mod scheme;
mod sensors;
mod serve;
mod sys;
mod time;
mod version;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use cli::{Command, EX_USAGE};

#[cfg(not(fuzzing))]
fn main() -> ExitCode {
    // A server is mapped in small parts from the first step on: its memory at most is what its start takes.
    if env::args_os().nth(1).is_some_and(|command| command == "serve") {
        serve::forget_the_start();
    }
    match cli::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(command)) => serve::run(command),
        Ok(Command::Check(command)) => cli::check::run(&command),
        Ok(Command::Install(directory)) => cli::install::run(&directory),
        Ok(Command::Print(text)) => {
            drop(io::stdout().write_all(text.as_bytes()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            drop(io::stderr().write_all(format!("{}\n", error.0).as_bytes()));
            ExitCode::from(EX_USAGE)
        }
    }
}
