use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use super::*;
use crate::net::test_server::soon;

/// A server that knows `app.ns.svc` (A) and `six` (AAAA), and says NXDOMAIN to all else.
fn nameserver() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut received = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut received) {
            let mut reply = received[..count].to_vec();
            reply[2] |= 0x80;
            let kind = reply[count - 3];
            let answer: Option<&[u8]> = match (&reply[12..count - 4], kind) {
                (b"\x03app\x02ns\x03svc\0", 1) => Some(b"\0\x04\x0a\0\0\x07"),
                (b"\x03six\0", 28) => Some(b"\0\x10\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
                (b"\x03six\0", _) => None,
                _ => {
                    reply[3] = 3;
                    None
                }
            };
            if let Some(data) = answer {
                reply[7] = 1;
                reply.extend_from_slice(&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0]);
                reply.extend_from_slice(data);
            }
            let _ = socket.send_to(&reply, from);
        }
    });
    address
}

fn resolver(servers: Vec<SocketAddr>) -> Resolver {
    Resolver { servers, search: vec!["other.svc".into(), "ns.svc".into()], ndots: 5 }
}

#[test]
fn the_search_list_finds_a_service_and_ipv6_is_asked_for_last() {
    let resolver = resolver(vec![nameserver()]);
    let look_up = |name| by_servers(&resolver, name, soon()).map(|found| found[0].to_string());
    assert_eq!(look_up("app").as_deref(), Ok("10.0.0.7"));
    assert_eq!(look_up("app.ns.svc.").as_deref(), Ok("10.0.0.7"));
    assert_eq!(look_up("six").as_deref(), Ok("fd00::1"));
    assert_eq!(
        look_up("app.nowhere"),
        Err(Outcome::fail(Cause::Connect, "cannot look up app.nowhere: no such name"))
    );
}

#[test]
fn a_dead_server_is_passed_over_and_a_mute_one_cannot_hold_the_check_up() {
    let dead = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(by_servers(&resolver(vec![dead, nameserver()]), "app", soon()).is_ok());
    let mute = UdpSocket::bind("127.0.0.1:0").unwrap();
    let deadline = Deadline::after(Duration::from_millis(200));
    let outcome = by_servers(&resolver(vec![mute.local_addr().unwrap()]), "app", deadline);
    assert_eq!(outcome, Err(Outcome::fail(Cause::Timeout, "timed out looking up app")));
}
