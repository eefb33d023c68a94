//! What has to be said of every scheme in other places than its own file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, and here all is test"
)]

use std::collections::BTreeSet;

/// Schemes that no peer and no file of a tree answers, so that there is nothing to fuzz: they are as another one, ask the
/// kernel or run a program.
const NOT_FUZZED: &[&str] = &[
    "clock",
    "device",
    "exec",
    "file",
    "gpu",
    "https",
    "listen",
    "mariadb",
    "nvme",
    "opensearch",
    "process",
    "push",
    "tcp",
    "wss",
];

fn schemes() -> BTreeSet<String> {
    let contract: serde_json::Value = serde_json::from_str(include_str!("../checks.json")).unwrap();
    contract["schemes"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_scheme_is_fuzzed_or_known_to_be_none_to_fuzz() {
    let lines = include_str!("../fuzz/checks").lines().filter(|line| !line.starts_with('#'));
    let fuzzed = lines.filter_map(|line| Some(line.split_once(':')?.0.to_owned()));
    let known: BTreeSet<_> = fuzzed.chain(NOT_FUZZED.iter().map(|&scheme| scheme.to_owned())).collect();
    assert_eq!(known, schemes());
}

#[test]
fn the_help_lists_every_scheme_and_so_does_the_readme() {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_health-probe")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.split("Schemes:\n").nth(1).unwrap().lines().map_while(|line| line.strip_prefix("  "));
    let listed: BTreeSet<_> = listed.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(listed, schemes());
    let update = "npm run test:update makes it";
    assert!(include_str!("../README.md").contains(&help), "the README has another help text: {update}");
}
