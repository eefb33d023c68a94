//! The program that the kernel runs over every packet for a listener, in classic BPF (networking/filter.txt). It drops what
//! is to be kept out before it becomes a connection, so that a flood costs the agent nothing. It needs no privilege.

use std::io;
use std::net::{IpAddr, TcpListener};

use super::peers::Rules;
use crate::sys::socket::set_filter;

const LOAD_BYTE: u16 = 0x30;
const LOAD_WORD: u16 = 0x20;
const SHIFT_RIGHT: u16 = 0x74;
const COPY_TO_X: u16 = 0x07;
const IF_EQUAL: u16 = 0x15;
const IF_EQUAL_TO_X: u16 = 0x1d;
const JUMP: u16 = 0x05;
const RETURN: u16 = 0x06;

/// Where the header of the network layer begins (`SKF_NET_OFF`).
const NETWORK: u32 = (-0x10_0000_i32).cast_unsigned();

const DROP: u32 = 0;
const KEEP: u32 = u32::MAX;

/// Where a family of addresses has them in its header.
struct Family {
    source: u32,
    destination: u32,
    words: u32,
}

const IPV4: Family = Family { source: 12, destination: 16, words: 1 };
const IPV6: Family = Family { source: 8, destination: 24, words: 4 };

/// Has the kernel keep out whom the rules name.
pub fn apply(rules: &Rules, listeners: &[TcpListener]) -> io::Result<()> {
    let mut program = program(rules);
    listeners.iter().try_for_each(|listener| set_filter(listener, &mut program))
}

/// Empty where no address is kept out. What comes from this host itself always passes: source and destination are the same,
/// and the kernel takes no such packet from outside.
fn program(rules: &Rules) -> Vec<libc::sock_filter> {
    if *rules == Rules::default() {
        return Vec::new();
    }
    let (four, six) = (section(rules, &IPV4), section(rules, &IPV6));
    let length = u32::try_from(four.len()).unwrap_or(u32::MAX);
    let version = [step(LOAD_BYTE, NETWORK), step(SHIFT_RIGHT, 4), unless(6, 1), step(JUMP, length)];
    [version.as_slice(), &four, &six].concat()
}

fn section(rules: &Rules, family: &Family) -> Vec<libc::sock_filter> {
    let mut section = own(family);
    let verdict = if rules.only.is_empty() { KEEP } else { DROP };
    for (addresses, found) in [(&rules.shut, DROP), (&rules.only, KEEP)] {
        for words in addresses.iter().map(words).filter(|words| words.len() == family.words as usize) {
            for (index, word) in (0..).zip(&words) {
                let left = family.words - index;
                section.push(step(LOAD_WORD, NETWORK + family.source + 4 * index));
                section.push(unless(*word, u8::try_from(2 * left - 1).unwrap_or(u8::MAX)));
            }
            section.push(step(RETURN, found));
        }
    }
    section.push(step(RETURN, verdict));
    section
}

/// Keeps a packet whose source is its destination.
fn own(family: &Family) -> Vec<libc::sock_filter> {
    let mut steps = Vec::new();
    for index in 0..family.words {
        let end = u8::try_from(4 * (family.words - index) - 3).unwrap_or(u8::MAX);
        steps.push(step(LOAD_WORD, NETWORK + family.destination + 4 * index));
        steps.push(step(COPY_TO_X, 0));
        steps.push(step(LOAD_WORD, NETWORK + family.source + 4 * index));
        steps.push(libc::sock_filter { code: IF_EQUAL_TO_X, jt: 0, jf: end, k: 0 });
    }
    steps.push(step(RETURN, KEEP));
    steps
}

fn words(address: &IpAddr) -> Vec<u32> {
    match address {
        IpAddr::V4(four) => vec![four.to_bits()],
        IpAddr::V6(six) => six
            .octets()
            .chunks(4)
            .map(|word| word.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
            .collect(),
    }
}

fn step(code: u16, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: 0, k }
}

/// Goes on where the value is the wanted one, else leaves out so many steps.
fn unless(wanted: u32, skipped: u8) -> libc::sock_filter {
    libc::sock_filter { code: IF_EQUAL, jt: 0, jf: skipped, k: wanted }
}

#[cfg(test)]
mod tests;
