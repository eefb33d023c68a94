//! What is expected, in whichever version of HTTP.

use std::ops::RangeInclusive;

use super::body::BodyExpectation;
use super::in_place_of_application;
use crate::check::{Cause, Outcome};
use crate::net::Endpoint;
use crate::net::http1::certificate_refusal;
use crate::scheme::{CheckUrl, ParseError};

/// What passes with the kubelet.
const KUBELETS: &str = "200-399";

/// The responses that pass.
pub struct HttpExpectation {
    pub statuses: Statuses,
    /// Those of an application that is alive and not ready, by the word of the check.
    alive: Option<Statuses>,
    pub body: BodyExpectation,
}

impl HttpExpectation {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let statuses = Statuses::parse("status", url.option("status").unwrap_or(KUBELETS))?;
        let alive = url.option("alive").map(|text| Statuses::parse("alive", text)).transpose()?;
        Ok(Self { statuses, alive, body: BodyExpectation::from_url(url)? })
    }

    /// The outcome of a status that is not expected, in these words, where this has come of its page.
    pub fn refusal(&self, endpoint: &Endpoint, status: u16, page: &[u8], text: String) -> Outcome {
        if let Some(outcome) = certificate_refusal(endpoint, status, page) {
            return outcome;
        }
        match in_place_of_application(status) {
            _ if self.alive.as_ref().is_some_and(|alive| alive.hold(status)) => {
                Outcome::alive(Cause::Unhealthy, text)
            }
            Some(cause) => Outcome::alive(cause, text),
            None => Outcome::fail(Cause::Unhealthy, text),
        }
    }
}

/// A list such as `200-399` or `200,204`.
pub struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    /// The statuses of an option.
    fn parse(option: &str, text: &str) -> Result<Self, ParseError> {
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self).ok_or_else(|| {
            let expected = "status codes such as 200-399 or 200,204";
            ParseError(format!("option {option} is {text:?}, expected {expected}"))
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
