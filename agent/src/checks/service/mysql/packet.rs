//! The framing of the protocol, and the forms in which strings are in a packet.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use std::io::{self, ErrorKind, Read, Write};

use crate::net::codec::reader::Reader;

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

/// A length-encoded number, `Some(None)` for NULL.
pub fn read_length(fields: &mut Reader) -> Option<Option<usize>> {
    let length = match fields.byte()? {
        0xfb => return Some(None),
        0xfc => fields.le(2)?,
        0xfd => fields.le(3)?,
        0xfe => fields.le(8)?,
        0xff => return None,
        short => short.into(),
    };
    usize::try_from(length).ok().map(Some)
}

/// A length-encoded string, `Some(None)` for NULL.
pub fn read_string<'a>(fields: &mut Reader<'a>) -> Option<Option<&'a [u8]>> {
    match read_length(fields)? {
        Some(length) => fields.take(length).map(Some),
        None => Some(None),
    }
}

/// Of a request for another login: name of the plugin, and its nonce without the zero at its end.
pub fn split_switch(switch: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = switch.iter().position(|&byte| byte == 0)?;
    let nonce = switch.get(end + 1..)?;
    Some((switch.get(..end)?, nonce.strip_suffix(b"\0").unwrap_or(nonce)))
}
