//! Where a check connects to, and how.

use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;

use super::deadline_stream::DeadlineStream;
use super::dial::dial;
use super::pod_address::is_pod;
use super::proxy_header::ProxyHeader;
use super::socket::{self, Socket};
use super::stream::Stream;
use crate::check::{Cause, Deadline, Outcome};
use crate::net::error::fault;
use crate::net::tls::Tls;
use crate::scheme::{CheckUrl, ParseError};

enum Place {
    Network { host: String, port: u16 },
    Socket(String),
}

/// Who may be at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The holder of a certificate that the check's CA has signed.
    Verified,
    /// A process that may write to the folder of the Unix socket.
    Socket,
    /// A process in the network namespace of the Pod; of the node, where the Pod has none of its own.
    Loopback,
    /// Any.
    Unverified,
}

/// The address of a check, with TLS and a PROXY header if it asks for them.
pub struct Endpoint {
    place: Place,
    header: Option<ProxyHeader>,
    tls: Option<Tls>,
}

impl Endpoint {
    /// The endpoint of a check, over TLS with one of the options `tls` and `starttls`.
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let secure = url.option("tls").is_some() || url.option("starttls").is_some();
        Self::new(url, if secure { Some(Tls::from_url(url)?) } else { None })
    }

    /// The endpoint of a check that always speaks TLS.
    pub fn over_tls(url: &CheckUrl) -> Result<Self, ParseError> {
        Self::new(url, Some(Tls::from_url(url)?))
    }

    /// Offers these protocols in the handshake (ALPN, RFC 7301).
    pub fn offering(mut self, protocols: &'static [&'static [u8]]) -> Self {
        if let Some(tls) = &mut self.tls {
            tls.offer(protocols);
        }
        self
    }

    /// Has the handshake of TLS go in packets of TDS.
    pub fn within_tds(mut self) -> Self {
        if let Some(tls) = &mut self.tls {
            tls.envelop();
        }
        self
    }

    fn new(url: &CheckUrl, tls: Option<Tls>) -> Result<Self, ParseError> {
        let place = match url.port {
            _ if !url.socket.is_empty() => Place::Socket(url.socket.clone()),
            Some(port) => Place::Network { host: url.host.clone(), port },
            None => return Err(ParseError("port is missing, expected a number from 1 to 65535".into())),
        };
        Ok(Self { place, header: ProxyHeader::from_url(url), tls })
    }

    /// A connection that is ready to speak the protocol, over which at most `limit` bytes can be read.
    pub fn open(&self, deadline: Deadline, limit: usize) -> Result<Stream, Outcome> {
        let carrier = self.connect(deadline, limit)?;
        match &self.tls {
            None => Ok(Stream::Plain(carrier)),
            Some(tls) => tls.handshake(carrier),
        }
    }

    /// As `open`, for protocols that begin in the clear: `ask` has the peer agree to TLS before the handshake. It must
    /// read no byte beyond the peer's agreement, since what an attacker put there in the clear would count as said
    /// over TLS.
    pub fn open_upgraded<T, E: From<Outcome>>(
        &self,
        deadline: Deadline,
        limit: usize,
        ask: impl FnOnce(&mut DeadlineStream) -> Result<T, E>,
    ) -> Result<(T, Stream), E> {
        let mut carrier = self.connect(deadline, limit)?;
        match (ask(&mut carrier), &self.tls) {
            (Ok(said), Some(tls)) => Ok((said, tls.handshake(carrier)?)),
            (Ok(said), None) => Ok((said, Stream::Plain(carrier))),
            (Err(failure), _) => {
                carrier.shutdown();
                Err(failure)
            }
        }
    }

    fn connect(&self, deadline: Deadline, limit: usize) -> Result<DeadlineStream, Outcome> {
        let socket = self.socket(deadline)?;
        let header = self.header.map(|header| header.bytes(socket.ends()));
        let mut carrier = DeadlineStream::new(socket, deadline, limit);
        carrier.write_all(&header.unwrap_or_default()).map_err(fault)?;
        Ok(carrier)
    }

    fn socket(&self, deadline: Deadline) -> Result<Socket, Outcome> {
        #[cfg(any(test, fuzzing))]
        if let Some(scripted) = super::scripted::connection() {
            return Ok(scripted);
        }
        match &self.place {
            Place::Network { host, port } => Ok(Socket::Tcp(dial(host, *port, deadline)?)),
            Place::Socket(path) => Ok(Socket::Unix(socket::connect(path, deadline).map_err(absent)?)),
        }
    }

    /// Whether the peer asked for a client certificate in the last handshake, and got none.
    pub fn left_unanswered(&self) -> bool {
        self.tls.as_ref().is_some_and(Tls::left_unanswered)
    }

    /// Whether the peer asked for a client certificate in the last handshake.
    pub fn was_asked(&self) -> bool {
        self.tls.as_ref().is_some_and(Tls::was_asked)
    }

    /// Whether the peer refused the last handshake because it speaks none of the protocols that were offered.
    pub fn lacked_protocol(&self) -> bool {
        self.tls.as_ref().is_some_and(Tls::lacked_protocol)
    }

    /// Why a peer does not pass because of the certificate that it showed on this connection, if it does not last long enough.
    pub fn shortage(&self, stream: &Stream) -> Option<Outcome> {
        self.tls.as_ref()?.shortage(stream.session()?)
    }

    /// Whether the connection is over TLS.
    pub fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether the peer is reached without leaving this machine: by a Unix socket, over loopback or at the Pod's own address.
    pub fn local(&self) -> bool {
        match &self.place {
            Place::Socket(_) => true,
            Place::Network { host, .. } => match host.parse::<IpAddr>() {
                Ok(address) => address.is_loopback(),
                Err(_) => host.is_empty() || host.eq_ignore_ascii_case("localhost") || is_pod(host),
            },
        }
    }

    /// Whether the peer sees no address of a network: by a Unix socket or over loopback, and not at the Pod's own address.
    pub fn over_loopback(&self) -> bool {
        self.local() && !matches!(&self.place, Place::Network { host, .. } if is_pod(host))
    }

    /// Who may be at the other end.
    pub fn peer(&self) -> Peer {
        match &self.place {
            Place::Socket(_) => Peer::Socket,
            _ if self.tls.as_ref().is_some_and(Tls::verifies) => Peer::Verified,
            _ if self.local() => Peer::Loopback,
            _ => Peer::Unverified,
        }
    }

    /// `name:port` as HTTP wants it in `Host` and `:authority`: the name that the certificate is checked for, if any.
    ///
    /// Servers that host many names answer 421 when the two differ.
    pub fn authority(&self) -> String {
        let name = self.tls.as_ref().and_then(Tls::name);
        let (host, port) = match &self.place {
            Place::Network { host, port } => (host.as_str(), Some(port)),
            Place::Socket(_) => ("", None),
        };
        let name = name.unwrap_or(match host {
            "" | "127.0.0.1" | "::1" => "localhost",
            host if is_pod(host) => "localhost",
            // The last dot is for the resolver alone.
            host => host.strip_suffix('.').unwrap_or(host),
        });
        let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"))
    }
}

/// An error of connecting to a Unix socket.
fn absent(error: io::Error) -> Outcome {
    match error.kind() {
        ErrorKind::NotFound => Outcome::fail(Cause::Connect, "no such socket"),
        // The check cannot be made, which says nothing of the program: no reason to restart it.
        ErrorKind::PermissionDenied => {
            Outcome::alive(Cause::Protocol, "the socket is closed to this user: permission denied")
        }
        _ => fault(error),
    }
}

/// Reads on until `complete` finds what it looks for, or fails; the end of the connection before that is an error.
pub fn read_until<T>(
    stream: &mut impl io::Read,
    buffer: &mut Vec<u8>,
    mut complete: impl FnMut(&[u8]) -> io::Result<Option<T>>,
) -> io::Result<T> {
    let mut piece = [0; 4096];
    loop {
        if let Some(found) = complete(buffer)? {
            return Ok(found);
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => buffer.extend_from_slice(&piece[..count]),
        }
    }
}
