//! From a host to an open connection.

use std::cell::Cell;
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

thread_local! {
    static NAMES_LEAD_OUT: Cell<bool> = const { Cell::new(false) };
}

/// From now on no name leads a check of this thread to this machine or its link: who may name a server, and writes its
/// records, could reach there what he cannot reach himself.
pub fn names_lead_out() {
    NAMES_LEAD_OUT.set(true);
}

/// Whether an address is that of another machine, and not only of the link to it, where metadata of clouds is.
fn leads_out(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            !(four.is_loopback() || four.is_link_local() || four.is_unspecified() || four.octets()[0] == 0)
        }
        IpAddr::V6(six) => !(six.is_loopback() || six.is_unicast_link_local() || six.is_unspecified()),
    }
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
        Err(_) => {
            let mut found = resolve::resolve(host, deadline)?;
            if NAMES_LEAD_OUT.get() {
                found.retain(leads_out);
            }
            match found.is_empty() {
                true => Err(Outcome::fail(Cause::Connect, "the name leads to this machine or its link")),
                false => Ok(found),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_stranger_leads_to_other_machines_alone() {
        for inside in [
            "127.0.0.1",
            "127.8.0.1",
            "::1",
            "169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
        ] {
            assert!(!leads_out(&inside.parse().unwrap()), "{inside}");
        }
        for outside in ["10.0.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"] {
            assert!(leads_out(&outside.parse().unwrap()), "{outside}");
        }
    }
}
