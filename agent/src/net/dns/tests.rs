use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use super::*;
use crate::check::Deadline;
use crate::net::dns::message::Mismatch;
use crate::net::test_server::{Random, soon};

fn query(kind: Type) -> Query {
    Query::new(&Name::parse("two.test").unwrap(), kind, Class::In)
}

/// The reply to a query: flags, answer count, answers.
fn reply(query: &Query, flags: [u8; 2], count: u8, answers: &[u8]) -> Vec<u8> {
    let mut bytes = query.bytes().to_vec();
    bytes[2..4].copy_from_slice(&flags);
    bytes[7] = count;
    bytes.extend_from_slice(answers);
    bytes
}

const A_RECORD: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01";
const ALIAS: &[u8] = b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x02\xc0\x0c";

#[test]
fn names_are_those_of_dns() {
    let wire = |text| Name::parse(text).map(|name| name.wire().to_vec());
    assert_eq!(wire("a.bc"), Some(b"\x01a\x02bc\0".to_vec()));
    assert_eq!(wire("_sip._tcp.a."), Some(b"\x04_sip\x04_tcp\x01a\0".to_vec()));
    assert_eq!(wire("."), Some(b"\0".to_vec()));
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", &label[..61]);
    assert_eq!(wire(&longest).map(|wire| wire.len()), Some(255));
    for bad in ["", "..", "a..b", ".a", "a b", "a/b", "é", &"a".repeat(64), &format!("{longest}a")] {
        assert_eq!(wire(bad), None, "{bad}");
    }
}

#[test]
fn answers_of_the_type_count_and_aliases_do_not() {
    let query = query(Type::A);
    let read = query.read(&reply(&query, [0x81, 0x80], 3, &[ALIAS, A_RECORD, A_RECORD].concat()));
    let addresses = vec![Ipv4Addr::new(10, 0, 0, 1).into(); 2];
    assert_eq!(read, Ok(Reply { rcode: Rcode::NOERROR, truncated: false, answers: 2, addresses }));
}

#[test]
fn another_id_or_question_is_not_ours() {
    let query = query(Type::A);
    let good = reply(&query, [0x81, 0x80], 0, b"");
    for at in [0, 1, 13, 22, 23] {
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        assert_eq!(query.read(&bad), Err(Mismatch::NotOurs), "{at}");
    }
    assert_eq!(query.read(query.bytes()), Err(Mismatch::NotOurs));
    let mut other_case = good;
    other_case[13] = b'T';
    assert!(query.read(&other_case).is_ok());
}

#[test]
fn records_that_do_not_hold_together_are_malformed() {
    let query = query(Type::A);
    for answers in
        [&b""[..], &A_RECORD[..15], b"\x40\0\x01", b"\xc0", b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x01\x0a"]
    {
        assert_eq!(query.read(&reply(&query, [0x81, 0x80], 1, answers)), Err(Mismatch::Malformed));
    }
    // A pointer to itself is stepped over, not followed.
    let looped = b"\xc0\x16\0\x10\0\x01\0\0\0\x3c\0\0";
    assert_eq!(query.read(&reply(&query, [0x81, 0x80], 1, looped)).map(|reply| reply.answers), Ok(0));
}

#[test]
fn no_reply_makes_it_panic() {
    let mut random = Random(3);
    for _ in 0..50_000 {
        let query = query(if random.below(2) == 0 { Type::A } else { Type::Aaaa });
        let good = reply(&query, [0x81, 0x80], 3, &[ALIAS, A_RECORD, A_RECORD].concat());
        let mut bytes = random.damaged(&good);
        if let Some(id) = bytes.first_chunk_mut::<2>() {
            id.copy_from_slice(&query.bytes()[..2]);
        }
        if let Ok(reply) = query.read(&bytes) {
            assert!(reply.answers <= bytes.len() / 10);
        }
    }
}

/// A UDP server that sends these messages for each query that it hears.
fn datagrams(script: impl Fn(&[u8], usize) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut received = [0; 512];
        for round in 0.. {
            let Ok((count, from)) = socket.recv_from(&mut received) else { break };
            for message in script(&received[..count], round) {
                let _ = socket.send_to(&message, from);
            }
        }
    });
    address
}

fn answered(query: &[u8]) -> Vec<u8> {
    let mut bytes = query.to_vec();
    bytes[2] |= 0x80;
    bytes[7] = 1;
    bytes.extend_from_slice(A_RECORD);
    bytes
}

#[test]
fn strange_datagrams_are_ignored_until_the_right_one() {
    let server = datagrams(|query, _| {
        let mut other = answered(query);
        other[1] ^= 1;
        vec![b"junk".to_vec(), other, answered(query)]
    });
    let reply = ask(server, &query(Type::A), Way::UDP, soon()).unwrap();
    assert_eq!(reply.answers, 1);
    let junk = datagrams(|_, _| vec![b"junk".to_vec()]);
    let short = Deadline::after(Duration::from_millis(100));
    let error = ask(junk, &query(Type::A), Way::UDP, short).unwrap_err();
    assert_eq!(error.to_string(), "only messages that answer something else came");
}

#[test]
fn a_lost_datagram_is_sent_again() {
    let server = datagrams(|query, round| if round == 0 { vec![] } else { vec![answered(query)] });
    assert_eq!(ask(server, &query(Type::A), Way::UDP, soon()).unwrap().answers, 1);
}

#[test]
fn nobody_there_is_told_at_once() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = ask(closed, &query(Type::A), Way::UDP, soon()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}
