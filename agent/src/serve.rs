//! `serve`: a thread for every check, and the main thread for the kubelet's questions.

mod answering;
mod connection;
mod endpoints;
mod filter;
#[cfg(test)]
mod fixture;
mod gate;
mod guess;
mod holding;
mod listener;
mod log;
mod metrics;
mod moving;
mod pages;
mod peers;
mod plan;
mod probe;
mod request;
mod response;
mod schedule;
mod server;
mod state;
mod trial;
mod worker;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::{Bind, EX_USAGE, Serve};
use crate::hold::HoldFile;
use crate::sys;
use holding::Holding;
use moving::Moving;
use probe::{Asking, Pool};
use server::Server;
use trial::Asked;
use worker::Shared;

/// How it answers.
struct Answers {
    drain: Duration,
    verbose: bool,
    hold: Option<HoldFile>,
    moving: Moving,
}

pub use pages::forget_the_start;

/// Serves until SIGTERM or SIGINT; exits with 0 after an orderly end, 1 if it cannot start.
pub fn run(command: Serve) -> ExitCode {
    sys::share_one_heap();
    let asked = command.trial.then(|| command.sections.iter().map(Asked::of).collect());
    let jobs = match plan::plan(command.sections, &command.roots) {
        Ok(jobs) => jobs,
        Err(error) => {
            drop(io::stderr().write_all(format!("{}\n", error.0).as_bytes()));
            return ExitCode::from(EX_USAGE);
        }
    };
    let probes = Pool::new(command.modules).map(Asking::new);
    let Serve { drain, verbose, hold, move_ready, .. } = command;
    let answers = Answers { drain, verbose, hold, moving: Moving(move_ready) };
    match probes.and_then(|asking| serve(command.bind, answers, Shared::new(jobs, asked), asking)) {
        Ok(()) => {
            log::write("info", &[("msg", "stopped")]);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let address = listener::shown(command.bind);
            log::write(
                "error",
                &[("msg", "cannot serve"), ("address", &address), ("reason", &error.to_string())],
            );
            ExitCode::FAILURE
        }
    }
}

fn serve(bind: Bind, answers: Answers, shared: Shared, asking: Asking) -> io::Result<()> {
    let signals = sys::termination_signals()?;
    let listeners = listener::listen(bind)?;
    let shared = Arc::new(shared);
    let checks = shared.jobs.len().to_string();
    for listener in &listeners {
        let address = listener.local_addr()?.to_string();
        log::write("info", &[("msg", "listening"), ("address", &address), ("checks", &checks)]);
    }
    worker::start(&shared)?;
    let Answers { drain, verbose, hold, moving } = answers;
    Server::new(shared, asking, listeners, signals, (drain, verbose, Holding::new(hold), moving)).run()
}
