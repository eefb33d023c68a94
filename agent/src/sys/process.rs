//! The processes that an `exec:` check starts.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Whether a child has ended; it is not reaped, so its number stays its own.
pub fn has_ended(child: u32) -> io::Result<bool> {
    // SAFETY: an all-zero siginfo_t is valid and is only written to.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        match libc::waitid(libc::P_PID, child, &raw mut info, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) {
            0 => Ok(info.si_pid() != 0),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Kills a process group; one that is gone is fine.
pub fn kill_group(leader: u32) {
    if let Ok(group) = i32::try_from(leader) {
        // SAFETY: kill(2) takes two numbers.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// Kills one process, which has to be a child that was not reaped: its number is its own only until then.
pub fn kill_child(child: u32) {
    if let Ok(child) = i32::try_from(child) {
        // SAFETY: kill(2) takes two numbers.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
}

/// Reaps a child if it has ended.
pub fn reap(child: u32) {
    if let Ok(child) = i32::try_from(child) {
        // SAFETY: waitpid(2) accepts a null status.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), libc::WNOHANG) };
    }
}

/// Makes this process the parent of every orphan below it, as PID 1 is anyhow (PR_SET_CHILD_SUBREAPER(2const)).
pub fn adopt_orphans() {
    // SAFETY: prctl(2) takes numbers here.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

/// Has the kernel kill the program when the thread that starts it ends, and with it when the agent is killed itself: the
/// thread has to wait for the program (PR_SET_PDEATHSIG(2const)).
pub fn end_with_us(command: &mut Command) {
    let parent = std::process::id();
    let bind = move || {
        // SAFETY: prctl(2) takes numbers here, and both calls are async-signal-safe.
        let (bound, now) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL), libc::getppid()) };
        match bound == 0 && u32::try_from(now) == Ok(parent) {
            true => Ok(()),
            // It has died in between, or there is no such call.
            false if bound == 0 => Err(io::ErrorKind::NotConnected.into()),
            false => Err(io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure makes no other call after the fork, and allocates nothing.
    unsafe { command.pre_exec(bind) };
}
