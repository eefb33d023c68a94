//! A small tree of files for a test, gone with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// A named pipe, which blocks whoever opens it.
pub fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
