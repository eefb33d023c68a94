//! A peer whose every byte is known beforehand, in place of a connection: for the tests and for fuzzing.

use std::cell::RefCell;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use crate::net::Socket;

thread_local! {
    static SCRIPT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    /// The other ends, kept open so that what a check sends is no error.
    static PEERS: RefCell<Vec<UnixStream>> = const { RefCell::new(Vec::new()) };
}

/// Runs with every connection of this thread to a peer that says these bytes at once, and closes.
pub fn saying<T>(bytes: &[u8], run: impl FnOnce() -> T) -> T {
    SCRIPT.with_borrow_mut(|script| *script = Some(bytes.to_vec()));
    let outcome = run();
    SCRIPT.with_borrow_mut(|script| *script = None);
    PEERS.with_borrow_mut(Vec::clear);
    outcome
}

/// What that peer says, if there is one: all of it is one datagram.
pub fn script() -> Option<Vec<u8>> {
    SCRIPT.with_borrow(Clone::clone)
}

/// A connection to that peer, if there is one.
pub fn connection() -> Option<Socket> {
    let script = script()?;
    let (ours, mut theirs) = UnixStream::pair().ok()?;
    theirs.set_nonblocking(true).ok()?;
    // What does not fit into the socket's buffer is cut off: the script ends there.
    let _ = theirs.write(&script);
    theirs.shutdown(Shutdown::Write).ok()?;
    PEERS.with_borrow_mut(|peers| peers.push(theirs));
    Some(Socket::Unix(ours))
}
