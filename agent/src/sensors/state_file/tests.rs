use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::net::test_server::Random;
use crate::sensors::fixture::{Fixture, fifo};

fn store(folder: &Path, text: &str) -> StateFile {
    StateFile::of(&CheckUrl { text: text.into(), ..CheckUrl::default() }, folder)
}

fn history() -> History {
    History {
        series: BTreeMap::from([
            ("mc0 corrected".to_owned(), Series { last: 9, grown: 2, samples: vec![(1, 0), (5, 2)] }),
            ("b".to_owned(), Series { last: 0, grown: 0, samples: vec![] }),
        ]),
        windows: BTreeMap::from([
            ("coretemp Package id 0".to_owned(), Debounce::Since(77)),
            ("c".to_owned(), Debounce::Readings(0b101)),
        ]),
        devices: BTreeMap::from([("nvme0".to_owned(), 2)]),
        blocked: 1,
        blocked_at: "/sys/a b".to_owned(),
    }
}

#[test]
fn what_is_left_is_found_by_the_same_check_and_by_no_other() {
    let fixture = Fixture::new(&[]);
    let one = store(fixture.root(), "temperature:?for=5m");
    assert_eq!(one.load(), Ok(History::default()));
    one.save(&history()).unwrap();
    assert_eq!(one.load(), Ok(history()));
    assert_eq!(store(fixture.root(), "memory-errors:").load(), Ok(History::default()));
    let other = StateFile { path: one.path.clone(), ..store(fixture.root(), "memory-errors:") };
    assert!(other.load().unwrap_err().ends_with("is not that of this check, begun anew"));
    assert_eq!(fs::read_dir(fixture.root()).unwrap().count(), 1);
}

#[test]
fn a_memory_that_is_full_is_read_again() {
    let fixture = Fixture::new(&[]);
    let one = store(fixture.root(), "infiniband:");
    let samples: Vec<_> = (0..14).map(|at| (at, u64::MAX - 14 + at)).collect();
    let name = |number: usize| format!("{:0>112}", number);
    let full = History {
        series: (0..1_024)
            .map(|it| (name(it), Series { last: u64::MAX, grown: u64::MAX, samples: samples.clone() }))
            .collect(),
        windows: (0..1_024).map(|it| (name(it), Debounce::Since(u64::MAX))).collect(),
        devices: (0..1_024).map(|it| (name(it), u32::MAX)).collect(),
        blocked: u32::MAX,
        blocked_at: "x".repeat(4_096),
    };
    one.save(&full).unwrap();
    assert_eq!(one.load(), Ok(full));
}

#[test]
fn another_boot_begins_anew() {
    let fixture = Fixture::new(&[]);
    let one = store(fixture.root(), "clock:");
    let words: Vec<_> = one.head.split(' ').collect();
    let head = [words[0], words[1], "another-boot", words[3]].join(" ");
    StateFile { path: one.path.clone(), head }.save(&history()).unwrap();
    assert_eq!(one.load(), Ok(History::default()));
}

#[test]
fn garbage_is_told_and_replaced() {
    let fixture = Fixture::new(&[]);
    let one = store(fixture.root(), "clock:");
    for garbage in
        ["", "x", "\u{0}\n", "health-probe-state 2\n", &format!("{}\ncounter 1/2/9:9,3:3 a\n", one.head)]
    {
        fs::write(&one.path, garbage).unwrap();
        assert!(one.load().is_err(), "{garbage:?}");
    }
    fs::write(&one.path, [0xff, 0xfe]).unwrap();
    assert!(one.load().is_err());
    one.save(&history()).unwrap();
    assert_eq!(one.load(), Ok(history()));
}

#[test]
fn what_is_no_plain_file_is_not_waited_for() {
    let fixture = Fixture::new(&[("folder/x", "")]);
    fifo(&fixture.root().join("fifo"));
    for name in ["fifo", "folder"] {
        let path = fixture.root().join(name);
        let store = StateFile { path, head: String::new() };
        assert!(store.load().is_err(), "{name}");
    }
    let nowhere = store(Path::new("/no/such/folder"), "clock:");
    assert!(nowhere.save(&history()).unwrap_err().contains("cannot be written: No such file"));
}

#[test]
fn no_file_brings_it_down() {
    let mut random = Random(23);
    let healthy = encode(&history());
    for _ in 0..20_000 {
        let damaged = random.damaged(healthy.as_bytes());
        let _ = decode(&String::from_utf8_lossy(&damaged));
    }
}
