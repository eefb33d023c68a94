//! The two options of a hold, which `check` and `serve` have alike.

use std::time::Duration;

use super::words::Words;
use crate::hold::HoldFile;
use crate::scheme::ParseError;

/// As long as the administrator lets a pause last where nothing else is said.
const LONGEST: Duration = Duration::from_secs(3600);

/// What was given of them.
#[derive(Default)]
pub struct HoldOptions {
    path: Option<String>,
    longest: Option<Duration>,
}

impl HoldOptions {
    /// Reads the value of one of them; false where the option is another one.
    pub fn read(&mut self, name: &str, words: &mut Words) -> Result<bool, ParseError> {
        match name {
            "--hold" => self.path = Some(words.value(name)?),
            "--longest-hold" => self.longest = Some(words.duration(name)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The file to read, if one was named.
    pub fn complete(self) -> Option<HoldFile> {
        Some(HoldFile { path: self.path?, longest: self.longest.unwrap_or(LONGEST) })
    }
}
