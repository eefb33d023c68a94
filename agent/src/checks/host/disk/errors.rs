//! How many errors a file system has counted. Only ext4 counts them where all can see: what xfs shows in `/sys/fs/xfs` are
//! its settings, and statistics of all file systems together.

use super::mounts::Mount;
use crate::sensors::{Tree, Unreadable};

/// `/sys/fs/ext4/DEVICE/errors_count`; none where the file system is of another kind.
pub fn count(sys: &Tree, mount: &Mount) -> Result<Option<u64>, Unreadable> {
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
