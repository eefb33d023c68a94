//! The word for the Pod's own address, `pod` in the place of a host: a server may listen there and not on loopback.

use std::env;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::check::{Cause, Outcome};

/// What Kubernetes says of it (`status.podIPs`) where the webhook could have it said: in a container of its own.
const VARIABLE: &str = "HEALTH_PROBE_POD_IPS";

/// Addresses that no host has (RFC 5737, RFC 3849): the way to them is the way out of the Pod, and nothing is sent.
const ELSEWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// Whether a host stands for the Pod itself.
pub fn is_pod(host: &str) -> bool {
    host.eq_ignore_ascii_case("pod")
}

/// The Pod's own addresses, one of each family that it has, never none.
pub fn pod_addresses() -> Result<Vec<IpAddr>, Outcome> {
    let told = env::var(VARIABLE).map(|text| listed(&text)).unwrap_or_default();
    let found = if told.is_empty() { ELSEWHERE.iter().filter_map(source).collect() } else { told };
    match found.is_empty() {
        false => Ok(found),
        // The check cannot be made, which says nothing of the program: no reason to restart it.
        true => Err(Outcome::alive(Cause::Protocol, "the Pod's own address is not known: it has no way out")),
    }
}

fn listed(text: &str) -> Vec<IpAddr> {
    text.split(',').filter_map(|address| address.trim().parse().ok()).collect()
}

/// The address from which this network namespace sends to another.
fn source(peer: &IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    // Of a datagram socket this only looks up the way.
    socket.connect(SocketAddr::new(*peer, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_lists_is_read() {
        assert_eq!(
            listed("10.0.0.7,fd00::7"),
            ["10.0.0.7".parse::<IpAddr>().unwrap(), "fd00::7".parse().unwrap()]
        );
        assert_eq!(listed("10.0.0.7"), ["10.0.0.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(listed(""), Vec::<IpAddr>::new());
        assert_eq!(listed("$(POD_IP), x"), Vec::<IpAddr>::new());
    }

    #[test]
    fn an_address_of_this_machine_is_found_or_none() {
        for own in ELSEWHERE.iter().filter_map(source) {
            assert!(std::net::TcpListener::bind(SocketAddr::new(own, 0)).is_ok(), "{own}");
        }
    }

    #[test]
    fn only_the_word_stands_for_the_pod() {
        assert_eq!(["pod", "Pod", "pods", "pod.default", ""].map(is_pod), [true, true, false, false, false]);
    }
}
