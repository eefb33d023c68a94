//! Which file system a path lies on, by the mount table, and how many errors that has counted. Only ext4 counts them where all
//! can see: what xfs shows in `/sys/fs/xfs` are its settings, and statistics of all file systems together.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::sensors::{Tree, Unreadable};

/// Thousands of mounts.
const LONGEST_MOUNTINFO: u64 = 2 * 1024 * 1024;

/// A line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    point: PathBuf,
    /// Its number, as in `/sys/dev/block`.
    pub device: String,
    pub kind: String,
    /// Those of the file system, not of the mount.
    pub options: String,
}

/// The mount whose point is the longest in front of the path, the last of those that cover each other.
pub fn mount_of(proc: &Tree, path: &Path) -> Result<Option<Mount>, Unreadable> {
    let file = proc.folder("self")?.open("mountinfo")?;
    let mut best: Option<Mount> = None;
    for line in BufReader::new(file.take(LONGEST_MOUNTINFO)).split(b'\n') {
        let line = line?;
        let Some(mount) = mount(&line) else { continue };
        let length = |mount: &Mount| mount.point.as_os_str().len();
        if path.starts_with(&mount.point) && best.as_ref().is_none_or(|it| length(&mount) >= length(it)) {
            best = Some(mount);
        }
    }
    Ok(best)
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn mount(line: &[u8]) -> Option<Mount> {
    let mut words = line.split(|byte| *byte == b' ');
    let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let device = text(words.nth(2)?);
    let point = unescaped(words.nth(1)?);
    words.find(|word| *word == b"-")?;
    let kind = text(words.next()?);
    let options = text(words.nth(1)?);
    Some(Mount { point, device, kind, options })
}

/// A space is `\040`.
fn unescaped(word: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        let code = match (byte, after) {
            (b'\\', [one @ b'0'..=b'3', two @ b'0'..=b'7', three @ b'0'..=b'7', ..]) => {
                Some((one - b'0') << 6 | (two - b'0') << 3 | (three - b'0'))
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// `/sys/fs/ext4/DEVICE/errors_count`; none where the file system is of another kind.
pub fn error_count(sys: &Tree, mount: &Mount) -> Result<Option<u64>, Unreadable> {
    if !["ext2", "ext3", "ext4"].contains(&mount.kind.as_str()) {
        return Ok(None);
    }
    let count = || {
        let device = sys.folder(&format!("dev/block/{}", mount.device))?.name();
        sys.folder(&format!("fs/ext4/{device}"))?.count("errors_count")
    };
    match count() {
        // A kernel may have another driver for the older ones, which counts nothing.
        Err(Unreadable::Absent) if mount.kind != "ext4" => Ok(None),
        count => count.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    #[test]
    fn mount_points_are_unescaped_and_no_line_brings_it_down() {
        assert_eq!(unescaped(b"/a\\040b\\134\\011c\\9\\0"), Path::new("/a b\\\tc\\9\\0"));
        let line = b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
        let expected = Mount {
            point: "/mnt2".into(),
            device: "98:0".into(),
            kind: "ext3".into(),
            options: "rw,errors=continue".into(),
        };
        assert_eq!(mount(line), Some(expected));
        let mut random = Random(11);
        for _ in 0..20_000 {
            mount(&random.damaged(line));
        }
    }
}
