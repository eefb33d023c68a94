//! Small files that the options of a check name: certificates, keys, passwords.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use crate::check::{Cause, Outcome};

/// The whole file, at most `limit` bytes of it, or a sentence that names the path and never the content.
pub fn read(path: &str, limit: u64) -> std::result::Result<Vec<u8>, Outcome> {
    let mut bytes = Vec::new();
    match open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::NotFound => "no such file".into(),
                ErrorKind::PermissionDenied => "permission denied".into(),
                ErrorKind::IsADirectory => "it is a directory".into(),
                _ => error.to_string(),
            };
            // The check cannot be made, which says nothing of the program: no reason to restart it.
            Err(Outcome::alive(Cause::Protocol, format!("cannot read {path}: {why}")))
        }
    }
}

/// Without waiting: opening a named pipe would otherwise block until a program writes to it.
fn open(path: &str) -> Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// What changes when a file is replaced or rewritten: a renewed Secret is a new inode behind the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    size: u64,
}

impl Stamp {
    /// The stamp of the file behind the path, none if it cannot be seen.
    pub fn of(path: &str) -> Option<Self> {
        let data = std::fs::metadata(path).ok()?;
        Some(Self {
            device: data.dev(),
            inode: data.ino(),
            modified: (data.mtime(), data.mtime_nsec()),
            size: data.size(),
        })
    }
}
