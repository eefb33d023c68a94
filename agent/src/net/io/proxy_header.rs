//! The header of the PROXY protocol (HAProxy's doc/proxy-protocol.txt), for a server that takes connections from a proxy
//! only: it says that the check speaks for itself.

use std::net::SocketAddr;

use crate::scheme::CheckUrl;

/// The signature, then version 2 with the command LOCAL, of no family, with no addresses after it.
const LOCAL: [u8; 16] = *b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// In which version the header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    V1,
    V2,
}

impl ProxyHeader {
    /// The header that the check asks for.
    pub fn from_url(url: &CheckUrl) -> Option<Self> {
        match url.option("proxy")? {
            "v1" => Some(Self::V1),
            _ => Some(Self::V2),
        }
    }

    /// The header of a connection from the first of the addresses to the second; none of a Unix socket. Servers may
    /// refuse `UNKNOWN` (§2.1), so version 1 has the addresses where there are any.
    pub fn bytes(self, ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
        let addresses = ends.map(|(ours, theirs)| {
            ((ours.ip().to_canonical(), theirs.ip().to_canonical()), (ours.port(), theirs.port()))
        });
        match (self, addresses) {
            (Self::V2, _) => LOCAL.to_vec(),
            (Self::V1, None) => b"PROXY UNKNOWN\r\n".to_vec(),
            (Self::V1, Some(((ours, theirs), (from, to)))) => {
                let family = if ours.is_ipv4() { "TCP4" } else { "TCP6" };
                format!("PROXY {family} {ours} {theirs} {from} {to}\r\n").into_bytes()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Outcome, Verdict};
    use crate::net::test_server::{check, hears, soon};
    use crate::net::{Conversation, Endpoint};

    fn line(ours: &str, theirs: &str) -> String {
        let ends = (ours.parse().unwrap(), theirs.parse().unwrap());
        String::from_utf8(ProxyHeader::V1.bytes(Some(ends))).unwrap()
    }

    #[test]
    fn version_1_has_the_addresses_of_the_connection() {
        assert_eq!(line("10.0.0.1:50000", "10.0.0.2:80"), "PROXY TCP4 10.0.0.1 10.0.0.2 50000 80\r\n");
        assert_eq!(line("[::1]:50000", "[fd00::2]:443"), "PROXY TCP6 ::1 fd00::2 50000 443\r\n");
        // Both ends of a connection to an IPv4 address by IPv6.
        let mapped = line("[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]:80");
        assert_eq!(mapped, "PROXY TCP4 127.0.0.1 127.0.0.1 5 80\r\n");
        assert_eq!(ProxyHeader::V1.bytes(None), b"PROXY UNKNOWN\r\n");
    }

    #[test]
    fn version_2_is_local_and_has_no_address() {
        let ends = Some(("10.0.0.1:5".parse().unwrap(), "10.0.0.2:80".parse().unwrap()));
        for header in [ProxyHeader::V2.bytes(ends), ProxyHeader::V2.bytes(None)] {
            assert_eq!(header, b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00");
        }
    }

    #[test]
    fn the_header_comes_before_all_else() {
        for (version, begins) in [("v1", &b"PROXY TCP4 127.0.0.1 127.0.0.1 "[..]), ("v2", &LOCAL)] {
            for tls in [None, Some(("tls", ""))] {
                let (port, heard) = hears(b"");
                let deadline = soon();
                let options: Vec<_> = [("proxy", version)].into_iter().chain(tls).collect();
                let endpoint = Endpoint::from_url(&check("redis", port, &options)).unwrap();
                let outcome = Conversation::hold(&endpoint, deadline, |conversation| {
                    conversation.open(64)?.shutdown();
                    Ok(Outcome::pass("opened"))
                });
                assert_eq!(outcome.verdict, if tls.is_none() { Verdict::Pass } else { Verdict::Fail });
                // 0x16 begins a handshake.
                let is_all = || {
                    let heard = heard.lock().unwrap();
                    heard.starts_with(begins) && heard.contains(&0x16) == tls.is_some()
                };
                while !is_all() {
                    assert!(deadline.remaining().is_ok(), "{:?}", heard.lock().unwrap());
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
            }
        }
    }
}
