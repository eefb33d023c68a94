//! Until when an agent answers as if its checks held, whatever they say: a pause of somebody who debugs, or a restart that
//! has to wait for its turn. The kubelet writes it into a file, from an annotation of the Pod (the downward API).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::check::Probe;
use crate::net::io::files;
use crate::time::{days_of, rfc3339};

/// The annotation is shorter; a longer file is somebody else's.
const LONGEST: usize = 256;

/// How far the clocks of two nodes may be apart: the end was set by another one.
const SKEW: Duration = Duration::from_secs(60);

/// Where holds are read, and how far away the end of one may be.
#[derive(Clone)]
pub struct HoldFile {
    pub path: String,
    pub longest: Duration,
}

/// A hold that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    liveness: Option<SystemTime>,
    readiness: Option<SystemTime>,
    reason: String,
}

/// What the file says at a moment.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading {
    /// There is no file, or it is empty, or it is over, or it is odd.
    None,
    /// It would last longer than is allowed, so it is none.
    TooLong(SystemTime),
    InForce(Hold),
}

impl HoldFile {
    /// Reads the file, which changes while the agent runs.
    pub fn read(&self, now: SystemTime) -> Reading {
        let bytes = files::read(&self.path, LONGEST as u64 + 1).unwrap_or_default();
        match str::from_utf8(&bytes) {
            Ok(text) if text.len() <= LONGEST => judge(text, now, self.longest),
            _ => Reading::None,
        }
    }
}

impl Hold {
    /// Until when a probe is held. Startup is held with liveness: a container whose startup fails is restarted as well.
    pub fn until(&self, probe: Probe) -> Option<SystemTime> {
        if probe == Probe::Readiness { self.readiness } else { self.liveness }
    }

    /// Such as `held until 2026-11-30T18:00:00Z (pause)`; none where the probe is not held.
    pub fn sentence(&self, probe: Probe) -> Option<String> {
        Some(format!("held until {} ({})", shown(self.until(probe)?), self.reason))
    }
}

/// The time in whole seconds, as the file has it.
pub fn shown(time: SystemTime) -> String {
    let mut text = rfc3339(time);
    text.truncate(text.len().saturating_sub(".000Z".len()));
    text + "Z"
}

/// What a text says at this moment.
pub fn judge(text: &str, now: SystemTime, longest: Duration) -> Reading {
    let Some(written) = parse(text.trim_end_matches('\n')) else { return Reading::None };
    let limit = now + longest + SKEW;
    let ends = [written.liveness, written.readiness];
    if let Some(end) = ends.into_iter().flatten().find(|end| *end > limit) {
        return Reading::TooLong(end);
    }
    let [liveness, readiness] = ends.map(|end| end.filter(|end| *end > now));
    match (liveness, readiness) {
        (None, None) => Reading::None,
        _ => Reading::InForce(Hold { liveness, readiness, ..written }),
    }
}

/// Reads `liveness=2026-11-30T18:00:00Z readiness=2026-11-30T18:00:00Z reason=pause`: words in any order, with one space
/// between them, no key twice. Words of other keys are of a newer controller.
fn parse(text: &str) -> Option<Hold> {
    let (mut liveness, mut readiness, mut reason) = (None, None, None);
    for word in text.split(' ') {
        let (key, value) = word.split_once('=')?;
        let place = match key {
            "liveness" => &mut liveness,
            "readiness" => &mut readiness,
            "reason" => &mut reason,
            "" => return None,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let is_reason = |text: &&str| {
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    Some(Hold {
        liveness: Some(time(liveness?)?),
        readiness: readiness.map_or(Some(None), |text| time(text).map(Some))?,
        reason: reason.filter(is_reason)?.to_owned(),
    })
}

/// Nothing but the form that `shown` gives.
pub fn time(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let days = days_of(number(0, 4)?.into(), number(5, 7)?.into(), number(8, 10)?.into());
    let seconds = (number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?;
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(days).ok()? * 86_400 + u64::from(seconds));
    (shown(time) == text).then_some(time)
}

#[cfg(test)]
mod tests;
