//! nvidia-smi, as it prints for programs. What it cannot say it says in brackets, or as a number that is none: that is
//! unknown, and never hot.

use std::io;
use std::process::ExitStatus;

pub use super::fields::Fields;
use crate::check::Deadline;
use crate::checks::local::exec::Program;
use crate::line;
use crate::scheme::quoted;
use crate::sensors::{Fails, Reading, hwmon};

/// `Field "gpu_recovery_action" is not a valid field to query.`
const UNKNOWN_FIELD: &str = "is not a valid field to query";

/// More than a machine full of GPUs prints.
const LONGEST_OUTPUT: usize = 16 * 1024;

/// From here on a count is one of the blank values of NVML and DCGM.
const BLANK: i64 = 0x7fff_fff0;

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no such program.
    Absent,
    Rows(String),
    /// It knows of no GPU.
    None,
    /// A GPU is lost, in its words.
    Lost(String),
    /// It does not know all the fields, in its words.
    Old(String),
    Unknown(String),
    /// It had to be killed.
    Blocked,
}

/// Asks, in less time than there is: who waits outside has to see that it was killed.
pub fn ask(program: &str, fields: Fields, deadline: Deadline) -> Answer {
    let Ok(left) = deadline.remaining() else { return Answer::Blocked };
    let query = format!("--query-gpu={}", fields.names().join(","));
    match Program::start(&[program, &query, "--format=csv,noheader,nounits"]) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Answer::Absent,
        Err(error) => Answer::Unknown(format!("cannot run: {error}")),
        Ok(running) => match running.end(LONGEST_OUTPUT, Deadline::after(left * 9 / 10)) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Answer::Blocked,
            Err(error) => Answer::Unknown(format!("cannot be read: {error}")),
            Ok((status, output)) => answer(status, &String::from_utf8_lossy(&output)),
        },
    }
}

/// By its exit codes 6 (nothing found) and 15 (lost), and its words. "Unknown Error" is also what a container gets that has
/// lost its devices to a `systemctl daemon-reload`, and any other container of the node would not: so it is unknown.
fn answer(status: ExitStatus, output: &str) -> Answer {
    let said = output.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing");
    let said = line::clean(said, 100);
    match (status.success(), status.code()) {
        _ if output.contains(UNKNOWN_FIELD) => {
            let shown = output.lines().find(|line| line.contains(UNKNOWN_FIELD));
            Answer::Old(shown.unwrap_or_default().to_owned())
        }
        (true, _) if output.contains("No devices were found") => Answer::None,
        (true, _) => Answer::Rows(output.to_owned()),
        (false, Some(6)) if output.contains("No devices were found") => Answer::None,
        (false, Some(15)) => Answer::Lost("lost".to_owned()),
        // The lines of the others come all the same.
        (false, _) if output.contains("GPU is lost") => Answer::Rows(output.to_owned()),
        (false, code) => Answer::Unknown(format!("ends with {}: {said}", code.unwrap_or(-1))),
    }
}

/// How many GPUs there are that are not lost, and the judged readings of all.
pub fn judge(text: &str, fields: Fields, max_milli_celsius: Option<i64>) -> (i64, Vec<Reading>) {
    let mut count = 0;
    let mut readings = vec![];
    for row in text.lines().map(str::trim).filter(|row| !row.is_empty()).take(256) {
        let cells: Vec<_> = row.split(',').map(str::trim).collect();
        let gpu = match cells.first() {
            Some(index) if cells.len() >= 4 && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("gpu{index}")
            }
            _ => "gpu".to_owned(),
        };
        if is_lost(row) {
            readings.push(Reading::word(&gpu, "lost", "present"));
            continue;
        }
        let [_, temperature, slowdown, errors, rest @ ..] = cells.as_slice() else {
            readings.push(Reading::unknown("nvidia-smi", format!("says {}", quoted(&line::clean(row, 80)))));
            continue;
        };
        count += 1;
        readings.push(match max_milli_celsius {
            Some(limit) => heat(&gpu, temperature, limit),
            None => slowed(&format!("{gpu} hw_thermal_slowdown"), slowdown),
        });
        readings.extend(uncorrected(&format!("{gpu} uncorrected errors"), errors));
        let mut rest = rest.iter();
        if fields.remapping {
            let failure = rest.next();
            readings.extend(failure.and_then(|it| remapping(&format!("{gpu} row remapping failure"), it)));
        }
        if fields.recovery {
            let action = rest.next();
            readings.extend(action.and_then(|it| recovery(&format!("{gpu} recovery action"), it)));
        }
    }
    (count, readings)
}

fn is_lost(row: &str) -> bool {
    row.contains("GPU is lost") || row.contains("fallen off the bus")
}

fn heat(gpu: &str, cell: &str, limit: i64) -> Reading {
    match cell.parse::<i64>() {
        Ok(degrees) => hwmon::compare(gpu, Ok(degrees.saturating_mul(1_000)), limit),
        Err(_) => unknown(gpu, cell),
    }
}

fn slowed(sensor: &str, cell: &str) -> Reading {
    match cell {
        "Active" | "Not Active" => Reading::word(sensor, cell, "Not Active"),
        _ => unknown(sensor, cell),
    }
}

/// None where the GPU has no ECC.
fn uncorrected(sensor: &str, cell: &str) -> Option<Reading> {
    match cell.parse() {
        Ok(count @ 0..BLANK) => {
            Some(Reading::number(sensor, count, Fails::Above, 0, |count| count.to_string()))
        }
        _ => (!is_unsupported(cell)).then(|| unknown(sensor, cell)),
    }
}

/// Memory that broke could not be replaced by a spare row: NVIDIA takes such a GPU back.
fn remapping(sensor: &str, cell: &str) -> Option<Reading> {
    match cell {
        "No" | "0" => Some(Reading::word(sensor, "No", "No")),
        "Yes" | "1" => Some(Reading::word(sensor, "Yes", "No")),
        _ => (!is_unsupported(cell)).then(|| unknown(sensor, cell)),
    }
}

/// The driver asks for a reset, a reboot, or to be drained first.
fn recovery(sensor: &str, cell: &str) -> Option<Reading> {
    match cell == "None" || ["Drain", "Reset", "Reboot"].iter().any(|action| cell.contains(action)) {
        true => Some(Reading::word(sensor, cell, "None")),
        false => (!is_unsupported(cell)).then(|| unknown(sensor, cell)),
    }
}

fn is_unsupported(cell: &str) -> bool {
    ["[N/A]", "N/A", "[Not Supported]"].contains(&cell)
}

fn unknown(sensor: &str, cell: &str) -> Reading {
    Reading::unknown(sensor, format!("is {}", quoted(&line::clean(cell, 40))))
}
