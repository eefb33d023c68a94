use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::nvidia::{Fields, judge};
use crate::check::{Cause, Deadline, Outcome, Verdict};
use crate::net::test_server::Random;
use crate::sensors::fixture::{Fixture, bad, fifo, run};
use crate::sensors::{Level, Reading};

/// A machine with this nvidia-smi, and the option that names it.
fn machine(script: &str) -> (Fixture, String) {
    let fixture = Fixture::new(&[]);
    say(&fixture, script);
    let option = format!("program={}", fixture.root().join("nvidia-smi").display());
    (fixture, option)
}

/// Writes it anew beside the old one: a program that runs cannot be written to. A child writes it: a file that this process
/// had open could also be open in a child that another test starts just then, and the kernel runs no file that is open for writing.
fn say(fixture: &Fixture, script: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat > new && chmod 755 new && mv new nvidia-smi"])
        .current_dir(fixture.root())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // The end of the statement closes the pipe.
    writer.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

/// What it prints, and with which code it ends.
fn prints(text: &str, code: u8) -> String {
    format!("cat <<'END'\n{text}\nEND\nexit {code}")
}

const TWO: &str = "0, 45, Not Active, 0, No, None\n1, 47, Not Active, 0, No, None";

fn shown(script: &str, options: &str) -> Outcome {
    let (fixture, program) = machine(script);
    fixture.run(&format!("gpu:?{program}{options}"))
}

#[test]
fn gpus_in_order_pass() {
    let well = Outcome::pass("gpu1 recovery action None = None; 7 more well");
    assert_eq!(shown(&prints(TWO, 0), "&strict"), well);
    let by_heat = Outcome::pass("gpu1 47 C < 85 C; 7 more well");
    assert_eq!(shown(&prints(TWO, 0), "&max-temperature=85C&strict"), by_heat);
}

#[test]
fn heat_fails_by_a_number_or_by_the_word_of_the_hardware() {
    for (degrees, verdict) in [("84", Verdict::Pass), ("85", Verdict::Fail), ("86", Verdict::Fail)] {
        let text = format!("0, {degrees}, Not Active, 0, No, None");
        assert_eq!(shown(&prints(&text, 0), "&max-temperature=85C").verdict, verdict, "{degrees}");
        assert_eq!(shown(&prints(&text, 0), "&max-temperature=slowdown").verdict, Verdict::Pass);
    }
    let hot = prints("0, 92, Active, 0, No, None", 0);
    assert_eq!(shown(&hot, ""), bad("gpu0 hw_thermal_slowdown Active != Not Active"));
    assert_eq!(shown(&hot, "&max-temperature=90C"), bad("gpu0 92 C >= 90 C"));
}

#[test]
fn an_uncorrected_error_and_an_action_that_is_asked_for_fail() {
    let errors = prints("0, 45, Not Active, 1, No, None", 0);
    assert_eq!(shown(&errors, ""), bad("gpu0 uncorrected errors 1 > 0"));
    let reset = prints("0, 45, Not Active, 0, No, Drain and Reset", 0);
    assert_eq!(shown(&reset, ""), bad("gpu0 recovery action Drain and Reset != None"));
}

#[test]
fn a_gpu_that_is_lost_fails() {
    let row = "0, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]\n1, 47, Not Active, 0, No, None";
    assert_eq!(shown(&prints(row, 0), ""), bad("gpu0 lost != present"));
    let line = "Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.  Reboot the system to recover this GPU";
    assert_eq!(shown(&prints(line, 15), ""), bad("gpu lost != present"));
    assert_eq!(shown(&prints(&format!("{TWO}\n{line}"), 1), ""), bad("gpu lost != present"));
    assert_eq!(shown(&prints("", 15), "").verdict, Verdict::Fail);
}

#[test]
fn so_many_may_have_to_be_there() {
    assert_eq!(shown(&prints(TWO, 0), "&min-count=2").verdict, Verdict::Pass);
    assert_eq!(shown(&prints(TWO, 0), "&min-count=3"), bad("gpu count 2 < 3"));
    assert_eq!(shown(&prints("No devices were found", 6), "&min-count=1"), bad("gpu count 0 < 1"));
    assert_eq!(shown(&prints("No devices were found", 0), "&min-count=1"), bad("gpu count 0 < 1"));
    assert_eq!(shown(&prints("No devices were found", 6), "").verdict, Verdict::Unknown);
    // No agent was there to count.
    let failed = prints("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9);
    let outcome = shown(&failed, "&min-count=8");
    assert_eq!(outcome.verdict, Verdict::Unknown);
    assert!(outcome.reason.starts_with("nvidia-smi ends with 9: NVIDIA-SMI has failed "), "{outcome:?}");
}

#[test]
fn what_it_cannot_say_is_unknown_and_never_hot() {
    for cell in [
        "[Unknown Error]",
        "[Insufficient Permissions]",
        "ERR!",
        "",
        "-",
        "9223372036854775794",
        "2147483632",
        "-300",
        "255",
        "1e3",
    ] {
        let text = prints(&format!("0, {cell}, {cell}, {cell}, {cell}, {cell}"), 0);
        for options in ["", "&max-temperature=85C"] {
            let outcome = shown(&text, options);
            assert_ne!(
                outcome.cause,
                Some(Cause::Unhealthy).filter(|_| cell != "255"),
                "{cell}: {outcome:?}"
            );
        }
        assert!(
            judge(&format!("0, {cell}, Not Active, 0, No, None"), Fields::default(), Some(85_000)).1[0].level
                == Level::Unknown,
            "{cell}"
        );
    }
    // A game card counts no errors, which is no fault of it.
    let game = prints("0, 45, Not Active, [N/A], [N/A], [N/A]", 0);
    assert_eq!(shown(&game, "&strict"), Outcome::pass("gpu0 hw_thermal_slowdown Not Active = Not Active"));
    let unknown = Outcome::unknown("gpu0 is \"[N/A]\"");
    assert_eq!(shown(&prints("0, [N/A], [N/A], [N/A], [N/A], [N/A]", 0), "&max-temperature=85C"), unknown);
}

#[test]
fn a_container_that_lost_its_devices_is_unknown() {
    let text = prints("Failed to initialize NVML: Unknown Error", 255);
    let outcome = shown(&text, "");
    assert_eq!(
        outcome,
        Outcome::unknown("nvidia-smi ends with 255: Failed to initialize NVML: Unknown Error")
    );
    assert_eq!(shown(&text, "&strict").verdict, Verdict::Fail);
    assert_eq!(shown(&prints("Tue Nov 24", 0), ""), Outcome::unknown("nvidia-smi says \"Tue Nov 24\""));
}

#[test]
fn memory_that_can_be_mended_no_more_fails() {
    let failed = |cell: &str| shown(&prints(&format!("0, 45, Not Active, 0, {cell}, None"), 0), "&strict");
    for cell in ["Yes", "1"] {
        assert_eq!(failed(cell), bad("gpu0 row remapping failure Yes != No"), "{cell}");
    }
    for cell in ["No", "0", "[N/A]", "N/A"] {
        assert_eq!(failed(cell).verdict, Verdict::Pass, "{cell}");
    }
    let garbage = Outcome::fail(Cause::Protocol, "unknown: gpu0 row remapping failure is \"Maybe\"");
    assert_eq!(failed("Maybe"), garbage);
}

/// An nvidia-smi that knows some of the fields: it refuses the first that it does not know, and writes each question down.
fn driver(fixture: &Fixture, knows: &[(&str, &str)]) -> String {
    let cells: String = knows.iter().map(|(field, cell)| format!("{field}) cell='{cell}';;\n")).collect();
    format!(
        "echo \"$1\" >> {}\nrow=\nfor field in $(echo \"${{1#--query-gpu=}}\" | tr , ' '); do\ncase $field in\n\
         {cells}*) echo \"Field \\\"$field\\\" is not a valid field to query.\"; exit 2;;\nesac\n\
         row=\"$row${{row:+, }}$cell\"\ndone\necho \"$row\"",
        fixture.root().join("asked").display()
    )
}

/// What a driver that knows these fields besides those that all know makes of two looks, and how often it was asked.
fn told_by(knows: &[(&str, &str)]) -> (Outcome, usize) {
    let (fixture, program) = machine("");
    let all = [("index", "0"), ("temperature.gpu", "45"), ("ecc.errors.uncorrected.volatile.total", "0")];
    say(&fixture, &driver(&fixture, &[&all, knows].concat()));
    let check = fixture.check(&format!("gpu:?strict&{program}"));
    assert_eq!(run(&*check), run(&*check));
    let asked = fs::read_to_string(fixture.root().join("asked")).unwrap();
    (run(&*check), asked.lines().count())
}

#[test]
fn an_older_driver_is_asked_for_what_it_knows_and_for_no_less() {
    let slowdown = ("clocks_event_reasons.hw_thermal_slowdown", "Not Active");
    let older = ("clocks_throttle_reasons.hw_thermal_slowdown", "Not Active");
    let remapping = ("remapped_rows.failure", "No");
    let recovery = ("gpu_recovery_action", "None");
    let well = |text: &str| Outcome::pass(text);
    assert_eq!(
        told_by(&[slowdown, remapping, recovery]),
        (well("gpu0 recovery action None = None; 3 more well"), 2)
    );
    assert_eq!(told_by(&[slowdown, remapping]), (well("gpu0 row remapping failure No = No; 2 more well"), 3));
    assert_eq!(told_by(&[slowdown, recovery]), (well("gpu0 recovery action None = None; 2 more well"), 3));
    // One that does not know the newer name of the slowdown knows of no recovery action either.
    assert_eq!(told_by(&[older, remapping]), (well("gpu0 row remapping failure No = No; 2 more well"), 3));
    assert_eq!(told_by(&[older]), (well("gpu0 uncorrected errors 0 <= 0; 1 more well"), 4));
    let broken = ("remapped_rows.failure", "Yes");
    assert_eq!(told_by(&[older, broken]).0, bad("gpu0 row remapping failure Yes != No"));
    let reset = ("gpu_recovery_action", "Reset");
    assert_eq!(told_by(&[slowdown, reset]).0, bad("gpu0 recovery action Reset != None"));
}

#[test]
fn a_program_that_knows_no_field_is_asked_twice_and_unknown() {
    let none = "echo 'Field \"x\" is not a valid field to query.'; exit 2";
    assert_eq!(shown(none, ""), Outcome::unknown("nvidia-smi knows no field"));
}

#[test]
fn a_program_that_hangs_is_killed_and_is_sick_when_it_was_seen_three_times() {
    let (fixture, program) = machine("sleep 86.25 & sleep 86.25");
    let check = fixture.check(&format!("gpu:?{program}"));
    let begin = Instant::now();
    let outcomes = [0; 3].map(|_| check.run(Deadline::after(Duration::from_millis(200))));
    assert!(begin.elapsed() < Duration::from_secs(60));
    let verdicts = outcomes.clone().map(|outcome| outcome.verdict);
    assert_eq!(verdicts, [Verdict::Unknown, Verdict::Unknown, Verdict::Fail], "{outcomes:?}");
    assert!(outcomes[2].reason.ends_with("nvidia-smi blocks, seen 3 times"), "{outcomes:?}");
    assert_eq!(outcomes[2].cause, Some(Cause::Timeout));
    // It is given some more time, in which it may still answer.
    let left = || {
        let left = Command::new("pgrep").args(["-f", "^sleep 86.25"]).output();
        left.is_ok_and(|output| !output.stdout.is_empty())
    };
    while left() {
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    say(&fixture, &prints(TWO, 0));
    // What the killed one came to is told first.
    run(&*check);
    assert_eq!(run(&*check).verdict, Verdict::Pass);
}

#[test]
fn a_program_that_answers_late_is_heard_and_one_that_never_does_stays_sick() {
    let (fixture, program) = machine("true");
    let gate = fixture.root().join("gate");
    fifo(&gate);
    say(&fixture, &format!("read line < {}; {}", gate.display(), prints(TWO, 0)));
    let check = fixture.check(&format!("gpu:?{program}"));
    let looks = |count: usize, limit: u64| -> Vec<_> {
        (0..count).map(|_| check.run(Deadline::after(Duration::from_millis(limit))).verdict).collect()
    };
    for _ in 0..3 {
        assert_eq!(looks(2, 1_000), [Verdict::Unknown; 2]);
        std::fs::write(&gate, "now\n").unwrap();
        assert_eq!(looks(1, 8_000), [Verdict::Pass]);
    }
    say(&fixture, "exec sleep 86.5");
    let never = looks(12, 100);
    let sick = never.iter().position(|verdict| *verdict == Verdict::Fail);
    assert!(sick.is_some_and(|first| never[first..].iter().all(|it| *it == Verdict::Fail)), "{never:?}");
}

#[test]
fn a_flood_of_output_is_cut() {
    let outcome = shown("head -c 3000000 /dev/zero | tr '\\0' '7'", "");
    assert_eq!(outcome.verdict, Verdict::Unknown, "{outcome:?}");
}

#[test]
fn no_gpu_at_all_is_unknown() {
    let fixture = Fixture::new(&[]);
    let none = Outcome::unknown("no GPU is visible: neither nvidia-smi nor the kernel shows one");
    assert_eq!(fixture.run("gpu:?program=/no/such/nvidia-smi"), none);
    let few = fixture.run("gpu:?program=/no/such/nvidia-smi&min-count=1");
    assert_eq!(few, bad("gpu count 0 < 1"));
}

#[test]
fn the_kernel_shows_those_of_others() {
    let fixture = Fixture::new(&[
        ("class/drm/card0/device/hwmon/hwmon4/name", "amdgpu\n"),
        ("class/drm/card0/device/hwmon/hwmon4/temp1_input", "56000\n"),
        ("class/drm/card0/device/hwmon/hwmon4/temp1_label", "edge\n"),
        ("class/drm/card0/device/hwmon/hwmon4/temp2_input", "64000\n"),
        ("class/drm/card0/device/hwmon/hwmon4/temp2_label", "junction\n"),
        ("class/drm/card0/device/hwmon/hwmon4/temp2_crit", "110000\n"),
        ("class/drm/card0/device/ras/umc_err_count", "ue: 0\nce: 3\n"),
        ("class/drm/card0/device/ras/gfx_err_count", "ue: 0\nce: 0\n"),
        ("class/drm/card0/device/ras/features", "feature mask: 0x1\n"),
        ("class/drm/card0-DP-1/status", "disconnected\n"),
        ("class/drm/card1/device/vendor", "0x1a03\n"),
        ("class/drm/renderD128/dev", "226:128\n"),
    ]);
    let shown = |options: &str| fixture.run(&format!("gpu:?program=/no/such/program{options}"));
    let well = Outcome::pass("amdgpu junction 64 C < 110 C critical; 2 more well");
    assert_eq!(shown("&min-count=1&strict"), well);
    assert_eq!(shown("&min-count=2"), bad("gpu count 1 < 2"));
    assert_eq!(shown("&max-temperature=64C"), bad("amdgpu junction 64 C >= 64 C"));
    fixture.write("class/drm/card0/device/ras/umc_err_count", "ue: 2\nce: 3\n");
    assert_eq!(shown(""), bad("card0 uncorrected errors 2 > 0"));
    fixture.write("class/drm/card0/device/ras/umc_err_count", "ue: -5\n");
    assert!(shown("").reason.ends_with("; 1 unknown: card0 uncorrected errors umc_err_count holds no count"));
}

#[test]
fn no_output_brings_it_down() {
    let mut random = Random(31);
    for _ in 0..20_000 {
        let text = random.damaged(TWO.as_bytes());
        let (_, readings) = judge(&String::from_utf8_lossy(&text), Fields::default(), Some(85_000));
        assert!(readings.iter().all(|Reading { text, .. }| text.len() < 400));
    }
}
