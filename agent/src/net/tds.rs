//! The packets of TDS ([MS-TDS] 2.2.3.1), in which SQL Server speaks: a head of eight bytes with type, status and length before
//! each piece of a message.

use std::io::{Read, Result, Write};

use super::{OwnLimit, ProtocolError};

/// The types of messages.
const RESPONSE: u8 = 0x04;
pub const LOGIN7: u8 = 0x10;
pub const PRELOGIN: u8 = 0x12;

const END_OF_MESSAGE: u8 = 0x01;

const HEAD: usize = 8;

/// The longest packet that every server takes before a login says otherwise, with its head.
const PACKET: usize = 4096;

/// The longest message that is read; the answer to a login is some hundred bytes.
const LONGEST: usize = 64 * 1024;

/// Sends a message.
pub fn write(stream: &mut dyn Write, kind: u8, message: &[u8]) -> Result<()> {
    let mut packets = Vec::with_capacity(message.len() + HEAD);
    let pieces = message.chunks(PACKET - HEAD);
    let last = pieces.len();
    for (number, piece) in (1_u8..).zip(pieces) {
        let status = if usize::from(number) == last { END_OF_MESSAGE } else { 0 };
        let [high, low] = u16::try_from(piece.len() + HEAD).unwrap_or_default().to_be_bytes();
        packets.extend_from_slice(&[kind, status, high, low, 0, 0, number, 0]);
        packets.extend_from_slice(piece);
    }
    stream.write_all(&packets)?;
    stream.flush()
}

/// The next message of the server, and no byte beyond it: what follows may be of TLS.
pub fn read(stream: &mut dyn Read) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let (is_last, length) = head(stream, RESPONSE)?;
        let begun = message.len();
        if begun + length > LONGEST {
            return Err(OwnLimit::because(format!("the answer is longer than {LONGEST} bytes")).into());
        }
        if length == 0 && !is_last {
            return Err(foreign().into());
        }
        message.resize(begun + length, 0);
        stream.read_exact(&mut message[begun..])?;
        if is_last {
            return Ok(message);
        }
    }
}

/// Whether a packet is the last of its message, and how much is in it.
fn head(stream: &mut dyn Read, kind: u8) -> Result<(bool, usize)> {
    // A byte at first, so that what is no packet is known as that before eight have come.
    let mut first = [0];
    stream.read_exact(&mut first)?;
    if first != [kind] {
        return Err(foreign().into());
    }
    let mut rest = [0; HEAD - 1];
    stream.read_exact(&mut rest)?;
    let [status, high, low, ..] = rest;
    let length = usize::from(u16::from_be_bytes([high, low])).checked_sub(HEAD).ok_or_else(foreign)?;
    Ok((status & END_OF_MESSAGE != 0, length))
}

/// What is not the protocol.
pub fn foreign() -> ProtocolError {
    ProtocolError::not_of("SQL Server")
}

/// The packets of the type PRELOGIN that carry a TLS handshake ([MS-TDS] 2.2.6.5): what is written goes out with `flush`.
#[derive(Default)]
pub struct Envelope {
    unsent: Vec<u8>,
    /// What is still to come of the packet that is read.
    left: usize,
}

impl Envelope {
    pub fn read(&mut self, carrier: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
        while self.left == 0 {
            self.left = head(carrier, PRELOGIN)?.1;
        }
        let most = buffer.len().min(self.left);
        let count = carrier.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    pub fn flush(&mut self, carrier: &mut dyn Write) -> Result<()> {
        let message = std::mem::take(&mut self.unsent);
        if message.is_empty() { Ok(()) } else { write(carrier, PRELOGIN, &message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    #[test]
    fn what_is_written_is_read() {
        for length in [1, 4088, 4089, 10_000] {
            let message: Vec<u8> = (0..length).map(|place| place as u8).collect();
            let mut packets = Vec::new();
            write(&mut packets, RESPONSE, &message).unwrap();
            packets.push(7);
            let mut rest = &packets[..];
            assert_eq!((read(&mut rest).unwrap(), rest), (message, &[7][..]));
        }
        for bytes in [
            &b"\x12\x01\0\x09\0\0\x01\0a"[..],
            b"\x04\x01\0\x07\0\0\x01\0",
            b"\x04\0\0\x08\0\0\x01\0",
            b"HTTP/1.1",
        ] {
            assert_eq!(read(&mut &bytes[..]).unwrap_err().to_string(), "answer is not of SQL Server");
        }
        let endless =
            b"\x04\0\xff\xff\0\0\x01\0".iter().copied().chain([0; 65_527]).collect::<Vec<_>>().repeat(3);
        assert_eq!(read(&mut &endless[..]).unwrap_err().to_string(), "the answer is longer than 65536 bytes");
    }

    #[test]
    fn a_handshake_goes_in_packets_and_comes_in_packets() {
        let mut carrier = std::io::Cursor::new(
            b"\x12\0\0\x0a\0\0\x01\0ab\x12\x01\0\x08\0\0\x02\0\x12\x01\0\x09\0\0\x02\0c".to_vec(),
        );
        let mut envelope = Envelope::default();
        let mut text = Vec::new();
        while text.len() < 3 {
            let mut piece = [0; 8];
            let count = envelope.read(&mut carrier, &mut piece).unwrap();
            text.extend_from_slice(&piece[..count]);
        }
        assert_eq!(text, b"abc");
        let mut sent = Vec::new();
        envelope.write(b"hello");
        envelope.write(b" there");
        envelope.flush(&mut sent).unwrap();
        envelope.flush(&mut sent).unwrap();
        assert_eq!(sent, b"\x12\x01\0\x13\0\0\x01\0hello there");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut random = Random(1433);
        for _ in 0..20_000 {
            let bytes = random.damaged(b"\x04\0\0\x0a\0\0\x01\0ab\x04\x01\0\x09\0\0\x02\0c");
            drop(read(&mut &bytes[..]));
        }
    }
}
