//! `install`: copies this program into a directory, and proves that the copy runs.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{self, Command, ExitCode};

use crate::version::VERSION;

/// Installs into `directory/health-probe` and exits with 1 and a sentence if the copy does not run:
/// an exec probe whose program is missing never fails, so the init container has to.
pub fn run(directory: &Path) -> ExitCode {
    let copy = directory.join("health-probe");
    let (text, code) = match place(directory, &copy).and_then(|()| prove(&copy)) {
        Ok(()) => (format!("installed {}\n", copy.display()), 0),
        Err(sentence) => (sentence + "\n", 1),
    };
    let written = match code {
        0 => io::stdout().write_all(text.as_bytes()),
        _ => io::stderr().write_all(text.as_bytes()),
    };
    drop(written);
    ExitCode::from(code)
}

/// Writes beside the copy and renames: a probe that runs meanwhile finds the old program or the new one, never half of one.
fn place(directory: &Path, copy: &Path) -> Result<(), String> {
    let fresh = directory.join(format!(".health-probe.{}", process::id()));
    let placed = write(&fresh).and_then(|()| fs::rename(&fresh, copy));
    placed.map_err(|error| {
        drop(fs::remove_file(&fresh));
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "expected a directory that exists",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "expected room for a few megabytes",
            _ => "expected a directory that this user can write to",
        };
        format!("{} cannot be written: {error}; {hint}", copy.display())
    })
}

fn write(fresh: &Path) -> io::Result<()> {
    let mut program = File::open("/proc/self/exe")?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(fresh)?;
    io::copy(&mut program, &mut file)?;
    // The mode at creation is cut by the umask; the probe may run as any user.
    file.set_permissions(Permissions::from_mode(0o555))
}

fn prove(copy: &Path) -> Result<(), String> {
    let shown = format!("{} cannot be run", copy.display());
    let output = Command::new(copy).arg("version").output().map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "; expected a mount without noexec",
            _ => "",
        };
        format!("{shown}: {error}{hint}")
    })?;
    let expected = format!("health-probe {VERSION}\n");
    if output.status.success() && output.stdout == expected.as_bytes() {
        return Ok(());
    }
    Err(format!("{shown}: it ended with {}, expected it to print its version", output.status))
}
