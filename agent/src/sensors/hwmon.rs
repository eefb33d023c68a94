//! Temperatures as the kernel gives them: chips of hwmon (Documentation/ABI/testing/sysfs-class-hwmon) in thousandths of a
//! degree, and thermal zones (sysfs-class-thermal).

use std::collections::BTreeSet;

use super::glob::matches;
use super::reading::{Fails, Reading};
use super::sysfs::{Folder, Tree, Unreadable};

/// What no sensor of a computer measures: a threshold that is not set (65261.85 C of an NVMe drive), or an input that
/// nothing is connected to.
const PLAUSIBLE: std::ops::RangeInclusive<i64> = -60_000..=250_000;

/// What is too hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Max {
    /// The sensor's own critical temperature, or its alarm.
    Critical,
    /// Only the sensor's alarm, which the hardware sets.
    Alarm,
    /// From so many thousandths of a degree on.
    MilliCelsius(i64),
}

/// Every chip of the machine.
pub fn chips(sys: &Tree) -> Result<Vec<Folder>, Unreadable> {
    let folders = match sys.folder("class/hwmon") {
        Err(Unreadable::Absent) => return Ok(vec![]),
        folder => folder?.folders()?,
    };
    Ok(folders.into_iter().map(|(_, folder)| folder).collect())
}

