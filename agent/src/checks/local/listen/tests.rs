use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use super::*;
use crate::check::Verdict;

fn listen(host: &str, port: u16) -> Listen {
    Listen::from_url(&CheckUrl { host: host.into(), port: Some(port), ..CheckUrl::default() }).unwrap()
}

fn listen_udp(host: &str, port: u16) -> Listen {
    let options = vec![("transport".into(), "udp".into())];
    let url = CheckUrl { host: host.into(), port: Some(port), options, ..CheckUrl::default() };
    Listen::from_url(&url).unwrap()
}

fn verdict(check: &Listen) -> Verdict {
    check.run(Deadline::after(Duration::from_secs(5))).verdict
}

#[test]
fn a_real_listener_is_found_without_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(verdict(&listen("", port)), Verdict::Pass);
    assert_eq!(verdict(&listen("127.0.0.1", port)), Verdict::Pass);
    assert_eq!(verdict(&listen("localhost", port)), Verdict::Pass);
    assert_eq!(verdict(&listen("127.0.0.2", port)), Verdict::Fail);
    drop(listener);
    // Another test may have been given the port at 127.0.0.1 meanwhile.
    let own = TcpListener::bind("127.0.0.9:0").unwrap();
    let port = own.local_addr().unwrap().port();
    assert_eq!(verdict(&listen("127.0.0.9", port)), Verdict::Pass);
    drop(own);
    assert_eq!(verdict(&listen("127.0.0.9", port)), Verdict::Fail);
}

#[test]
fn a_real_socket_of_udp_is_found_until_it_is_that_of_a_client() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    assert_eq!(verdict(&listen("", port)), Verdict::Fail);
    assert_eq!(verdict(&listen_udp("", port)), Verdict::Pass);
    assert_eq!(verdict(&listen_udp("127.0.0.1", port)), Verdict::Pass);
    assert_eq!(verdict(&listen_udp("127.0.0.2", port)), Verdict::Fail);
    socket.connect("127.0.0.1:9").unwrap();
    assert_eq!(verdict(&listen_udp("", port)), Verdict::Fail);
}

#[test]
fn an_unspecified_address_is_that_of_a_socket_for_every_address() {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    for host in ["", "0.0.0.0", "127.0.0.1", "192.0.2.7"] {
        assert_eq!(verdict(&listen_udp(host, port)), Verdict::Pass, "{host}");
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    assert_eq!(verdict(&listen_udp("0.0.0.0", port)), Verdict::Fail);
}

#[test]
fn wildcards_stand_for_every_address_of_their_family() {
    let any4 = IpAddr::from(Ipv4Addr::UNSPECIFIED);
    let any6 = IpAddr::from(Ipv6Addr::UNSPECIFIED);
    let wants = |wanted: &str, bound| super::wants(&[wanted.parse().unwrap()], bound);
    assert!(wants("10.0.0.1", any4) && wants("10.0.0.1", any6));
    assert!(!wants("::1", any4) && wants("::1", any6));
}

#[test]
#[cfg(target_endian = "little")]
fn lines_of_the_kernel_are_understood() {
    let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 1 1";
    assert_eq!(listener(line, "0A"), Some((Ipv4Addr::LOCALHOST.into(), 8080)));
    assert_eq!(listener(&line.replace(" 0A ", " 01 "), "0A"), None);
    let line = "0: 0000000000000000FFFF00000100007F:0050 0:0 0A";
    assert_eq!(listener(line, "0A"), Some((Ipv4Addr::LOCALHOST.into(), 80)));
    for garbage in [
        "",
        "  sl  local_address rem_address   st",
        "0: zz:1 0:0 0A",
        "0: é:1 0:0 0A",
        "0: 0100007F:1FFFF 0 0A",
    ] {
        assert_eq!(listener(garbage, "0A"), None, "{garbage}");
    }
}

#[test]
fn a_table_that_cannot_be_read_is_told_and_no_failure() {
    let outcome = listen("", 80).under(Path::new("/no/proc")).run(Deadline::after(Duration::from_secs(1)));
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)));
    assert!(outcome.reason.starts_with("cannot read /no/proc/net/tcp: "), "{}", outcome.reason);
}

#[test]
fn a_name_that_needs_a_resolver_is_refused() {
    let check = CheckUrl { host: "redis".into(), port: Some(1), ..CheckUrl::default() };
    assert!(Listen::from_url(&check).is_err());
}
