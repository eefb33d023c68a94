//! What the kernel's drivers show of a GPU: `/sys/class/drm/card*/device`.

use crate::sensors::{Fails, Folder, Max, Reading, Tree, Unreadable, hwmon};

/// How many GPUs have a driver that shows something, and their judged readings.
pub fn cards(sys: &Tree, max: Max) -> (i64, Vec<Reading>) {
    let folders = match sys.folder("class/drm").and_then(|folder| folder.folders()) {
        Ok(folders) => folders,
        Err(Unreadable::Absent) => return (0, vec![]),
        Err(why) => return (0, vec![Reading::unknown("drm", why)]),
    };
    let mut count = 0;
    let mut readings = vec![];
    // `card0-DP-1` is one of its sockets.
    let cards = folders
        .iter()
        .filter(|(name, _)| name.strip_prefix("card").is_some_and(|number| number.parse::<u32>().is_ok()));
    for (name, card) in cards {
        let Ok(device) = card.folder("device") else { continue };
        let chips = device.folder("hwmon").and_then(|folder| folder.folders()).unwrap_or_default();
        let chips: Vec<_> = chips
            .into_iter()
            .filter(|(_, chip)| {
                ["amdgpu", "i915", "xe"].contains(&chip.line("name").unwrap_or_default().as_str())
            })
            .collect();
        let errors = uncorrected(&format!("{name} uncorrected errors"), &device);
        if chips.is_empty() && errors.is_none() {
            continue;
        }
        count += 1;
        readings.extend(chips.iter().flat_map(|(_, chip)| hwmon::chip(chip, max, "")));
        readings.extend(errors);
    }
    (count, readings)
}

/// `ue: 0` of every block of the chip that has error correction; none where nothing has.
fn uncorrected(sensor: &str, device: &Folder) -> Option<Reading> {
    let folder = device.folder("ras").ok()?;
    let names = folder.names().ok()?;
    let mut sum: Option<i64> = None;
    for name in names.iter().filter(|name| name.ends_with("_err_count")) {
        let count = match folder.text(name) {
            Ok(text) => text.lines().find_map(|line| line.strip_prefix("ue: ")?.trim().parse::<i64>().ok()),
            Err(why) => return Some(Reading::unknown(sensor, why)),
        };
        let Some(count) = count.filter(|count| *count >= 0) else {
            return Some(Reading::unknown(sensor, format!("{name} holds no count")));
        };
        sum = Some(sum.unwrap_or(0).saturating_add(count));
    }
    Some(Reading::number(sensor, sum?, Fails::Above, 0, |count| count.to_string()))
}
