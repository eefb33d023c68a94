//! A small tree of files for a test, gone with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::check::{Cause, Check, Deadline, HostRoots, Outcome, Verdict};
use crate::registry::{SCHEMES, check_of};
use crate::scheme::parse;

/// Files by their paths; a path that ends in `@` is a link to what it holds.
pub struct Fixture(PathBuf);

impl Fixture {
    /// The tree of these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("health-probe-hardware-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let fixture = Self(fs::canonicalize(root).unwrap());
        for (path, content) in files {
            fixture.write(path, content);
        }
        fixture
    }

    /// Writes a file, or makes a link.
    pub fn write(&self, path: &str, content: &str) {
        let link = path.strip_suffix('@');
        let file = self.0.join(link.unwrap_or(path));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match link {
            Some(_) => std::os::unix::fs::symlink(content, file).unwrap(),
            None => fs::write(file, content).unwrap(),
        }
    }

    /// Removes a file or a folder.
    pub fn remove(&self, path: &str) {
        let path = self.0.join(path);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// The root of the tree.
    pub fn root(&self) -> &Path {
        &self.0
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A named pipe, which blocks the thread that opens it.
pub fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

impl Fixture {
    /// A check of this tree, as `serve` has it: sys, proc and dev are all at its root.
    pub fn check(&self, text: &str) -> Box<dyn Check> {
        let root = || self.0.clone();
        let roots = HostRoots { proc: root(), sys: root(), dev: root(), state: None };
        check_of(&parse(text, SCHEMES).unwrap_or_else(|error| panic!("{}", error.0)), &roots).unwrap()
    }

    /// One run of a check of this tree.
    pub fn run(&self, text: &str) -> Outcome {
        run(&*self.check(text))
    }
}

/// One run that has all the time it needs.
pub fn run(check: &dyn Check) -> Outcome {
    check.run(Deadline::after(Duration::from_secs(8)))
}

/// The first look that finds the read of this file blocked: on a busy machine one before may not have come that far.
pub fn first_blocked_look(check: &dyn Check, path: &Path) -> Outcome {
    let blocks = format!("{} blocks", path.display());
    loop {
        let outcome = short_look(check);
        if outcome.reason.contains(&blocks) {
            return outcome;
        }
        assert_eq!(outcome.verdict, Verdict::Unknown, "{outcome:?}");
    }
}

/// One run that waits for no read that blocks.
pub fn short_look(check: &dyn Check) -> Outcome {
    check.run(Deadline::after(Duration::from_millis(20)))
}

/// What a check says of hardware that is not in order.
pub fn bad(reason: &str) -> Outcome {
    Outcome::fail(Cause::Unhealthy, reason)
}

/// What no sensor says, with what is made of it: never bad.
pub const GARBAGE: [&str; 6] = ["", "x", "1x", "0x10", "99999999999999999999", "\u{fffd}\n\n"];
