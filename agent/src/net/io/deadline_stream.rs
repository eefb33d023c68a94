//! A connection that cannot outlive its check.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::time::Duration;

use super::socket::Socket;
use crate::check::Deadline;
use crate::net::tds::Envelope;
use crate::sys::socket::reset_on_close;

/// How long a peer may take to close a connection that we are done with.
const PATIENCE: Duration = Duration::from_millis(20);

/// What is still read of a peer at the end, and thrown away.
const LAST_WORDS: usize = 1024 * 1024;

/// A connection on which every read and write ends by the deadline and no more than `left` bytes are ever read.
///
/// A socket's own time-out counts from each call: a peer that sends one byte a second never runs into it.
/// So it is set anew before every call, to what the whole check has left.
pub struct DeadlineStream {
    stream: Socket,
    deadline: Deadline,
    limit: usize,
    left: usize,
    envelope: Option<Envelope>,
}

impl DeadlineStream {
    pub fn new(stream: Socket, deadline: Deadline, limit: usize) -> Self {
        Self { stream, deadline, limit, left: limit, envelope: None }
    }

    /// Lets so many bytes more be read.
    pub fn allow(&mut self, more: usize) {
        self.limit = self.limit.saturating_add(more);
        self.left = self.left.saturating_add(more);
    }

    /// Has what is read and written go in packets of TDS, or as it is again.
    pub fn envelop(&mut self, within_tds: bool) {
        self.envelope = within_tds.then(Envelope::default);
    }

    /// What comes of the envelope with this as its carrier, which itself goes as it is for so long.
    fn with_envelope(
        &mut self,
        act: &mut dyn FnMut(&mut Envelope, &mut Self) -> Result<usize>,
    ) -> Result<usize> {
        let mut envelope = self.envelope.take().unwrap_or_default();
        let result = act(&mut envelope, self);
        self.envelope = Some(envelope);
        result
    }

    /// Ends what is still to be read and written by an earlier moment: an answer that is asked for but not needed.
    pub fn end_by(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Leaves the peer only a moment more, for its last words after ours, whatever their length up to a megabyte:
    /// closing on unread bytes would be an error to it.
    pub fn linger(&mut self) {
        let wait = self.deadline.remaining().map_or(PATIENCE, |left| left.min(PATIENCE));
        self.deadline = Deadline::after(wait);
        self.left = LAST_WORDS;
    }

    /// Closes after a peer that closes when it has answered, without a trace where it does.
    ///
    /// The side that closes first keeps the port pair for a minute (TIME_WAIT), so a check each second would hold 60.
    /// The peer is therefore given a moment to close first; resetting a connection that the peer has already closed
    /// frees both ends at once, unseen by it. SO_LINGER with a time, as the kubelet sets it, does not do that on Linux
    /// (it only lets close() block), and a reset before the peer's end arrives would be an error in its log.
    pub fn drain(mut self) {
        self.linger();
        let mut rest = [0; 4096];
        loop {
            match self.read(&mut rest) {
                Ok(0) => return reset_on_close(&self.stream),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Closes before a peer that waits for us to: it reads our end, and we read on to its own.
    pub fn shutdown(self) {
        let _ = self.stream.end();
        self.drain();
    }
}

impl Read for DeadlineStream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.envelope.is_some() {
            return self.with_envelope(&mut |envelope, carrier| envelope.read(carrier, buffer));
        }
        if self.left == 0 && !buffer.is_empty() {
            return Err(too_long(self.limit));
        }
        let most = buffer.len().min(self.left);
        loop {
            self.stream.set_read_timeout(self.deadline.remaining()?)?;
            match self.stream.read(&mut buffer[..most]) {
                // A signal cuts a read with a time-out short even where handlers restart calls: signal(7).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.left -= count;
                    return Ok(count);
                }
            }
        }
    }
}

impl Write for DeadlineStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if let Some(envelope) = &mut self.envelope {
            envelope.write(bytes);
            return Ok(bytes.len());
        }
        loop {
            self.stream.set_write_timeout(self.deadline.remaining()?)?;
            match self.stream.write(bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.envelope.is_some() {
            self.with_envelope(&mut |envelope, carrier| envelope.flush(carrier).map(|()| 0))?;
        }
        Ok(())
    }
}

fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::InvalidData, format!("answer is longer than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn nothing_is_read_or_written_past_the_deadline() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"late").unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut carrier = DeadlineStream::new(Socket::Unix(ours), Deadline::after(Duration::ZERO), 64);
        let mut buffer = [0; 8];
        assert_eq!(carrier.read(&mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(carrier.write(b"too").unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(buffer, [0; 8]);
        assert_eq!(theirs.read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        // What came is still there for one that has time.
        carrier.end_by(Deadline::after(Duration::from_secs(5)));
        assert_eq!(carrier.read(&mut buffer).unwrap(), 4);
    }
}
