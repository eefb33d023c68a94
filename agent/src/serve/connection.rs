//! One connection: read the head, write the answer, wait for the peer to close. It never blocks, and its time is limited.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::request::{Head, parse};
use crate::sys::interest;
use crate::sys::socket::reset_on_close;

/// From the accept to the end, however slowly the peer reads or writes.
const LIFETIME: Duration = Duration::from_secs(2);

/// A peer that wants something says so with its connection, or with a packet that has to be sent anew.
const SILENCE: Duration = Duration::from_secs(1);

/// A peer, how far its request has come, and until when it may take.
pub struct Connection {
    stream: TcpStream,
    phase: Phase,
    accepted: Instant,
    /// When it is over, once it has waited for its answer.
    ends: Option<Instant>,
    pub peer: IpAddr,
}

/// What becomes of a request.
pub enum Reply {
    Now(Vec<u8>),
    /// The bytes come with `Connection::answer`, before this time.
    Later(u64, Instant),
}

enum Phase {
    Reading(Vec<u8>),
    /// The answer comes later, under this number.
    Waiting(u64),
    /// The answer, and how much of it is written.
    Writing(Vec<u8>, usize),
    /// Closing at once with unread bytes would reset the connection, and the peer would lose the answer.
    Closing,
}

impl Connection {
    /// Takes over a stream that was just accepted.
    pub fn new(stream: TcpStream, peer: IpAddr, now: Instant) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, phase: Phase::Reading(Vec::new()), accepted: now, ends: None, peer })
    }

    /// When it is over.
    pub fn deadline(&self) -> Instant {
        self.ends.unwrap_or(self.accepted + if self.is_silent() { SILENCE } else { LIFETIME })
    }

    /// What to wait for.
    pub fn interest(&self) -> libc::pollfd {
        interest(self.stream.as_fd(), matches!(self.phase, Phase::Writing(..)))
    }

    /// Whether a request has not been answered in full.
    pub fn is_in_flight(&self) -> bool {
        !matches!(self.phase, Phase::Closing)
    }

    /// Whether the peer has said nothing yet.
    pub fn is_silent(&self) -> bool {
        matches!(&self.phase, Phase::Reading(head) if head.is_empty())
    }

    /// The number of the answer that it waits for.
    pub fn awaits(&self) -> Option<u64> {
        match self.phase {
            Phase::Waiting(number) => Some(number),
            _ => None,
        }
    }

    /// Gives it the answer that it waits for; false when it is over.
    pub fn answer(&mut self, bytes: Vec<u8>, now: Instant) -> bool {
        (self.phase, self.ends) = (Phase::Writing(bytes, 0), Some(now + LIFETIME));
        self.advance(|_| Reply::Now(Vec::new()))
    }

    /// Ends it without a trace, and what has not been read or written is lost.
    pub fn reset(self) {
        reset_on_close(&self.stream);
    }

    /// Goes as far as it can without waiting; `answer` says what becomes of a head. False when the connection is over.
    pub fn advance(&mut self, mut answer: impl FnMut(Head) -> Reply) -> bool {
        loop {
            let progress = match &mut self.phase {
                Phase::Reading(head) => read(&mut self.stream, head).map(|open| match parse(head) {
                    Head::Incomplete => open.then_some(Progress::Again),
                    head => Some(Progress::To(match answer(head) {
                        Reply::Now(bytes) => Phase::Writing(bytes, 0),
                        Reply::Later(number, ends) => {
                            self.ends = Some(ends);
                            Phase::Waiting(number)
                        }
                    })),
                }),
                Phase::Writing(bytes, written) => write(&mut self.stream, bytes, written).map(Some),
                // A peer that closes has given up.
                Phase::Waiting(_) | Phase::Closing => discard(&mut self.stream),
            };
            match progress {
                Ok(Some(Progress::Again)) => {}
                Ok(Some(Progress::To(phase))) => self.phase = phase,
                Ok(None) => return false,
                Err(error) => {
                    return matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
                }
            }
        }
    }
}

enum Progress {
    Again,
    To(Phase),
}

/// Appends what has arrived; false at the end.
fn read(stream: &mut TcpStream, head: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 1024];
    let count = stream.read(&mut buffer)?;
    head.extend_from_slice(buffer.get(..count).unwrap_or_default());
    Ok(count > 0)
}

fn write(stream: &mut TcpStream, bytes: &[u8], written: &mut usize) -> io::Result<Progress> {
    let rest = bytes.get(*written..).unwrap_or_default();
    if rest.is_empty() {
        stream.shutdown(Shutdown::Write)?;
        return Ok(Progress::To(Phase::Closing));
    }
    *written += stream.write(rest)?;
    Ok(Progress::Again)
}

/// Throws away what comes after the answer, until the peer closes.
fn discard(stream: &mut TcpStream) -> io::Result<Option<Progress>> {
    Ok((stream.read(&mut [0; 1024])? > 0).then_some(Progress::Again))
}