/// The findings of each temperature of a chip that `wanted` picks by `name/label`; none of one that has no threshold.
pub fn chip(folder: &Folder, max: Max, wanted: &str) -> Vec<Reading> {
    let name = folder.line("name").unwrap_or_else(|_| folder.name());
    let device = folder.folder("device").map(|device| device.name()).unwrap_or_default();
    // As lm-sensors tells them apart: nvme0 says enough, k10temp-0000:00:18.3 and drivetemp-2:0:0:0 say which.
    let unique = match device.as_str() {
        "" => name.clone(),
        device if device.starts_with(&name) => device.to_owned(),
        device => format!("{name}-{device}"),
    };
    let files = match folder.names() {
        Ok(files) => files,
        Err(why) => return vec![Reading::unknown(&unique, why)],
    };
    // One whose input has gone is still a sensor.
    let stems = files
        .iter()
        .filter_map(|file| ["_input", "_crit", "_label"].into_iter().find_map(|end| file.strip_suffix(end)));
    let is_temperature = |stem: &&str| {
        stem.strip_prefix("temp").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let temperatures: BTreeSet<_> = stems.filter(is_temperature).map(|stem| (stem.len(), stem)).collect();
    temperatures
        .into_iter()
        .filter_map(|(_, stem)| {
            let label = folder.line(&format!("{stem}_label")).unwrap_or_else(|_| stem.to_owned());
            let label = if label.is_empty() { stem.to_owned() } else { label };
            picks(wanted, &[&name, &unique], &label).then_some(())?;
            let reading = temperature(folder, stem, &format!("{unique} {label}"), max, name == "nvme")?;
            Some(reading.known_by(folder.key(stem)))
        })
        .collect()
}

/// Without a slash it is the name of the chip, whatever the label.
fn picks(wanted: &str, names: &[&str], label: &str) -> bool {
    wanted.is_empty()
        || names.iter().any(|name| matches(wanted, &format!("{name}/{label}")) || matches(wanted, name))
}

fn temperature(folder: &Folder, stem: &str, sensor: &str, max: Max, nvme: bool) -> Option<Reading> {
    let file = |what: &str| folder.number(&format!("{stem}_{what}"));
    if file("fault") == Ok(1) {
        return Some(Reading::unknown(sensor, "is faulty, by its own word"));
    }
    if let Max::MilliCelsius(limit) = max {
        return Some(compare(sensor, file("input"), limit));
    }
    // An NVMe drive has one alarm, that of its critical warning; elsewhere `alarm` is that of a lower threshold.
    let kinds = ["crit_alarm", "emergency_alarm", if nvme { "alarm" } else { "crit_alarm" }];
    let alarms: Vec<_> = kinds.into_iter().map(|kind| (kind, file(kind))).collect();
    if let Some((kind, _)) = alarms.iter().find(|(_, alarm)| matches!(alarm, Ok(1..))) {
        return Some(Reading::judged(sensor, true, format!("{kind} 1"), Fails::Unless, 0));
    }
    let limit = ["crit", "emergency"].into_iter().find_map(|kind| file(kind).ok().filter(is_threshold));
    match (max, limit) {
        (Max::Critical, Some(limit)) => Some(critical(compare(sensor, file("input"), limit), "critical")),
        _ => {
            let (kind, _) = alarms.iter().find(|(_, alarm)| *alarm == Ok(0))?;
            Some(Reading::judged(sensor, false, format!("{kind} 0"), Fails::Unless, 0))
        }
    }
}

fn is_threshold(limit: &i64) -> bool {
    *limit > 0 && PLAUSIBLE.contains(limit)
}

fn critical(reading: Reading, word: &str) -> Reading {
    match reading.level {
        super::Level::Unknown => reading,
        _ => Reading { text: format!("{} {word}", reading.text), ..reading },
    }
}

/// A reading in thousandths of a degree against a limit.
pub fn compare(sensor: &str, reading: Result<i64, Unreadable>, limit: i64) -> Reading {
    match reading {
        Ok(value) if PLAUSIBLE.contains(&value) => {
            Reading::number(sensor, value, Fails::AtLeast, limit, celsius)
        }
        Ok(value) => Reading::unknown(sensor, format!("shows {}, which cannot be", celsius(value))),
        Err(why) => Reading::unknown(sensor, why),
    }
}

/// `95 C`, `-0.5 C`
pub fn celsius(milli_celsius: i64) -> String {
    let (whole, tenths) = (milli_celsius.unsigned_abs() / 1_000, milli_celsius.unsigned_abs() % 1_000 / 100);
    let sign = if milli_celsius <= -100 { "-" } else { "" };
    match tenths {
        0 => format!("{sign}{whole} C"),
        tenths => format!("{sign}{whole}.{tenths} C"),
    }
}

/// The findings of each thermal zone that `wanted` picks by its type; none of one without a critical or hot trip point.
pub fn zones(sys: &Tree, max: Max, wanted: &str) -> Vec<Reading> {
    let folders = match sys.folder("class/thermal").and_then(|folder| folder.folders()) {
        Ok(folders) => folders,
        Err(Unreadable::Absent) => return vec![],
        Err(why) => return vec![Reading::unknown("thermal zones", why)],
    };
    let zones = folders.iter().filter(|(name, _)| name.starts_with("thermal_zone"));
    zones.filter_map(|(name, folder)| zone(name, folder, max, wanted)).collect()
}

fn zone(name: &str, folder: &Folder, max: Max, wanted: &str) -> Option<Reading> {
    let kind = folder.line("type").unwrap_or_else(|_| "thermal".to_owned());
    picks(wanted, &[&kind], name).then_some(())?;
    let sensor = format!("{kind} {name}");
    match max {
        Max::Alarm => None,
        Max::MilliCelsius(limit) => Some(compare(&sensor, folder.number("temp"), limit)),
        Max::Critical => {
            let (limit, word) = lowest_trip(folder)?;
            Some(critical(compare(&sensor, folder.number("temp"), limit), &word))
        }
    }
}

/// The machine is switched off at its critical trip point, and cooled down at its hot one.
fn lowest_trip(folder: &Folder) -> Option<(i64, String)> {
    let names = folder.names().ok()?;
    let trips = names.iter().filter_map(|name| name.strip_prefix("trip_point_")?.strip_suffix("_type"));
    let limits = trips.filter_map(|number| {
        let word = folder.line(&format!("trip_point_{number}_type")).ok()?;
        let limit = folder.number(&format!("trip_point_{number}_temp")).ok().filter(is_threshold)?;
        ["critical", "hot"].contains(&word.as_str()).then_some((limit, word))
    });
    limits.min()
}
