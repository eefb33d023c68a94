//! The listening sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::cli::Bind;
use crate::sys::socket::set_backlog;

/// The queue of the standard library, 128, is full after some milliseconds of a flood; the kubelet comes again only after a
/// second. In one that is too long the kubelet's connection waits behind all that the flood put there.
const BACKLOG: i32 = 512;

/// Listens at the address of the command line. "Every address" is one socket for both families, or two where `net.ipv6.bindv6only`
/// is set, or the one for IPv4 where the kernel has no IPv6.
pub fn listen(bind: Bind) -> io::Result<Vec<TcpListener>> {
    let listeners = match bind {
        Bind::Address(address) => vec![TcpListener::bind(address)?],
        Bind::Any(port) => every_address(port)?,
    };
    for listener in &listeners {
        listener.set_nonblocking(true)?;
        set_backlog(listener, BACKLOG)?;
    }
    Ok(listeners)
}

fn every_address(port: u16) -> io::Result<Vec<TcpListener>> {
    let both = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
        Ok(both) => both,
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
            return Err(error);
        }
        Err(_) => return Ok(vec![TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?]),
    };
    let port = both.local_addr()?.port();
    // Taken by the first socket, unless that is for IPv6 only.
    let second = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).ok();
    Ok([Some(both), second].into_iter().flatten().collect())
}

/// The address as the log and the error show it.
pub fn shown(bind: Bind) -> String {
    match bind {
        Bind::Any(port) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).to_string(),
        Bind::Address(address) => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn every_address_takes_both_families() {
        let listeners = listen(Bind::Any(0)).unwrap();
        let port = listeners[0].local_addr().unwrap().port();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        assert_eq!(TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_ok(), has_ipv6);
    }

    #[test]
    fn a_port_that_is_taken_is_an_error() {
        let taken = listen(Bind::Any(0)).unwrap();
        let port = taken[0].local_addr().unwrap().port();
        assert_eq!(listen(Bind::Any(port)).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
