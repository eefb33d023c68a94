//! `temperature:`: the sensors of hwmon and the thermal zones are below what they themselves call critical, or below `max`.
//!
//! <https://docs.kernel.org/hwmon/sysfs-interface.html>, <https://docs.kernel.org/driver-api/thermal/sysfs-api.html>

use crate::check::HostRoots;
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, parse_milli_celsius, quoted};
use crate::sensors::{Collector, HardwareCheck, Max, Reading, Scan, Tree, hwmon};

pub const SCHEME: Scheme = Scheme {
    scheme: "temperature",
    summary: "Every sensor is below its own critical temperature and raises no alarm, or is below max",
    hardware: true,
    options: &[("max", OptionType::Temperature(&["critical", "crit_alarm"])), ("sensor", OptionType::Text)],
    ..Scheme::BARE
};

/// Looks at every sensor that the name picks.
pub struct Temperature {
    sys: Tree,
    max: Max,
    sensor: String,
}

impl Temperature {
    pub fn from_url(url: &CheckUrl, roots: &HostRoots) -> Result<HardwareCheck, ParseError> {
        let max = match url.option("max") {
            Some("crit_alarm") => Max::Alarm,
            Some(text) => parse_milli_celsius(text).map_or(Max::Critical, Max::MilliCelsius),
            None => Max::Critical,
        };
        let sensor = url.option("sensor").unwrap_or_default().to_owned();
        Ok(HardwareCheck::new(url, roots, Self { sys: Tree::at(&roots.sys), max, sensor }))
    }
}

impl Collector for Temperature {
    fn collect(&self, _visit: &mut Scan) -> Vec<Reading> {
        let mut readings = match hwmon::chips(&self.sys) {
            Ok(chips) => chips.iter().flat_map(|chip| hwmon::chip(chip, self.max, &self.sensor)).collect(),
            Err(why) => vec![Reading::unknown("hwmon", why)],
        };
        readings.extend(hwmon::zones(&self.sys, self.max, &self.sensor));
        readings
    }

    fn none_found(&self) -> String {
        let which = match self.sensor.as_str() {
            "" => "no temperature sensor".to_owned(),
            sensor => format!("no temperature sensor matches {}", quoted(sensor)),
        };
        let has = if self.sensor.is_empty() { " has" } else { " and has" };
        match self.max {
            Max::MilliCelsius(_) if self.sensor.is_empty() => which + " is visible",
            Max::MilliCelsius(_) => which,
            Max::Critical => which + has + " a critical temperature of its own",
            Max::Alarm => which + has + " an alarm",
        }
    }
}

#[cfg(test)]
mod tests;
