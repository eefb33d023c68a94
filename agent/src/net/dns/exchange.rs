//! The way of a query to a server and back (RFC 1035 §4.2, RFC 7766).

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use super::message::{Mismatch, Query, Reply};
use crate::check::Deadline;
use crate::net::{DeadlineStream, ProtocolError, Socket};

/// A datagram that got lost is sent again after this time, then after twice as long: well before the second that a check
/// has by default.
const RESEND: Duration = Duration::from_millis(250);

/// Replies without EDNS have at most 512 bytes; servers that send more are read all the same.
const DATAGRAM: usize = 65_535;

/// How a query travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By UDP, and by TCP where the reply does not fit.
    Udp,
    Tcp,
}

/// The server's reply before the deadline; `InvalidData` if it sent something else. One that does not fit a datagram, and
/// does not come by TCP either, is the truncated one: the server has answered.
pub fn ask(server: SocketAddr, query: &Query, transport: Transport, deadline: Deadline) -> Result<Reply> {
    if transport == Transport::Udp {
        let reply = by_udp(server, query, deadline)?;
        return Ok(match reply.truncated {
            true => by_tcp(server, query, deadline).unwrap_or(reply),
            false => reply,
        });
    }
    by_tcp(server, query, deadline)
}

fn by_udp(server: SocketAddr, query: &Query, deadline: Deadline) -> Result<Reply> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    // Connected, the socket takes datagrams from this server only, and learns when nothing listens there.
    socket.connect(server)?;
    let mut datagram = vec![0; DATAGRAM];
    let mut strangers = 0;
    let mut patience = RESEND;
    let mut next = Deadline::after(patience);
    socket.send(query.bytes())?;
    loop {
        let Ok(left) = deadline.remaining() else {
            return Err(match strangers {
                0 => ErrorKind::TimedOut.into(),
                _ => ProtocolError::because("only messages that answer something else came").into(),
            });
        };
        let Ok(wait) = next.remaining() else {
            socket.send(query.bytes())?;
            patience *= 2;
            next = Deadline::after(patience);
            continue;
        };
        socket.set_read_timeout(Some(wait.min(left)))?;
        match socket.recv(&mut datagram) {
            Ok(count) => match query.read(&datagram[..count]) {
                Ok(reply) => return Ok(reply),
                Err(Mismatch::NotOurs) => strangers += 1,
                Err(Mismatch::Malformed) => return Err(malformed().into()),
            },
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}

fn by_tcp(server: SocketAddr, query: &Query, deadline: Deadline) -> Result<Reply> {
    let mut carrier = DeadlineStream::new(connect(server, deadline)?, deadline, 2 + usize::from(u16::MAX));
    // Length and message in one segment: some servers read only the first (RFC 7766 §8).
    let length = query.bytes().len() as u16;
    carrier.write_all(&[&length.to_be_bytes(), query.bytes()].concat())?;
    let mut length = [0; 2];
    carrier.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    carrier.read_exact(&mut message)?;
    carrier.shutdown();
    query.read(&message).map_err(|_| malformed().into())
}

fn connect(server: SocketAddr, deadline: Deadline) -> Result<Socket> {
    #[cfg(any(test, fuzzing))]
    if let Some(scripted) = crate::net::io::scripted::connection() {
        return Ok(scripted);
    }
    TcpStream::connect_timeout(&server, deadline.remaining()?).map(Socket::Tcp)
}

fn malformed() -> ProtocolError {
    ProtocolError::because("answer is malformed")
}
