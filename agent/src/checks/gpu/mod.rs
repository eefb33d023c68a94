//! `gpu:`: every GPU is there, does not slow itself down for heat, and has lost no memory: NVIDIA's by nvidia-smi, since a
//! static program cannot load their library; AMD's and Intel's by what the kernel shows.
//!
//! <https://docs.nvidia.com/deploy/nvidia-smi/>, <https://docs.kernel.org/gpu/amdgpu/ras.html>

mod nvidia;
mod sysfs;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Roots;
use crate::grammar::{Check, Kind, Refusal, Spec, parse_milli_celsius};
use crate::hardware::{Fails, Finding, Hardware, Look, Max, Tree, Visit, reading};
use nvidia::Answer;

pub const SPEC: Spec = Spec {
    scheme: "gpu",
    summary: "Every GPU is there, at least min-count, is not slowed down for heat or is below max-temperature, and has no uncorrected error",
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
    /// A driver that knows not all fields, and so answers nothing.
    is_old: AtomicBool,
}

impl Gpu {
    pub fn from_check(check: &Check, roots: &Roots) -> Result<Hardware, Refusal> {
        let look = Self {
            sys: Tree::at(&roots.sys),
            program: check.option("program").unwrap_or("nvidia-smi").to_owned(),
            max: check.option("max-temperature").and_then(parse_milli_celsius),
            least: check.option("min-count").and_then(|count| count.parse().ok()),
            is_old: AtomicBool::new(false),
        };
        Ok(Hardware::new(check, roots, look))
    }

    fn ask(&self, visit: &Visit) -> Answer {
        // A program that cannot even be killed, since the driver holds it in the kernel, blocks who waits for it.
        reading(Path::new(&self.program));
        let is_old = self.is_old.load(Ordering::Relaxed);
        match nvidia::ask(&self.program, is_old, visit.deadline) {
            Answer::Old if !is_old => {
                self.is_old.store(true, Ordering::Relaxed);
                nvidia::ask(&self.program, true, visit.deadline)
            }
            answer => answer,
        }
    }
}

impl Look for Gpu {
    fn look(&self, visit: &mut Visit) -> Vec<Finding> {
        let max = self.max.map_or(Max::Critical, Max::MilliCelsius);
        let (mut count, mut findings) = sysfs::cards(&self.sys, max);
        let mut is_known = true;
        match self.ask(visit) {
            Answer::Absent => {}
            Answer::Rows(text) => {
                let (rows, judged) = nvidia::judge(&text, self.max);
                count += rows;
                findings.extend(judged);
            }
            Answer::Lost(text) => findings.push(Finding::judged("gpu", true, text, Fails::Unless, "present")),
            Answer::None => {}
            answer @ (Answer::Old | Answer::Unknown(_)) => {
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
