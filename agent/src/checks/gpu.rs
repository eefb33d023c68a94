//! `gpu:`: every GPU is there, does not slow itself down for heat, and has lost no memory: NVIDIA's by nvidia-smi, since a
//! static program cannot load their library; AMD's and Intel's by what the kernel shows.
//!
//! <https://docs.nvidia.com/deploy/nvidia-smi/>, <https://docs.kernel.org/gpu/amdgpu/ras.html>

mod fields;
mod nvidia;
mod sysfs;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::check::HostRoots;
use crate::grammar::{CheckUrl, Kind, ParseError, Spec, parse_milli_celsius};
use crate::hardware::{Fails, Finding, Hardware, Look, Max, Tree, Visit, reading};
use nvidia::{Answer, Fields};

pub const SPEC: Spec = Spec {
    scheme: "gpu",
    summary: "Every GPU is there, at least min-count, is not slowed down for heat or is below max-temperature, has no uncorrected error, and can still replace rows of its memory",
    hardware: true,
    options: &[
        ("max-temperature", Kind::Temperature(&["slowdown"])),
        ("min-count", Kind::Integer),
        ("program", Kind::Path),
    ],
    ..Spec::BARE
};

/// Looks at the GPUs that the container was given.
pub struct Gpu {
    sys: Tree,
    program: String,
    /// In thousandths of a degree; without it the hardware's own word counts.
    max: Option<i64>,
    least: Option<i64>,
    /// Those that the driver knows, as far as it was asked.
    fields: Mutex<Fields>,
}

impl Gpu {
    pub fn from_url(check: &CheckUrl, roots: &HostRoots) -> Result<Hardware, ParseError> {
        let look = Self {
            sys: Tree::at(&roots.sys),
            program: check.option("program").unwrap_or("nvidia-smi").to_owned(),
            max: check.option("max-temperature").and_then(parse_milli_celsius),
            least: check.option("min-count").and_then(|count| count.parse().ok()),
            fields: Mutex::default(),
        };
        Ok(Hardware::new(check, roots, look))
    }

    fn ask(&self, visit: &Visit) -> (Answer, Fields) {
        // A program that cannot even be killed, since the driver holds it in the kernel, blocks who waits for it.
        reading(Path::new(&self.program));
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let answer = nvidia::ask(&self.program, *fields, visit.deadline);
            let Answer::Old(said) = &answer else { return (answer, *fields) };
            let Some(fewer) = fields.without(said) else { return (answer, *fields) };
            *fields = fewer;
        }
    }
}

impl Look for Gpu {
    fn look(&self, visit: &mut Visit) -> Vec<Finding> {
        let max = self.max.map_or(Max::Critical, Max::MilliCelsius);
        let (mut count, mut findings) = sysfs::cards(&self.sys, max);
        let mut is_known = true;
        let (answer, fields) = self.ask(visit);
        match answer {
            Answer::Absent => {}
            Answer::Rows(text) => {
                let (rows, judged) = nvidia::judge(&text, fields, self.max);
                count += rows;
                findings.extend(judged);
            }
            Answer::Lost(text) => findings.push(Finding::judged("gpu", true, text, Fails::Unless, "present")),
            Answer::None => {}
            answer @ (Answer::Old(_) | Answer::Unknown(_)) => {
                is_known = false;
                let why = if let Answer::Unknown(why) = answer { why } else { "knows no field".to_owned() };
                findings.push(Finding::unknown("nvidia-smi", why));
            }
            Answer::Blocked => {
                visit.blocked = Some(self.program.clone());
                return vec![];
            }
        }
        // Without an answer nobody knows how many there are; and of none, without a number, nothing is known.
        if let Some(least) = self.least.filter(|_| is_known && (count > 0 || findings.is_empty())) {
            let number = Finding::number("gpu count", count, Fails::Below, least, |count| count.to_string());
            // All of them are there: no other reading should stand back for that.
            findings.push(Finding { nearness: 0, ..number });
        }
        findings
    }

    fn nothing(&self) -> String {
        "no GPU is visible: neither nvidia-smi nor the kernel shows one".into()
    }
}

#[cfg(test)]
mod tests;
