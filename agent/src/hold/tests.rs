use std::fs;

use super::Probe::{Liveness, Readiness, Startup};
use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// 2026-11-30T17:00:00Z
const NOW: Duration = Duration::from_secs(1_796_058_000);

fn read(text: &str) -> Reading {
    judge(text, UNIX_EPOCH + NOW, HOUR)
}

fn in_force(text: &str) -> Hold {
    match read(text) {
        Reading::InForce(hold) => hold,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pause_holds_liveness_and_startup_and_tells_the_truth_of_readiness() {
    let hold = in_force("liveness=2026-11-30T17:15:00Z reason=pause for=15m");
    let sentence = Some("held until 2026-11-30T17:15:00Z (pause)".to_owned());
    assert_eq!(hold.sentence(Liveness), sentence);
    assert_eq!(hold.sentence(Startup), sentence);
    assert_eq!(hold.sentence(Readiness), None);
    assert_eq!(hold.until(Liveness), Some(UNIX_EPOCH + NOW + HOUR / 4));
}

#[test]
fn readiness_is_held_where_that_is_written_and_for_as_long() {
    let text = "reason=pause readiness=2026-11-30T17:10:00Z liveness=2026-11-30T17:15:00Z";
    assert_eq!(
        in_force(text).sentence(Readiness).as_deref(),
        Some("held until 2026-11-30T17:10:00Z (pause)")
    );
    let Reading::InForce(later) = judge(text, UNIX_EPOCH + NOW + HOUR / 5, HOUR) else { panic!() };
    assert_eq!(later.until(Readiness), None);
    assert!(later.until(Liveness).is_some());
}

#[test]
fn a_hold_ends_by_itself() {
    let text = "liveness=2026-11-30T17:15:00Z reason=restart-budget";
    assert_eq!(judge(text, UNIX_EPOCH + NOW + HOUR / 4, HOUR), Reading::None);
}

#[test]
fn a_hold_that_is_longer_than_allowed_is_none_but_clocks_may_differ() {
    let end = "2026-11-30T18:01:00Z";
    assert!(matches!(read(&format!("liveness={end} reason=pause")), Reading::InForce(_)));
    let later = "2026-11-30T18:01:01Z";
    let of = |text: &str| time(text).map(Reading::TooLong);
    assert_eq!(Some(read(&format!("liveness={later} reason=pause"))), of(later));
    let both = format!("liveness={end} readiness=9999-12-31T23:59:59Z reason=pause");
    assert_eq!(Some(read(&both)), of("9999-12-31T23:59:59Z"));
}

#[test]
fn what_is_odd_is_no_hold() {
    for text in [
        "",
        "\n",
        "liveness=2026-11-30T17:15:00Z",
        "reason=pause",
        "liveness= reason=pause",
        "liveness=2026-11-31T17:15:00Z reason=pause",
        "liveness=2026-11-30T24:15:00Z reason=pause",
        "liveness=2026-11-30T17:15:00.000Z reason=pause",
        "liveness=2026-11-30T17:15:00+00:00 reason=pause",
        "liveness=+026-11-30T17:15:00Z reason=pause",
        "liveness=2026-13-30T17:15:00Z reason=pause",
        "liveness=2026-11-30T17:15:00Z reason=",
        "liveness=2026-11-30T17:15:00Z reason=\u{1b}[31m",
        "liveness=2026-11-30T17:15:00Z readiness=soon reason=pause",
        "liveness=2026-11-30T17:15:00Z liveness=2026-11-30T17:15:00Z reason=pause",
        "liveness=2026-11-30T17:15:00Z  reason=pause",
        "=2026-11-30T17:15:00Z liveness=2026-11-30T17:15:00Z reason=pause",
        "liveness=ééééééééééé reason=pause",
    ] {
        assert_eq!(read(text), Reading::None, "{text:?}");
    }
}

#[test]
fn no_file_an_empty_one_and_one_that_is_too_long_are_no_hold() {
    let folder = std::env::temp_dir().join(format!("hold-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("hold");
    let file = HoldFile { path: path.to_str().unwrap().to_owned(), longest: HOUR };
    let now = UNIX_EPOCH + NOW;
    assert_eq!(file.read(now), Reading::None);
    fs::write(&path, "").unwrap();
    assert_eq!(file.read(now), Reading::None);
    let text = "liveness=2026-11-30T17:15:00Z reason=pause";
    fs::write(&path, text).unwrap();
    assert!(matches!(file.read(now), Reading::InForce(_)));
    fs::write(&path, format!("{text} later={}", "x".repeat(LONGEST))).unwrap();
    assert_eq!(file.read(now), Reading::None);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(file.read(now), Reading::None);
}
