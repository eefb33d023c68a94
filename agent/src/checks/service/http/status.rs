//! The statuses that pass.

use std::ops::RangeInclusive;

use crate::scheme::ParseError;

/// A list such as `200-399` or `200,204`.
pub struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    /// The statuses of the option; without it those of the kubelet, 200 to 399.
    pub fn parse(option: Option<&str>) -> Result<Self, ParseError> {
        let text = option.unwrap_or("200-399");
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self).ok_or_else(|| {
            ParseError(format!("option status is {text:?}, expected status codes such as 200-399 or 200,204"))
        })
    }

    pub fn hold(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.parse().ok().filter(|code| (100..=599).contains(code));
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some(first..=last)
}
