//! The way of a query to a server and back (RFC 1035 §4.2, RFC 7766).

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

use super::message::{Mismatch, Query, Reply};
use crate::check::Deadline;
use crate::net::io::datagram::{self, RESEND};
use crate::net::io::proxy_header::ProxyHeader;
use crate::net::{DeadlineStream, ProtocolError, Socket};

/// How a query travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By UDP, and by TCP where the reply does not fit.
    Udp,
    Tcp,
}

/// How a query gets to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub transport: Transport,
    /// In front of each connection, and version 2 of each datagram: where both travel, dnsdist and PowerDNS take it so.
    pub header: Option<ProxyHeader>,
}

impl Way {
    pub const UDP: Self = Self { transport: Transport::Udp, header: None };
}

/// What a server did with a question, which it may have to ask another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Reply(Reply),
    /// It answered only what it was asked about itself.
    OfItself,
}

/// The server's reply before the deadline; `InvalidData` if it sent something else. One that does not fit a datagram, and
/// does not come by TCP either, is the truncated one: the server has answered.
pub fn ask(server: SocketAddr, query: &Query, way: Way, deadline: Deadline) -> Result<Reply> {
    match exchange(server, query, &[], way, deadline)? {
        Answer::Reply(reply) => Ok(reply),
        Answer::OfItself => Err(ErrorKind::TimedOut.into()),
    }
}

/// As `ask`. Where no reply comes by UDP, the server is asked about itself with each repetition of the question.
pub fn ask_it_and_of_itself(
    server: SocketAddr,
    query: &Query,
    way: Way,
    deadline: Deadline,
) -> Result<Answer> {
    exchange(server, query, &query.about_the_server(), way, deadline)
}

fn exchange(
    server: SocketAddr,
    query: &Query,
    others: &[Query],
    way: Way,
    deadline: Deadline,
) -> Result<Answer> {
    if way.transport == Transport::Udp {
        let header = way.header.map(|header| header.bytes(None)).unwrap_or_default();
        let answer = by_udp(server, (query, others), &header, deadline)?;
        return Ok(match answer {
            Answer::Reply(reply) if reply.truncated => {
                Answer::Reply(by_tcp(server, query, way.header, deadline).unwrap_or(reply))
            }
            answer => answer,
        });
    }
    by_tcp(server, query, way.header, deadline).map(Answer::Reply)
}

fn by_udp(
    server: SocketAddr,
    (query, others): (&Query, &[Query]),
    header: &[u8],
    deadline: Deadline,
) -> Result<Answer> {
    let all = std::iter::once(query).chain(others);
    let datagrams: Vec<_> = all.map(|query| [header, query.bytes()].concat()).collect();
    let questions: Vec<_> = datagrams.iter().map(Vec::as_slice).collect();
    let mut answers_of_itself = false;
    let read = |message: &[u8]| match query.read(message) {
        Ok(reply) => Ok(Some(reply)),
        Err(Mismatch::NotOurs) => {
            answers_of_itself |= others.iter().any(|other| other.read(message).is_ok());
            Ok(None)
        }
        Err(Mismatch::Malformed) => Err(malformed().into()),
    };
    match datagram::ask(server, &questions, RESEND, deadline, read) {
        Err(error) if answers_of_itself && datagram::is_unanswered(&error) => Ok(Answer::OfItself),
        reply => reply.map(Answer::Reply),
    }
}

fn by_tcp(
    server: SocketAddr,
    query: &Query,
    header: Option<ProxyHeader>,
    deadline: Deadline,
) -> Result<Reply> {
    let socket = connect(server, deadline)?;
    let header = header.map(|header| header.bytes(socket.ends())).unwrap_or_default();
    let mut carrier = DeadlineStream::new(socket, deadline, 2 + usize::from(u16::MAX));
    // Length and message in one segment: some servers read only the first (RFC 7766 §8).
    let length = query.bytes().len() as u16;
    carrier.write_all(&[&header[..], &length.to_be_bytes(), query.bytes()].concat())?;
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
