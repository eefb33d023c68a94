//! Times whole processes for `npm run bench`: `spawn_times RUNS COMMAND... [-- COMMAND...]...`, the commands in turns.
//! Prints a line a command: the median and the 99th percentile of the wall time and the median of the processor time in
//! microseconds, and the medians of the page faults that needed no disk and of the largest resident size in KiB. Node
//! cannot do this: it takes longer to start a process than the process to run.

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
    let mut samples: Vec<Vec<Sample>> = commands.iter().map(|_| Vec::with_capacity(runs)).collect();
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
        let walls = sorted(&samples, |sample| sample.wall_us);
        let median = |field: fn(&Sample) -> i64| sorted(&samples, field)[samples.len() / 2];
        println!(
            "{} {} {} {} {}",
            walls[walls.len() / 2],
            walls[walls.len() * 99 / 100],
            median(|sample| sample.processor_us),
            median(|sample| sample.faults),
            median(|sample| sample.resident_kib),
        );
    }
    ExitCode::SUCCESS
}

struct Sample {
    wall_us: i64,
    processor_us: i64,
    faults: i64,
    resident_kib: i64,
}

fn sorted(samples: &[Sample], field: fn(&Sample) -> i64) -> Vec<i64> {
    let mut values: Vec<i64> = samples.iter().map(field).collect();
    values.sort_unstable();
    values
}

fn time(command: &[String]) -> io::Result<Sample> {
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
    let wall_us = i64::try_from(start.elapsed().as_micros()).map_err(|_| ErrorKind::InvalidData)?;
    if status != 0 {
        return Err(io::Error::other(format!("status {status}")));
    }
    // SAFETY: it was zeroed, which is a valid rusage, before wait4 filled it.
    let usage = unsafe { usage.assume_init() };
    let microseconds = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    Ok(Sample {
        wall_us,
        processor_us: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        faults: usage.ru_minflt,
        resident_kib: usage.ru_maxrss,
    })
}
