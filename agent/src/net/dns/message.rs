//! Queries and replies (RFC 1035 §4).

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name::{Name, after_name};

const HEADER: usize = 12;
const OPCODE_STATUS: u8 = 2 << 3;
const RECURSION_DESIRED: u8 = 0x01;
const RESPONSE: u8 = 0x80;
const TRUNCATED: u8 = 0x02;

/// The record types that can be asked for, with their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
}

/// The classes that can be asked for, with their numbers: of the Internet, and of the server itself (RFC 4892 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    In = 1,
    Ch = 3,
}

/// A question with an id that a third party cannot guess.
pub struct Query {
    bytes: Vec<u8>,
    kind: [u8; 2],
    class: [u8; 2],
}

/// The reply code; anything but NOERROR holds no answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rcode(pub u8);

impl Rcode {
    pub const NOERROR: Self = Self(0);
    pub const NXDOMAIN: Self = Self(3);
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"].get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "RCODE {}", self.0),
        }
    }
}

/// What a server said to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub rcode: Rcode,
    pub truncated: bool,
    /// The number of records of the type that was asked for; an alias on the way to them does not count.
    pub answers: usize,
    /// The addresses among them.
    pub addresses: Vec<IpAddr>,
}

/// Why bytes are not the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Not an answer to this query: a late one to another, or a forged one. The right one may still come.
    NotOurs,
    /// It answers this query, but does not hold together.
    Malformed,
}

impl Query {
    pub fn new(name: &Name, kind: Type, class: Class) -> Self {
        // Seeded by the kernel: as hard to guess as a hash map's order.
        let id = (RandomState::new().build_hasher().finish() as u16).to_be_bytes();
        let (kind, class) = ([0, kind as u8], [0, class as u8]);
        let header = [id[0], id[1], RECURSION_DESIRED, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        Self { bytes: [&header, name.wire(), &kind, &class].concat(), kind, class }
    }

    /// Questions that a server answers by itself, whoever has to answer this one: for its version, which dnsmasq, BIND and
    /// Unbound keep from their upstream, and for its status, which BIND, Unbound and CoreDNS refuse to give.
    pub fn about_the_server(&self) -> [Self; 2] {
        let [high, low] = [self.bytes[0], self.bytes[1]];
        let (kind, class) = ([0, Type::Txt as u8], [0, Class::Ch as u8]);
        let version = [high, low ^ 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let version = [&version[..], b"\x07version\x04bind\0", &kind, &class].concat();
        let status = vec![high, low ^ 2, OPCODE_STATUS, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        [version, status].map(|bytes| Self { bytes, kind, class })
    }

    /// The message as UDP carries it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The reply in a message from the server.
    pub fn read(&self, message: &[u8]) -> Result<Reply, Mismatch> {
        let (header, body) = message.split_first_chunk::<HEADER>().ok_or(Mismatch::NotOurs)?;
        if header[..2] != self.bytes[..2] || header[2] & RESPONSE == 0 {
            return Err(Mismatch::NotOurs);
        }
        let rcode = Rcode(header[3] & 0x0f);
        let mut reply =
            Reply { rcode, truncated: header[2] & TRUNCATED != 0, answers: 0, addresses: Vec::new() };
        let question = &self.bytes[HEADER..];
        let rest = match (header[4], header[5]) {
            // A server that could not read the query, or refuses it, may leave the question out.
            (0, 0) if rcode != Rcode::NOERROR => return Ok(reply),
            (0, 1) => body.split_at_checked(question.len()).ok_or(Mismatch::NotOurs)?,
            _ => return Err(Mismatch::NotOurs),
        };
        if !rest.0.eq_ignore_ascii_case(question) {
            return Err(Mismatch::NotOurs);
        }
        // Of a truncated reply only that fact is of use.
        if !reply.truncated {
            let count = u16::from_be_bytes([header[6], header[7]]);
            self.count(rest.1, count, &mut reply).ok_or(Mismatch::Malformed)?;
        }
        Ok(reply)
    }

    fn count(&self, mut records: &[u8], count: u16, reply: &mut Reply) -> Option<()> {
        for _ in 0..count {
            let (fixed, rest) = after_name(records)?.split_first_chunk::<10>()?;
            let length = u16::from_be_bytes([fixed[8], fixed[9]]);
            let (data, rest) = rest.split_at_checked(usize::from(length))?;
            records = rest;
            if fixed[..2] != self.kind || fixed[2..4] != self.class {
                continue;
            }
            reply.answers += 1;
            if self.kind == [0, Type::A as u8] {
                reply.addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into());
            } else if self.kind == [0, Type::Aaaa as u8] {
                reply.addresses.push(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into());
            }
        }
        Some(())
    }
}
