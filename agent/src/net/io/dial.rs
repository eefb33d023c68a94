//! From a host to an open connection.

use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};

use super::pod_address::{is_pod, pod_addresses};
use crate::check::{Cause, Deadline, Outcome};
use crate::net::dns::resolve;
use crate::net::error::fault;

/// A connection to the host (none or `localhost`: 127.0.0.1, then ::1; `pod`: the Pod's own) before the deadline, or the reason why not.
pub fn dial(host: &str, port: u16, deadline: Deadline) -> Result<TcpStream, Outcome> {
    let candidates = addresses(host, deadline)?;
    first_that_answers(&candidates, |address| {
        let stream = TcpStream::connect_timeout(&SocketAddr::new(address, port), deadline.remaining()?)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    })
}

/// The addresses of a host in the order in which to try them, never none.
///
/// `getaddrinfo` is never asked: in a static program it loads the NSS modules of whatever image it was put into.
pub fn addresses(host: &str, deadline: Deadline) -> Result<Vec<IpAddr>, Outcome> {
    if host.is_empty() || host.eq_ignore_ascii_case("localhost") {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    if is_pod(host) {
        return pod_addresses();
    }
    match host.parse() {
        Ok(address) => Ok(vec![address]),
        Err(_) => resolve::resolve(host, deadline),
    }
}

/// The first success; the next address is tried only where nothing listens at this one, and the first error is the one shown.
pub fn first_that_answers<T>(
    candidates: &[IpAddr],
    mut attempt: impl FnMut(IpAddr) -> std::io::Result<T>,
) -> Result<T, Outcome> {
    let mut first = None;
    let mut refusals = Vec::new();
    for &address in candidates {
        match attempt(address) {
            Ok(done) => return Ok(done),
            Err(error) => {
                let absent = matches!(
                    error.kind(),
                    ConnectionRefused | AddrNotAvailable | HostUnreachable | NetworkUnreachable
                );
                if error.kind() == ConnectionRefused {
                    refusals.push(address.to_string());
                }
                let first = first.get_or_insert(error);
                if !absent {
                    return Err(fault(std::mem::replace(first, std::io::ErrorKind::Other.into())));
                }
            }
        }
    }
    Err(match first {
        Some(_) if refusals.len() > 1 => {
            Outcome::fail(Cause::Connect, format!("connection refused on {}", refusals.join(" and ")))
        }
        Some(error) => fault(error),
        None => Outcome::fail(Cause::Connect, "no address"),
    })
}
