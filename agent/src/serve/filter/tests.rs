use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use super::*;
use crate::cli::Bind;
use crate::serve::listener::listen;

/// What the kernel does with the program: whether a packet with this header is kept.
fn keeps(program: &[libc::sock_filter], header: &[u8]) -> bool {
    let (mut accumulator, mut x, mut at) = (0_u32, 0, 0);
    loop {
        let it = program[at];
        let from = it.k.wrapping_sub(NETWORK) as usize;
        at += 1;
        match it.code {
            LOAD_BYTE => accumulator = u32::from(header[from]),
            LOAD_WORD => accumulator = u32::from_be_bytes(header[from..from + 4].try_into().unwrap()),
            SHIFT_RIGHT => accumulator >>= it.k,
            COPY_TO_X => x = accumulator,
            JUMP => at += it.k as usize,
            RETURN => return it.k != DROP,
            IF_EQUAL | IF_EQUAL_TO_X => {
                let wanted = if it.code == IF_EQUAL { it.k } else { x };
                at += usize::from(if accumulator == wanted { it.jt } else { it.jf });
            }
            code => panic!("{code:#x}"),
        }
    }
}

fn header(source: &str, destination: &str) -> Vec<u8> {
    match (source.parse().unwrap(), destination.parse().unwrap()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            [&[0x45; 12][..], &source.octets(), &destination.octets()].concat()
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            [&[0x60; 8][..], &source.octets(), &destination.octets()].concat()
        }
        _ => panic!("two families"),
    }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn who_is_shut_out_is_dropped_and_nobody_else() {
    let program = program(&Rules { shut: addresses(&["10.0.0.7", "fd00::7", "10.0.0.9"]), only: vec![] });
    let dropped = [("10.0.0.7", "10.0.0.1"), ("10.0.0.9", "10.0.0.1"), ("fd00::7", "fd00::1")];
    let kept = [
        ("10.0.0.8", "10.0.0.1"),
        ("fd00::8", "fd00::1"),
        ("fd00:1::7", "fd00::1"),
        ("10.0.0.7", "10.0.0.7"),
        ("fd00::7", "fd00::7"),
    ];
    for (source, destination) in dropped {
        assert!(!keeps(&program, &header(source, destination)), "{source} to {destination}");
    }
    for (source, destination) in kept {
        assert!(keeps(&program, &header(source, destination)), "{source} to {destination}");
    }
}

#[test]
fn in_a_crowd_only_those_that_are_named_and_the_host_itself_pass() {
    let program =
        program(&Rules { shut: addresses(&["10.0.0.7"]), only: addresses(&["10.0.0.2", "fd00::2"]) });
    for (source, destination, kept) in [
        ("10.0.0.2", "10.0.0.1", true),
        ("fd00::2", "fd00::1", true),
        ("127.0.0.1", "127.0.0.1", true),
        ("::1", "::1", true),
        ("10.0.0.3", "10.0.0.1", false),
        ("10.0.0.7", "10.0.0.1", false),
        ("fd00::3", "fd00::1", false),
    ] {
        assert_eq!(keeps(&program, &header(source, destination)), kept, "{source} to {destination}");
    }
}

#[test]
fn the_kernel_takes_the_longest_program_and_drops_by_it() {
    let listeners = listen(Bind::Any(0)).unwrap();
    let target = SocketAddr::from((Ipv4Addr::LOCALHOST, listeners[0].local_addr().unwrap().port()));
    assert!(connects([127, 0, 0, 2], target));
    let six = (0..8).map(|one| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, one]));
    let shut = (2..=9).map(|one| IpAddr::from([127, 0, 0, one])).chain(six).collect();
    apply(&Rules { shut, only: vec![] }, &listeners).unwrap();
    assert!(!connects([127, 0, 0, 2], target) && !connects([127, 0, 0, 9], target));
    assert!(connects([127, 0, 0, 10], target) && connects([127, 0, 0, 1], target));
    let only = (20..28).map(|one| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, one])).collect();
    let shut = (0..16).map(|one| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, one])).collect();
    apply(&Rules { shut, only }, &listeners).unwrap();
    assert!(!connects([127, 0, 0, 10], target) && connects([127, 0, 0, 1], target));
    apply(&Rules::default(), &listeners).unwrap();
    assert!(connects([127, 0, 0, 2], target));
}

/// Whether an address gets a connection; a packet that is dropped is not answered at all.
fn connects(from: [u8; 4], target: SocketAddr) -> bool {
    let SocketAddr::V4(target) = target else { panic!("{target}") };
    let raw = |ip: [u8; 4], port: u16| libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(ip) },
        sin_zero: [0; 8],
    };
    let length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    let (from, to) = (raw(from, 0), raw(target.ip().octets(), target.port()));
    // SAFETY: the addresses live longer than the calls, and the descriptor belongs to nothing else.
    unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0);
        let stream = TcpStream::from(OwnedFd::from_raw_fd(descriptor));
        stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        assert_eq!(libc::bind(descriptor, (&raw const from).cast(), length), 0);
        libc::connect(descriptor, (&raw const to).cast(), length) == 0
    }
}
