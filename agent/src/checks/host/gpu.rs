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
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, parse_milli_celsius};
use crate::sensors::{Collector, Fails, HardwareCheck, Max, Reading, Scan, Tree, about_to_read};
use nvidia::{Answer, Fields};

pub const SCHEME: Scheme = Scheme {
    scheme: "gpu",
    summary: "Every GPU is there, at least min-count, is not slowed down for heat or is below max-temperature, has no uncorrected error, and can still replace rows of its memory",
    hardware: true,
    options: &[
        ("max-temperature", OptionType::Temperature(&["slowdown"])),
        ("min-count", OptionType::Integer),
        ("program", OptionType::Path),
    ],
    ..Scheme::BARE
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
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let collector = Self {
            sys: Tree::at(&roots.sys),
            program: url.option("program").unwrap_or("nvidia-smi").to_owned(),
            max: url.option("max-temperature").and_then(parse_milli_celsius),
            least: url.option("min-count").and_then(|count| count.parse().ok()),
            fields: Mutex::default(),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }

    fn ask(&self, scan: &Scan) -> (Answer, Fields) {
        // A program that cannot even be killed, since the driver holds it in the kernel, blocks who waits for it.
        about_to_read(Path::new(&self.program));
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let answer = nvidia::ask(&self.program, *fields, scan.deadline);
            let Answer::Old(said) = &answer else { return (answer, *fields) };
            let Some(fewer) = fields.without(said) else { return (answer, *fields) };
            *fields = fewer;
        }
    }
}

impl Collector for Gpu {
    fn collect(&self, scan: &mut Scan) -> Vec<Reading> {
        let max = self.max.map_or(Max::Critical, Max::MilliCelsius);
        let (mut count, mut readings) = sysfs::cards(&self.sys, max);
        let mut is_known = true;
        let (answer, fields) = self.ask(scan);
        match answer {
            Answer::Absent => {}
            Answer::Rows(text) => {
                let (rows, judged) = nvidia::judge(&text, fields, self.max);
                count += rows;
                readings.extend(judged);
            }
            Answer::Lost(text) => readings.push(Reading::judged("gpu", true, text, Fails::Unless, "present")),
            Answer::None => {}
            answer @ (Answer::Old(_) | Answer::Unknown(_)) => {
                is_known = false;
                let why = if let Answer::Unknown(why) = answer { why } else { "knows no field".to_owned() };
                readings.push(Reading::unknown("nvidia-smi", why));
            }
            Answer::Blocked => {
                scan.blocked = Some(self.program.clone());
                return vec![];
            }
        }
        // Without an answer it is not known how many there are; and of none, without a number, nothing is known.
        if let Some(least) = self.least.filter(|_| is_known && (count > 0 || readings.is_empty())) {
            let number = Reading::number("gpu count", count, Fails::Below, least, |count| count.to_string());
            // All of them are there: no other reading should stand back for that.
            readings.push(Reading { nearness: 0, ..number });
        }
        readings
    }

    fn none_found(&self) -> String {
        "no GPU is visible: neither nvidia-smi nor the kernel shows one".into()
    }
}

#[cfg(test)]
mod tests;
