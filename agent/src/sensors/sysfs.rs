//! Small files of a pseudo file system, which may be mounted anywhere: nothing outside of its root is read, whatever the
//! links in it say, and of no file more than a page.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use super::watchdog;
use crate::line;
use crate::scheme::quoted;

/// What sysfs gives at most.
const PAGE: u64 = 4_096;

/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 4_096;

/// The root of a pseudo file system.
pub struct Tree(PathBuf);

/// A folder in it; links were followed as long as they stay within.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    path: PathBuf,
}

/// Why a file says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Absent,
    Error(String),
    /// Something that is no number.
    Garbage(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("is missing"),
            Self::Error(why) => write!(formatter, "cannot be read: {why}"),
            Self::Garbage(what) => write!(formatter, "is {what}, expected a number"),
        }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match (error.kind(), error.raw_os_error()) {
            // A device that goes away while it is looked at.
            (io::ErrorKind::NotFound, _) | (_, Some(libc::ENODEV)) => Self::Absent,
            (io::ErrorKind::PermissionDenied, _) => Self::Error("permission denied".into()),
            _ => Self::Error(error.to_string()),
        }
    }
}

impl Tree {
    /// The tree under a root.
    pub fn at(root: &Path) -> Self {
        Self(root.to_owned())
    }

    /// A folder by its path from the root on.
    pub fn folder(&self, path: &str) -> Result<Folder, Unreadable> {
        let root = fs::canonicalize(&self.0)?;
        Folder { path: root.clone(), root }.folder(path)
    }

    /// The real path of something in it.
    pub fn path(&self, path: &str) -> Result<PathBuf, Unreadable> {
        self.folder("")?.within(path)
    }

    /// Where the root was said to be.
    pub fn root(&self) -> &Path {
        &self.0
    }
}

impl Folder {
    /// A folder by its path from this one on.
    pub fn folder(&self, path: &str) -> Result<Self, Unreadable> {
        Ok(Self { root: self.root.clone(), path: self.within(path)? })
    }

    /// The real path of something in this folder.
    fn within(&self, path: &str) -> Result<PathBuf, Unreadable> {
        let outside = || Unreadable::Error("it is outside of its root".into());
        if !is_downwards(path) {
            return Err(outside());
        }
        let joined = self.path.join(path);
        watchdog::about_to_read(&joined);
        let real = fs::canonicalize(joined)?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(outside()) }
    }

    /// The folder's own name, once links were followed.
    pub fn name(&self) -> String {
        line::clean(&self.path.file_name().unwrap_or_default().to_string_lossy(), 64)
    }

    /// By what a sensor of this folder is known, whatever it is called: its path, on one line.
    pub fn key(&self, name: &str) -> String {
        self.path.join(name).display().to_string().replace('\n', " ")
    }

    /// The folder around it.
    pub fn parent(&self) -> Option<Self> {
        let path = self.path.parent().filter(|path| path.starts_with(&self.root))?;
        Some(Self { root: self.root.clone(), path: path.to_owned() })
    }

    /// The names of the entries, hwmon2 before hwmon10.
    pub fn names(&self) -> Result<Vec<String>, Unreadable> {
        watchdog::about_to_read(&self.path);
        let entries = fs::read_dir(&self.path)?.take(MOST_ENTRIES);
        let mut names: Vec<_> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        Ok(names)
    }

    /// The entries that are folders, or links to some.
    pub fn folders(&self) -> Result<Vec<(String, Self)>, Unreadable> {
        let names = self.names()?.into_iter();
        Ok(names.filter_map(|name| Some((name.clone(), self.folder(&name).ok()?))).collect())
    }

    /// What a file holds, white space around it cut off.
    pub fn text(&self, name: &str) -> Result<String, Unreadable> {
        let mut bytes = Vec::new();
        self.open(name)?.take(PAGE).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// What a file holds as one short line, fit to be shown.
    pub fn line(&self, name: &str) -> Result<String, Unreadable> {
        Ok(line::clean(&self.text(name)?, 48))
    }

    /// The number that a file holds.
    pub fn number(&self, name: &str) -> Result<i64, Unreadable> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Unreadable::Garbage(quoted(&line::clean(&text, 24))))
    }

    /// The count that a file holds.
    pub fn count(&self, name: &str) -> Result<u64, Unreadable> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Unreadable::Garbage(quoted(&line::clean(&text, 24))))
    }

    /// In sysfs no file is a link; those of a mounted ConfigMap are.
    pub fn open(&self, name: &str) -> Result<File, Unreadable> {
        if !is_downwards(name) {
            return Err(Unreadable::Error("it is outside of its root".into()));
        }
        let open = |path: &Path| {
            watchdog::about_to_read(path);
            OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NOCTTY).open(path)
        };
        match open(&self.path.join(name)) {
            Err(error) if error.raw_os_error() == Some(libc::ELOOP) => Ok(open(&self.within(name)?)?),
            other => Ok(other?),
        }
    }
}

/// Whether it leads neither upwards nor anywhere else.
fn is_downwards(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests;
