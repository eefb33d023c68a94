//! The SMART / health information log of a drive.

use crate::sensors::{Fails, Reading};

/// Its log identifier.
pub const PAGE: u8 = 2;

/// The bits of the critical warning, the lowest first.
const WARNINGS: [&str; 6] = [
    "spare low",
    "temperature",
    "reliability degraded",
    "read-only",
    "backup failed",
    "persistent memory read-only",
];

/// Judges the warnings, the spare blocks against their own threshold, and the wear, which may go beyond 100.
pub fn judge(device: &str, log: &[u8; 512], max_wear: i64) -> Vec<Reading> {
    let [warning, _, _, spare, threshold, used, ..] = *log;
    if log.iter().all(|byte| *byte == 0) {
        return vec![Reading::unknown(device, "gives an empty health log")];
    }
    let raised: Vec<_> =
        WARNINGS.iter().enumerate().filter(|(bit, _)| warning >> bit & 1 == 1).map(|(_, it)| *it).collect();
    let shown = if warning == 0 { "none".to_owned() } else { raised.join("+") };
    let percent = |value: i64| format!("{value} %");
    vec![
        Reading::judged(&format!("{device} warning"), warning != 0, shown, Fails::Unless, "none"),
        Reading::number(&format!("{device} spare"), spare.into(), Fails::Below, threshold.into(), percent),
        Reading::number(&format!("{device} wear"), used.into(), Fails::Above, max_wear, percent),
    ]
}
