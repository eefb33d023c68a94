//! Where a check connects to, and how.

use std::io;

use super::dial::dial;
use super::stream::Stream;
use super::timed::Timed;
use super::tls::Tls;
use crate::deadline::Deadline;
use crate::grammar::{Check, Refusal};
use crate::outcome::Outcome;

/// The address of a check, with TLS if it asks for it.
pub struct Endpoint {
    host: String,
    port: u16,
    tls: Option<Tls>,
}

impl Endpoint {
    /// The endpoint of a check; `secure` says whether it speaks TLS, with these protocols offered by ALPN.
    pub fn from_check(check: &Check, secure: bool, alpn: &'static [&'static [u8]]) -> Result<Self, Refusal> {
        let Some(port) = check.port else {
            return Err(Refusal("port is missing, expected a number from 1 to 65535".into()));
        };
        let tls = if secure { Some(Tls::from_check(check, alpn)?) } else { None };
        if tls.is_none() {
            // Quietly unused, a ca would let its user believe that the peer is verified.
            for name in ["ca", "cert", "key", "server-name"] {
                if check.option(name).is_some() {
                    return Err(Refusal(format!("option {name} is given without tls, expected both")));
                }
            }
        }
        Ok(Self { host: check.host.clone(), port, tls })
    }

    /// A connection that is ready to speak the protocol, over which at most `limit` bytes can be read.
    pub fn open(&self, deadline: Deadline, limit: usize) -> Result<Stream, Outcome> {
        let stream = dial(&self.host, self.port, deadline)?;
        match &self.tls {
            None => Ok(Stream::Plain(Timed::new(stream, deadline, limit))),
            Some(tls) => tls.handshake(stream, deadline, limit),
        }
    }

    /// Whether the connection is over TLS.
    pub fn secure(&self) -> bool {
        self.tls.is_some()
    }

    /// `name:port` as HTTP wants it in `Host` and `:authority`: the name that the certificate is checked for, if any.
    ///
    /// Servers that host many names answer 421 when the two differ.
    pub fn authority(&self) -> String {
        let name = self.tls.as_ref().and_then(Tls::name).unwrap_or(match self.host.as_str() {
            "" | "127.0.0.1" | "::1" => "localhost",
            host => host,
        });
        if name.contains(':') { format!("[{name}]:{}", self.port) } else { format!("{name}:{}", self.port) }
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
