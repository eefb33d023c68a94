//! `pressure://memory`: the share of time in which tasks of the node stall for want of CPU, memory or I/O is at most `max`.
//!
//! <https://docs.kernel.org/accounting/psi.html>

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, quoted};
use crate::sensors::{Collector, Fails, HardwareCheck, Reading, Scan, Tree, Unreadable};

pub const SCHEME: Scheme = Scheme {
    scheme: "pressure",
    summary: "Tasks of the node stall for cpu, memory or io in at most max (60) percent of the time",
    target: Target::Name,
    path: PathRule::Required,
    hardware: true,
    options: &[
        ("average", OptionType::Choice(&["10s", "60s", "300s"])),
        ("max", OptionType::Integer),
        ("stall", OptionType::Choice(&["some", "full"])),
    ],
    ..Scheme::BARE
};

/// Reads one of the three files of `/proc/pressure`, which are those of the whole node.
pub struct Pressure {
    proc: Tree,
    resource: String,
    stall: String,
    average: String,
    most: i64,
}

impl Pressure {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        if !["cpu", "memory", "io"].contains(&url.path.as_str()) {
            let received = quoted(&url.path);
            return Err(ParseError(format!("path is {received}, expected one of cpu, memory, io")));
        }
        let average = url.option("average").unwrap_or("60s").trim_end_matches('s');
        let collector = Self {
            proc: Tree::at(&roots.proc),
            resource: url.path.clone(),
            stall: url.option("stall").unwrap_or("some").to_owned(),
            average: format!("avg{average}"),
            most: url.option("max").and_then(|percent| percent.parse().ok()).unwrap_or(60),
        };
        Ok(HardwareCheck::new(url, roots, collector))
    }
}

impl Collector for Pressure {
    fn collect(&self, _visit: &mut Scan) -> Vec<Reading> {
        let sensor = format!("{} {} {}", self.resource, self.stall, self.average);
        let text = match self.proc.folder("pressure").and_then(|folder| folder.text(&self.resource)) {
            Ok(text) => text,
            Err(Unreadable::Absent) => return vec![],
            Err(why) => return vec![Reading::unknown(&sensor, why)],
        };
        vec![match share(&text, &self.stall, &self.average) {
            Some(share) => Reading::number(&sensor, share, Fails::Above, self.most * 100, percent),
            None => Reading::unknown(&sensor, format!("is not in {}", quoted(&text))),
        }]
    }

    fn none_found(&self) -> String {
        format!(
            "{}/pressure/{} is missing: the kernel counts no stalls",
            self.proc.root().display(),
            self.resource
        )
    }
}

/// `full avg10=0.12 avg60=3.40 avg300=0.00 total=5`, in hundredths of a percent.
fn share(text: &str, stall: &str, average: &str) -> Option<i64> {
    let line = text.lines().find(|line| line.split(' ').next() == Some(stall))?;
    let value = line.split(' ').find_map(|word| word.strip_prefix(average)?.strip_prefix('='))?;
    let (whole, part) = value.split_once('.')?;
    let digits = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    (digits(whole) && part.len() == 2 && digits(part)).then_some(())?;
    Some(whole.parse::<i64>().ok()? * 100 + part.parse::<i64>().ok()?)
}

fn percent(hundredths: i64) -> String {
    match hundredths % 100 {
        0 => format!("{} %", hundredths / 100),
        part => format!("{}.{part:02} %", hundredths / 100),
    }
}

#[cfg(test)]
mod tests;
