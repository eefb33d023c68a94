//! A connected socket, of TCP or of Unix.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{self, Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

use crate::check::Deadline;

/// A stream socket.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// As `SO_RCVTIMEO`: each read for itself.
    pub fn set_read_timeout(&self, wait: Duration) -> Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(Some(wait)),
            Self::Unix(stream) => stream.set_read_timeout(Some(wait)),
        }
    }

    /// As `SO_SNDTIMEO`: each write for itself.
    pub fn set_write_timeout(&self, wait: Duration) -> Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_write_timeout(Some(wait)),
            Self::Unix(stream) => stream.set_write_timeout(Some(wait)),
        }
    }

    /// Our address and the peer's, where it has any.
    pub fn ends(&self) -> Option<(net::SocketAddr, net::SocketAddr)> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok().zip(stream.peer_addr().ok()),
            Self::Unix(_) => None,
        }
    }

    /// Ends our side; the peer reads an end.
    pub fn end(&self) -> Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// A connection to the Unix socket at this path, which is at most 107 bytes long.
///
/// The one of the standard library waits without end for a program that no longer accepts, once its queue is full
/// (connect(2), unix(7)); with a time-out for writes set before, the kernel waits no longer than that.
pub fn connect(path: &str, deadline: Deadline) -> Result<UnixStream> {
    let address = SocketAddr::from_pathname(path)?;
    // SAFETY: no memory is passed; the result is checked before it is owned.
    let descriptor = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if descriptor < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and belongs to nobody else.
    let stream = UnixStream::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    stream.set_write_timeout(Some(deadline.remaining()?))?;
    let (raw, length) = raw_address(&address);
    // SAFETY: `raw` is a live, initialised address of which the kernel reads `length` bytes.
    if unsafe { libc::connect(descriptor, (&raw const raw).cast(), length) } == 0 {
        return Ok(stream);
    }
    match Error::last_os_error() {
        error if error.kind() == ErrorKind::WouldBlock => Err(ErrorKind::TimedOut.into()),
        error => Err(error),
    }
}

fn raw_address(address: &SocketAddr) -> (libc::sockaddr_un, libc::socklen_t) {
    let path = address.as_pathname().map(|path| path.as_os_str().as_bytes()).unwrap_or_default();
    let mut raw = libc::sockaddr_un { sun_family: libc::AF_UNIX as libc::sa_family_t, sun_path: [0; 108] };
    for (place, &byte) in raw.sun_path.iter_mut().zip(path) {
        // A `char` of C has a sign on x86-64 and none on ARM.
        *place = libc::c_char::from_ne_bytes([byte]);
    }
    (raw, size_of::<libc::sockaddr_un>() as libc::socklen_t)
}
