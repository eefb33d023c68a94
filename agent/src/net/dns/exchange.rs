//! The way of a query to a server and back (RFC 1035 §4.2, RFC 7766).

use std::io::{Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

use super::message::{Mismatch, Query, Reply};
use crate::check::Deadline;
use crate::net::io::datagram::{self, RESEND};
use crate::net::{DeadlineStream, ProtocolError, Socket};

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
    datagram::ask(server, query.bytes(), RESEND, deadline, |message| match query.read(message) {
        Ok(reply) => Ok(Some(reply)),
        Err(Mismatch::NotOurs) => Ok(None),
        Err(Mismatch::Malformed) => Err(malformed().into()),
    })
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
