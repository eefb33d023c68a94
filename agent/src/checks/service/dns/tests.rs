use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{check, server, soon, survives};

const RECORD: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01";

fn dns(port: u16, options: &[(&str, &str)]) -> Dns {
    let mut check = check("dns", port, options);
    check.path = "/app.test".into();
    Dns::from_url(&check).unwrap()
}

/// Answers each query with these flags and so many records.
fn by_udp(flags: u8, rcode: u8, records: usize) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut received = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut received) {
            let _ = socket.send_to(&answer(&received[..count], flags, rcode, records), from);
        }
    });
    port
}

fn answer(query: &[u8], flags: u8, rcode: u8, records: usize) -> Vec<u8> {
    let mut reply = query.to_vec();
    reply[2] |= flags;
    reply[3] = rcode;
    reply[7] = records as u8;
    reply.extend_from_slice(&RECORD.repeat(records));
    reply
}

#[test]
fn records_pass_and_any_other_reply_is_alive() {
    use Cause::Unhealthy;
    for (rcode, records, options, expected) in [
        (0, 1, &[][..], Outcome::pass("1 answer")),
        (0, 3, &[("min-answers", "3")], Outcome::pass("3 answers")),
        (0, 0, &[("min-answers", "0")], Outcome::pass("0 answers")),
        (0, 2, &[("min-answers", "3")], Outcome::alive(Unhealthy, "2 answers, expected at least 3")),
        (0, 1, &[("type", "TXT")], Outcome::alive(Unhealthy, "0 answers, expected at least 1")),
        (2, 0, &[], Outcome::alive(Unhealthy, "SERVFAIL")),
        (3, 0, &[], Outcome::alive(Unhealthy, "NXDOMAIN")),
        (5, 0, &[], Outcome::alive(Unhealthy, "REFUSED")),
        (9, 0, &[], Outcome::alive(Unhealthy, "RCODE 9")),
    ] {
        assert_eq!(dns(by_udp(0x80, rcode, records), options).run(soon()), expected);
    }
}

#[test]
fn a_proxy_header_is_in_front_of_each_datagram_and_of_the_connection() {
    use Cause::Timeout;
    const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut received = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut received) {
            if let Some(query) = received[..count].strip_prefix(LOCAL) {
                let _ = socket.send_to(&answer(query, 0x80, 0, 1), from);
            }
        }
    });
    assert_eq!(dns(port, &[("proxy", "v2")]).run(soon()), Outcome::pass("1 answer"));
    let short = Deadline::after(Duration::from_millis(50));
    assert_eq!(dns(port, &[]).run(short), Outcome::fail(Timeout, "timed out"));
    let tcp = server(|mut stream| {
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        let line = received.iter().position(|&byte| byte == b'\n').unwrap();
        assert!(received.starts_with(b"PROXY TCP4 127.0.0.1 127.0.0.1 "));
        let reply = answer(&received[line + 3..count], 0x80, 0, 1);
        let _ = stream.write_all(&[&(reply.len() as u16).to_be_bytes(), &reply[..]].concat());
    });
    let way = [("proxy", "v1"), ("transport", "tcp")];
    assert_eq!(dns(tcp, &way).run(soon()), Outcome::pass("1 answer"));
}

#[test]
fn the_class_is_of_the_question_and_of_the_records() {
    // The records are of class IN.
    let asked = dns(by_udp(0x80, 0, 1), &[("class", "CH")]).run(soon());
    assert_eq!(asked, Outcome::alive(Cause::Unhealthy, "0 answers, expected at least 1"));
}

/// Answers these messages, and no others.
fn only_of_itself(is_answered: fn(&[u8]) -> bool) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut received = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut received) {
            if is_answered(&received[..count]) {
                let _ = socket.send_to(&answer(&received[..count], 0x80, 4, 0), from);
            }
        }
    });
    port
}

#[test]
fn one_that_waits_for_its_upstream_is_alive() {
    let expected = Outcome::alive(Cause::Timeout, "it answers about itself, but not this question in time");
    let is_version: fn(&[u8]) -> bool = |query| query.ends_with(b"\x07version\x04bind\0\0\x10\0\x03");
    let is_status: fn(&[u8]) -> bool = |query| query.len() == 12 && query[2] == 0x10;
    for is_answered in [is_version, is_status] {
        let deadline = Deadline::after(Duration::from_millis(400));
        assert_eq!(dns(only_of_itself(is_answered), &[]).run(deadline), expected);
    }
    let silent = dns(only_of_itself(|_| false), &[]).run(Deadline::after(Duration::from_millis(400)));
    assert_eq!(silent.verdict, Verdict::Fail);
}

/// Sockets of both kinds at one port: one that is free for UDP may be taken by another test's TCP.
fn one_port() -> (UdpSocket, TcpListener) {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        if let Ok(listener) = TcpListener::bind(socket.local_addr().unwrap()) {
            return (socket, listener);
        }
    }
}

#[test]
fn a_truncated_reply_is_asked_for_again_by_tcp() {
    let (socket, listener) = one_port();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut received = [0; 512];
        let (count, from) = socket.recv_from(&mut received).unwrap();
        socket.send_to(&answer(&received[..count], 0x82, 0, 0), from).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let count = stream.read(&mut received).unwrap();
        let reply = answer(&received[2..count], 0x80, 0, 60);
        stream.write_all(&(reply.len() as u16).to_be_bytes()).unwrap();
        stream.write_all(&reply).unwrap();
    });
    assert_eq!(dns(port, &[]).run(soon()), Outcome::pass("60 answers"));
}

#[test]
fn a_truncated_reply_is_a_proof_of_life_also_without_tcp() {
    let outcome = dns(by_udp(0x82, 0, 0), &[]).run(soon());
    let reason = "the answer is too long for UDP, and does not come by TCP";
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
}

#[test]
fn nobody_there_is_no_connection() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = dns(port, &[]).run(soon());
    assert_eq!(outcome, Outcome::fail(Cause::Connect, "connection refused on 127.0.0.1 and ::1"));
}

#[test]
fn the_path_is_a_name() {
    let mut check = check("dns", 53, &[]);
    check.path = "/a..b".into();
    let refused = Dns::from_url(&check).err();
    assert_eq!(refused, Some(ParseError("path is \"/a..b\", expected a DNS name".into())));
}

#[test]
fn hostile_servers_are_survived() {
    let run = |port, deadline| dns(port, &[("transport", "tcp")]).run(deadline);
    survives(run, &[&[0, 40][..], &[0; 40]].concat());
    // One that closes after each query without a word.
    let port = server(drop);
    assert_eq!(run(port, soon()).verdict, Verdict::Fail);
}
