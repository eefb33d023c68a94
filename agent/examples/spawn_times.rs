//! Times whole processes for `npm run bench`: `spawn_times RUNS COMMAND... [-- COMMAND...]...`, the commands in turns.
//! Prints a line a command: the median and the 99th percentile of the wall time in microseconds, and the median of the
//! page faults that needed no disk. Node cannot do this: it takes longer to start a process than the process to run.

use std::env;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let Some((runs, rest)) = words.split_first() else { return ExitCode::from(64) };
    let Ok(runs) = runs.parse::<usize>() else { return ExitCode::from(64) };
    let commands: Vec<&[String]> = rest.split(|word| word == "--").collect();
    let mut samples = vec![Vec::with_capacity(runs); commands.len()];
    for _ in 0..runs {
        for (command, samples) in commands.iter().zip(&mut samples) {
            match time(command) {
                Ok(sample) => samples.push(sample),
                Err(error) => {
                    eprintln!("{}: {error}", command.join(" "));
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    for samples in samples {
        let mut walls: Vec<u128> = samples.iter().map(|(wall, _)| *wall).collect();
        let mut faults: Vec<i64> = samples.iter().map(|(_, faults)| *faults).collect();
        walls.sort_unstable();
        faults.sort_unstable();
        println!("{} {} {}", walls[walls.len() / 2], walls[walls.len() * 99 / 100], faults[faults.len() / 2]);
    }
    ExitCode::SUCCESS
}

fn time(command: &[String]) -> io::Result<(u128, i64)> {
    let (program, arguments) = command.split_first().ok_or(ErrorKind::InvalidInput)?;
    let start = Instant::now();
    let child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let pid = libc::pid_t::try_from(child.id()).map_err(|_| ErrorKind::InvalidData)?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are valid for writing, and the child is waited for nowhere else.
    if unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) } != pid {
        return Err(io::Error::last_os_error());
    }
    let wall = start.elapsed().as_micros();
    if status != 0 {
        return Err(io::Error::other(format!("status {status}")));
    }
    // SAFETY: it was zeroed, which is a valid rusage, before wait4 filled it.
    let usage = unsafe { usage.assume_init() };
    Ok((wall, usage.ru_minflt))
}
