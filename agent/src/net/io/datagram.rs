//! A question in a datagram, and the datagram that answers it.

use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::check::Deadline;
use crate::net::ProtocolError;

/// A datagram that got lost is sent again after this time, then after twice as long: well before the second that a check
/// has by default.
pub const RESEND: Duration = Duration::from_millis(250);

/// The longest datagram that UDP carries.
const LONGEST: usize = 65_535;

/// The first answer that `read` takes before the deadline; `TimedOut` if nothing came, `InvalidData` if only other
/// datagrams did. The first question is sent at once, and all of them after `patience`, then after twice as long. `read`
/// gives none for a datagram that does not answer the first: the right one may still come. Where nothing listens, the
/// kernel says so.
pub fn ask<T>(
    server: SocketAddr,
    questions: &[&[u8]],
    mut patience: Duration,
    deadline: Deadline,
    mut read: impl FnMut(&[u8]) -> Result<Option<T>>,
) -> Result<T> {
    #[cfg(any(test, fuzzing))]
    if let Some(script) = super::scripted::script() {
        return read(&script)?.ok_or(ErrorKind::TimedOut.into());
    }
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    // Connected, the socket takes datagrams from this server only, and learns when nothing listens there.
    socket.connect(server)?;
    let mut datagram = vec![0; LONGEST];
    let mut next = Deadline::after(patience);
    let mut strangers = false;
    if let Some(first) = questions.first() {
        socket.send(first)?;
    }
    loop {
        let Ok(left) = deadline.remaining() else {
            return Err(match strangers {
                true => ProtocolError::because("only messages that answer something else came").into(),
                false => ErrorKind::TimedOut.into(),
            });
        };
        let Ok(wait) = next.remaining() else {
            for question in questions {
                socket.send(question)?;
            }
            patience *= 2;
            next = Deadline::after(patience);
            continue;
        };
        socket.set_read_timeout(Some(wait.min(left)))?;
        match socket.recv(&mut datagram) {
            Ok(count) => {
                if let Some(answer) = read(&datagram[..count])? {
                    return Ok(answer);
                }
                strangers = true;
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}

/// Whether an error of `ask` says that no answer came in time.
pub fn is_unanswered(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::InvalidData)
}
