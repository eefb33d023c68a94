use std::path::Path;

use super::*;
use crate::check::{Outcome, Verdict};
use crate::sensors::Level;
use crate::sensors::fixture::{Fixture, GARBAGE, bad, run};
use crate::sys::FsStats;

fn judged(options: &str, room: &FsStats) -> Vec<(Level, String)> {
    let options = options.split('&').filter_map(|option| option.split_once('='));
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let value = |name: &str| {
        let options: &Vec<(String, String)> = &options;
        options.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let disk = Disk {
        proc: Tree::at(Path::new("/proc")),
        sys: Tree::at(Path::new("/sys")),
        path: "/data".into(),
        name: "/data".into(),
        min_free: value("min-free").as_deref().and_then(parse_space).unwrap_or(Space::Percent(5)),
        min_inodes: value("min-inodes").as_deref().and_then(parse_percent),
        max_errors: 0,
    };
    disk.space(room).into_iter().map(|reading| (reading.level, reading.text)).collect()
}

/// 1,000 blocks of 4 KiB, of which 100 are kept for root.
fn room(free: u64) -> FsStats {
    FsStats { block: 4_096, free, used: 900 - free, inodes_free: 10, inodes_used: 90 }
}

#[test]
fn a_share_or_a_size_has_to_be_free() {
    let shown = |free, options: &str| judged(options, &room(free))[0].clone();
    assert_eq!(shown(45, ""), (Level::Well, "/data free 5 % >= 5 %".into()));
    assert_eq!(shown(44, ""), (Level::Bad, "/data free 4.8 % < 5 %".into()));
    assert_eq!(shown(0, ""), (Level::Bad, "/data free 0 % < 5 %".into()));
    assert_eq!(shown(900, "min-free=100%").0, Level::Well);
    assert_eq!(shown(256, "min-free=1Mi"), (Level::Well, "/data free 1024 Ki >= 1024 Ki".into()));
    assert_eq!(shown(255, "min-free=1Mi").0, Level::Bad);
    assert_eq!(shown(900, "min-free=500Gi"), (Level::Bad, "/data free 3600 Ki < 500 Gi".into()));
    assert_eq!(shown(0, "min-free=0%").0, Level::Well);
    let huge = FsStats { block: u64::MAX, free: u64::MAX, used: u64::MAX, inodes_free: 0, inodes_used: 0 };
    assert_eq!(judged("min-free=999999Ti", &huge)[0].0, Level::Well);
    assert_eq!(judged("", &huge)[0].1, "/data free 50 % >= 5 %");
    let none = FsStats { block: 0, free: 0, used: 0, inodes_free: 0, inodes_used: 0 };
    assert_eq!(judged("", &none)[0].0, Level::Unknown);
}

#[test]
fn inodes_count_where_the_file_system_has_a_number_of_them() {
    let shown = |options: &str| judged(options, &room(500)).get(1).cloned();
    assert_eq!(shown(""), None);
    assert_eq!(shown("min-inodes=10%"), Some((Level::Well, "/data inodes 10 % >= 10 %".into())));
    assert_eq!(shown("min-inodes=11%"), Some((Level::Bad, "/data inodes 10 % < 11 %".into())));
    let btrfs = FsStats { inodes_free: 0, inodes_used: 0, ..room(500) };
    assert_eq!(judged("min-inodes=10%", &btrfs).len(), 1);
}

/// What the kernel shows of the partition that has the number 8:2.
const PARTITION: &[(&str, &str)] = &[
    ("devices/pci0000:00/block/sda/sda2/partition", "2\n"),
    ("dev/block/8:2@", "../../devices/pci0000:00/block/sda/sda2"),
    (ERRORS, "3\n"),
];

const ERRORS: &str = "fs/ext4/sda2/errors_count";

/// The mount table of a Pod: an overlay as root, and a volume with a space in its path.
fn mounts(fixture: &Fixture, options: &str) -> String {
    let data = fixture.root().join("da ta");
    std::fs::create_dir_all(&data).unwrap();
    let point = data.display().to_string().replace(' ', "\\040");
    let table = format!(
        "615 520 0:58 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b\n\
         620 615 8:2 /pods {point} ro,relatime master:1 shared:2 - ext4 /dev/sda2 {options}\n\
         621 615 0:5 / {point}x rw - tmpfs tmpfs ro\n\
         odd line\n"
    );
    fixture.write("self/mountinfo", &table);
    format!("disk://{}?min-free=0%", data.display().to_string().replace(' ', "%20"))
}

#[test]
fn a_file_system_that_became_read_only_fails_and_a_mount_that_is_so_on_purpose_does_not() {
    let fixture = Fixture::new(PARTITION);
    let url = mounts(&fixture, "rw,errors=remount-ro");
    let outcome = fixture.run(&format!("{url}&strict"));
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    let path = fixture.root().join("da ta").display().to_string();
    for word in ["ro", "emergency_ro", "shutdown"] {
        mounts(&fixture, &format!("{word},errors=remount-ro"));
        assert_eq!(fixture.run(&url), bad(&format!("{path} file system {word} != rw")));
    }
    // The later of two mounts at one place covers the other.
    let point = path.replace(' ', "\\040");
    let table = format!("1 0 8:2 / {point} rw - ext4 a ro\n2 1 8:3 / {point} rw - ext4 b rw\n");
    fixture.write("self/mountinfo", &table);
    assert_eq!(fixture.run(&url).verdict, Verdict::Pass);
}

#[test]
fn an_error_that_the_file_system_counts_fails_where_it_stays_writable() {
    let fixture = Fixture::new(PARTITION);
    let url = mounts(&fixture, "rw,errors=continue");
    let path = fixture.root().join("da ta").display().to_string();
    let check = fixture.check(&format!("{url}&strict"));
    // Those that the superblock has kept from before, on this node or another, are not this Pod's.
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    fixture.write(ERRORS, "4\n");
    let failed = bad(&format!("{path} file system errors 1 > 0"));
    assert_eq!(run(&*check), failed);
    assert_eq!(run(&*check), failed);
    let lenient = fixture.check(&format!("{url}&max-errors=2"));
    for (count, verdict) in [("4", Verdict::Pass), ("6", Verdict::Pass), ("7", Verdict::Fail)] {
        fixture.write(ERRORS, count);
        assert_eq!(run(&*lenient).verdict, verdict, "{count}");
    }
    // fsck begins anew at 0.
    let check = fixture.check(&url);
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    fixture.write(ERRORS, "0");
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    fixture.write(ERRORS, "1");
    assert_eq!(run(&*check).verdict, Verdict::Fail);
}

#[test]
fn errors_that_cannot_be_counted_are_unknown() {
    let fixture = Fixture::new(PARTITION);
    let url = mounts(&fixture, "rw");
    let shown = || {
        let outcome = fixture.run(&url);
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
        assert_eq!(fixture.run(&format!("{url}&strict")).verdict, Verdict::Fail);
        outcome.reason.split_once(" file system errors ").map(|(_, why)| why.to_owned())
    };
    for garbage in GARBAGE {
        fixture.write(ERRORS, garbage);
        assert!(shown().is_some_and(|why| why.starts_with("is ")), "{garbage}");
    }
    fixture.remove("fs");
    assert_eq!(shown().as_deref(), Some("is missing"));
    fixture.remove("dev");
    assert_eq!(shown().as_deref(), Some("is missing"));
    // A link that leads out of the tree.
    fixture.write("dev/block/8:2@", "/dev");
    assert_eq!(shown().as_deref(), Some("cannot be read: it is outside of its root"));
}

#[test]
fn a_file_system_that_counts_no_errors_is_not_asked_for_any() {
    let fixture = Fixture::new(&[]);
    let url = mounts(&fixture, "rw");
    let point = fixture.root().join("da ta").display().to_string().replace(' ', "\\040");
    for kind in ["xfs", "btrfs", "tmpfs", "overlay", "nfs4", "ext2"] {
        fixture.write("self/mountinfo", &format!("1 0 8:2 / {point} rw - {kind} /dev/sda2 rw\n"));
        let outcome = fixture.run(&format!("{url}&strict"));
        assert_eq!((outcome.verdict, outcome.reason.contains("errors")), (Verdict::Pass, false), "{kind}");
    }
    // The driver of ext4 takes the older ones too, as most kernels do.
    for (path, content) in PARTITION {
        fixture.write(path, content);
    }
    fixture.write("self/mountinfo", &format!("1 0 8:2 / {point} rw - ext3 /dev/sda2 rw\n"));
    let check = fixture.check(&url);
    assert_eq!(run(&*check).verdict, Verdict::Pass);
    fixture.write(ERRORS, "4");
    assert_eq!(run(&*check).verdict, Verdict::Fail);
}

#[test]
fn a_mount_table_that_says_nothing_is_unknown() {
    let fixture = Fixture::new(&[]);
    let url = mounts(&fixture, "rw");
    for table in ["", "garbage", "1 2 3 4", "1 0 8:2 / /elsewhere rw - ext4 a ro"] {
        fixture.write("self/mountinfo", table);
        let outcome = fixture.run(&url);
        assert_eq!(outcome.verdict, Verdict::Pass, "{table}");
        assert!(outcome.reason.ends_with(" file system is not in mountinfo"), "{outcome:?}");
        assert_eq!(fixture.run(&format!("{url}&strict")).verdict, Verdict::Fail);
    }
    fixture.remove("self");
    assert!(
        fixture.run(&url).reason.ends_with(" file system mountinfo is missing"),
        "{:?}",
        fixture.run(&url)
    );
}

#[test]
fn a_path_that_is_not_there_is_unknown() {
    let fixture = Fixture::new(&[]);
    assert_eq!(fixture.run("disk:///no/such/path"), Outcome::unknown("/no/such/path is missing"));
    assert_eq!(fixture.run("disk:///no/such/path?strict").verdict, Verdict::Fail);
}

#[test]
fn the_real_root_is_judged() {
    let check = crate::scheme::parse("disk:///?min-free=0%", &[&SCHEME]);
    assert!(check.is_err(), "the root is no path of a check");
    let check = crate::scheme::parse("disk:///proc?min-free=0%", &[&SCHEME]).unwrap();
    let disk = Disk::from_url(&check, &HostRoots::default()).unwrap();
    let outcome = run(&disk);
    assert!(outcome.reason.starts_with("/proc "), "{outcome:?}");
}
