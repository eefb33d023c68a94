//! The few calls that the standard library lacks, each made safe here.

pub mod process;
pub mod socket;

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

/// The end of a pipe that the signal handler writes to; -1 until there is one.
static SIGNALLED: AtomicI32 = AtomicI32::new(-1);

/// Keeps glibc from giving every thread a heap of its own, which would cost more memory than all checks together.
pub fn share_one_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt only sets a parameter of the allocator, and is called before a second thread exists.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives the pages back that nothing is kept on any more: a look at hundreds of sensors leaves many behind.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim takes a number, and only frees what is free.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// A pipe that becomes readable when SIGTERM or SIGINT arrives; they do not end the process any more.
pub fn termination_signals() -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    SIGNALLED.store(writer.into_raw_fd(), Ordering::SeqCst);
    for signal in [libc::SIGTERM, libc::SIGINT] {
        // SAFETY: an all-zero sigaction is valid (empty mask, no flags); the handler calls only what signal-safety(7) allows.
        let outcome = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut())
        };
        if outcome != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(reader)
}

extern "C" fn on_signal(_signal: libc::c_int) {
    let byte = [0_u8];
    // SAFETY: write(2) is async-signal-safe, the buffer outlives the call, and errno is put back for the code that was interrupted.
    unsafe {
        let errno = *libc::__errno_location();
        libc::write(SIGNALLED.load(Ordering::SeqCst), byte.as_ptr().cast(), 1);
        *libc::__errno_location() = errno;
    }
}

/// A descriptor to wait on: readable, or writable.
pub fn interest(descriptor: BorrowedFd, writable: bool) -> libc::pollfd {
    let events = if writable { libc::POLLOUT } else { libc::POLLIN };
    libc::pollfd { fd: descriptor.as_raw_fd(), events, revents: 0 }
}

/// Waits until one of the descriptors is ready, the time is over (rounded up to milliseconds) or a signal arrives.
pub fn poll(descriptors: &mut [libc::pollfd], timeout: Option<Duration>) -> io::Result<()> {
    let count = libc::nfds_t::try_from(descriptors.len()).unwrap_or_default();
    let milliseconds = timeout.map_or(-1, |left| {
        let whole = left.as_millis() + u128::from(left.subsec_nanos() % 1_000_000 > 0);
        i32::try_from(whole).unwrap_or(i32::MAX)
    });
    // SAFETY: pointer and length are those of one exclusive slice.
    match unsafe { libc::poll(descriptors.as_mut_ptr(), count, milliseconds) } {
        -1 => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error => Err(error),
        },
        _ => Ok(()),
    }
}

/// Whether the descriptor can be read, or is at its end, within the time.
pub fn wait_readable(descriptor: BorrowedFd, timeout: Duration) -> io::Result<bool> {
    let mut descriptors = [interest(descriptor, false)];
    poll(&mut descriptors, Some(timeout))?;
    Ok(descriptors.iter().any(|descriptor| descriptor.revents != 0))
}

/// Milliseconds since the machine was booted, time asleep included: the same for every process, and never set back.
pub fn since_boot_ms() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

/// The status bits of the kernel's clock, and its greatest error in microseconds; asking takes no privilege.
pub fn clock_state() -> io::Result<(i32, i64)> {
    // SAFETY: an all-zero timex asks and changes nothing; the kernel writes to a live one.
    let (outcome, time) = unsafe {
        let mut time: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut time), time)
    };
    match outcome {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok((time.status, time.maxerror)),
    }
}

/// What is left of a file system, in blocks of so many bytes, of what may be had without being root.
pub struct FsStats {
    pub block: u64,
    pub free: u64,
    pub used: u64,
    pub inodes_free: u64,
    pub inodes_used: u64,
}

/// Asks for the room of the file system of a path.
#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the types are those of the C library"
)]
pub fn fs_stats(path: &CStr) -> io::Result<FsStats> {
    // SAFETY: an all-zero statvfs is valid and is only written to; the path ends with a zero.
    let (outcome, it) = unsafe {
        let mut it: libc::statvfs64 = std::mem::zeroed();
        (libc::statvfs64(path.as_ptr(), &raw mut it), it)
    };
    match outcome {
        0 => Ok(FsStats {
            block: it.f_frsize as u64,
            free: it.f_bavail,
            used: it.f_blocks.saturating_sub(it.f_bfree),
            inodes_free: it.f_favail,
            inodes_used: it.f_files.saturating_sub(it.f_ffree),
        }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `struct nvme_passthru_cmd` of linux/nvme_ioctl.h.
#[repr(C)]
struct NvmeCommand {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    cdw: [u32; 2],
    metadata: u64,
    data: u64,
    metadata_bytes: u32,
    data_bytes: u32,
    arguments: [u32; 6],
    timeout_ms: u32,
    result: u32,
}

/// A log page of an NVMe drive, its first 512 bytes: the command Get Log Page, by `NVME_IOCTL_ADMIN_CMD`.
pub fn nvme_log(drive: &File, page: u8) -> io::Result<[u8; 512]> {
    const ADMIN_COMMAND: u32 = 0xc048_4e41;
    const _: () = assert!(size_of::<NvmeCommand>() == 0x48);
    let mut log = [0_u8; 512];
    let words = 512 / 4 - 1;
    let mut command = NvmeCommand {
        opcode: 2,
        flags: 0,
        reserved: 0,
        namespace: u32::MAX,
        cdw: [0; 2],
        metadata: 0,
        data: log.as_mut_ptr() as u64,
        metadata_bytes: 0,
        data_bytes: 512,
        arguments: [words << 16 | u32::from(page), 0, 0, 0, 0, 0],
        timeout_ms: 1_000,
        result: 0,
    };
    // SAFETY: the kernel reads and writes one live command, and writes at most 512 bytes to the log, which outlives the call.
    match unsafe { libc::ioctl(drive.as_raw_fd(), ADMIN_COMMAND as _, &raw mut command) } {
        0 => Ok(log),
        -1 => Err(io::Error::last_os_error()),
        status => Err(io::Error::other(format!("NVMe status {status:#x}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_pipe_is_readable_once_something_was_written() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert!(!wait_readable(reader.as_fd(), Duration::from_millis(1)).unwrap());
        writer.write_all(b"x").unwrap();
        assert!(wait_readable(reader.as_fd(), Duration::from_secs(5)).unwrap());
    }
}
