//! One connection, in the clear or over TLS, behind one type.

use std::io::{Error, ErrorKind, Read, Result, Write};

use rustls::{ClientConnection, StreamOwned};

use super::deadline_stream::DeadlineStream;
use crate::check::Outcome;
use crate::net::error::{ClientAuthRequested, has_gone, tls_outcome};

type Tls = StreamOwned<ClientConnection, DeadlineStream>;

/// A connection within its deadline and its limit of bytes, whichever way it is carried.
pub enum Stream {
    Plain(DeadlineStream),
    /// Boxed: the state of a TLS connection is a kilobyte that the plain ones need not move about.
    /// The excuse is the peer's until its first word.
    Tls(Box<Tls>, Option<ClientAuthRequested>),
}

impl Stream {
    /// Ends a connection that the peer closes after its answer, over TLS with a close_notify: it has nothing to log.
    pub fn drain(self) {
        let _ = self.drain_for_alert();
    }

    /// Ends a connection that the peer would keep open.
    pub fn shutdown(self) {
        match self {
            Self::Plain(carrier) => carrier.shutdown(),
            tls @ Self::Tls(..) => tls.drain(),
        }
    }

    /// As `drain`, but an error if the peer's last word is that it refuses us.
    pub fn drain_for_alert(self) -> std::result::Result<(), Outcome> {
        let mut received = Ok(());
        match self {
            Self::Plain(carrier) => carrier.drain(),
            Self::Tls(mut tls, _) => {
                tls.conn.send_close_notify();
                // The answer is known by now: a peer that is gone need not be told.
                let _ = tls.flush();
                tls.sock.linger();
                received = last_word(&mut tls);
                tls.sock.drain();
            }
        }
        received
    }

    /// What carries the bytes, with the deadline and the limit.
    pub fn carrier(&mut self) -> &mut DeadlineStream {
        match self {
            Self::Plain(carrier) => carrier,
            Self::Tls(tls, _) => &mut tls.sock,
        }
    }

    /// The TLS session, if this is one.
    pub fn session(&self) -> Option<&ClientConnection> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls, _) => Some(&tls.conn),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Plain(carrier) => carrier.read(buffer),
            Self::Tls(tls, excuse) => match tls.read(buffer) {
                Ok(0) if !buffer.is_empty() => excuse.map_or(Ok(0), |excuse| Err(excuse.into())),
                Ok(count) => {
                    excuse.take_if(|_| count > 0);
                    Ok(count)
                }
                Err(error) => Err(lost(error, tls, *excuse)),
            },
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match self {
            Self::Plain(carrier) => carrier.write(bytes),
            Self::Tls(tls, excuse) => tls.write(bytes).map_err(|error| lost(error, tls, *excuse)),
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Self::Plain(carrier) => carrier.flush(),
            Self::Tls(tls, excuse) => tls.flush().map_err(|error| lost(error, tls, *excuse)),
        }
    }
}

/// The alert that a peer sent before it went, in place of the error of writing to it: rustls writes before it reads,
/// and a server that refuses us in the midst of our flight resets the connection under what is still to be sent.
pub fn with_alert(error: Error, session: &mut ClientConnection, carrier: &mut DeadlineStream) -> Error {
    if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) {
        while let Ok(1..) = session.read_tls(carrier) {
            if let Err(why) = session.process_new_packets() {
                return Error::new(ErrorKind::InvalidData, why);
            }
        }
    }
    error
}

/// Why a connection broke: by what the peer said at last, else by its excuse.
fn lost(error: Error, tls: &mut Tls, excuse: Option<ClientAuthRequested>) -> Error {
    match (with_alert(error, &mut tls.conn, &mut tls.sock), excuse) {
        (error, Some(excuse)) if has_gone(&error) => excuse.into(),
        (error, _) => error,
    }
}

/// Reads to the end, for an alert that refuses us; that the peer just goes is no refusal.
fn last_word(stream: &mut Tls) -> std::result::Result<(), Outcome> {
    let mut rest = [0; 512];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
                return match inner {
                    Some(alert @ rustls::Error::AlertReceived(_)) => Err(tls_outcome(alert)),
                    _ => Ok(()),
                };
            }
        }
    }
}
