//! What is set on sockets.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Closing resets the connection: the kernel keeps nothing of it.
pub fn reset_on_close(socket: &impl AsFd) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // A failure leaves an ordinary close, so the result does not matter.
    drop(set(socket, libc::SO_LINGER, &linger));
}

/// How many connections may wait to be accepted, up to the kernel's own limit (net.core.somaxconn).
pub fn set_backlog(listener: &impl AsFd, most: i32) -> io::Result<()> {
    // SAFETY: listen(2) takes two numbers; on a socket that listens already it only changes the limit.
    checked(unsafe { libc::listen(listener.as_fd().as_raw_fd(), most) })
}

/// Has the kernel run this program over every packet for the socket, in place of the last; none for an empty one.
pub fn set_filter(listener: &impl AsFd, program: &mut [libc::sock_filter]) -> io::Result<()> {
    if program.is_empty() {
        return set(listener, libc::SO_DETACH_FILTER, &0_i32);
    }
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // The kernel copies the program before it returns.
    set(listener, libc::SO_ATTACH_FILTER, &libc::sock_fprog { len: length, filter: program.as_mut_ptr() })
}

fn set<T>(socket: &impl AsFd, option: libc::c_int, value: &T) -> io::Result<()> {
    let (descriptor, length) = (socket.as_fd().as_raw_fd(), size_of::<T>() as libc::socklen_t);
    // SAFETY: the descriptor is open while `socket` is borrowed; the kernel reads `length` bytes of a live value.
    let outcome = unsafe {
        libc::setsockopt(descriptor, libc::SOL_SOCKET, option, std::ptr::from_ref(value).cast(), length)
    };
    checked(outcome)
}

fn checked(outcome: libc::c_int) -> io::Result<()> {
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
