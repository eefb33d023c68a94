//! The framing of the protocol, and a reader of what is in a packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use std::io::{self, ErrorKind, Read, Write};

/// The longest packet that is read; a row of `SHOW REPLICA STATUS` is 2 KiB.
pub const LONGEST: usize = 32 * 1024;

/// One packet: its place in the exchange, and its payload.
pub struct Packet {
    pub sequence: u8,
    pub payload: Vec<u8>,
}

/// The next packet, and no byte beyond it: what follows may be of TLS. `InvalidInput` is one longer than `limit`.
pub fn read(stream: &mut impl Read, limit: usize) -> io::Result<Packet> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let [low, middle, high, sequence] = head;
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    if length > limit {
        return Err(ErrorKind::InvalidInput.into());
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok(Packet { sequence, payload })
}

/// Sends one packet; nothing that is sent comes near the longest, of 16 MiB.
pub fn write(stream: &mut impl Write, sequence: u8, payload: &[u8]) -> io::Result<()> {
    let [low, middle, high, ..] = payload.len().to_le_bytes();
    let mut packet = vec![low, middle, high, sequence];
    packet.extend_from_slice(payload);
    stream.write_all(&packet)?;
    stream.flush()
}

/// Takes a payload apart from front to back; nothing where it is too short.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    /// A little-endian number of at most eight bytes.
    pub fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// The bytes before the next zero, which is stepped over.
    pub fn until_zero(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let front = self.take(end);
        self.take(1)?;
        front
    }

    /// A length-encoded number, `Some(None)` for NULL.
    pub fn length(&mut self) -> Option<Option<usize>> {
        let length = match self.number(1)? {
            0xfb => return Some(None),
            0xfc => self.number(2)?,
            0xfd => self.number(3)?,
            0xfe => self.number(8)?,
            0xff => return None,
            short => short,
        };
        usize::try_from(length).ok().map(Some)
    }

    /// A length-encoded string, `Some(None)` for NULL.
    pub fn string(&mut self) -> Option<Option<&'a [u8]>> {
        match self.length()? {
            Some(length) => self.take(length).map(Some),
            None => Some(None),
        }
    }
}
