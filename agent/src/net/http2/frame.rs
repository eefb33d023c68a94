//! Frames of HTTP/2 (RFC 9113 §4, §6).

use std::io::{Read, Result};

use crate::net::{ProtocolError, quote};

/// The largest frame that a peer may send unless it was allowed more, which it is not.
const LIMIT: usize = 16 * 1024;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 0x1;
pub const ACK: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// One frame.
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The next frame from the peer, of at most 16 KiB.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let mut header = [0; 9];
        from.read_exact(&mut header)?;
        if header.starts_with(b"HTTP/1.") {
            return Err(ProtocolError::because("peer speaks HTTP/1.1, expected HTTP/2").into());
        }
        let [a, b, c, kind, flags, stream @ ..] = header;
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if length > LIMIT {
            return Err(ProtocolError::because(format!("answer is not HTTP/2: {:?}", quote(&header))).into());
        }
        let mut payload = vec![0; length];
        from.read_exact(&mut payload)?;
        Ok(Self { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload })
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload of DATA or HEADERS without padding and priority.
    pub fn content(&self) -> Result<&[u8]> {
        let mut content = &self.payload[..];
        if self.has(PADDED) {
            let (&padding, rest) = content.split_first().ok_or_else(too_short)?;
            let end = rest.len().checked_sub(usize::from(padding)).ok_or_else(too_short)?;
            content = &rest[..end];
        }
        if self.kind == HEADERS && self.has(PRIORITY) {
            content = content.get(5..).ok_or_else(too_short)?;
        }
        Ok(content)
    }

    /// The number at an offset of the payload.
    pub fn number(&self, at: usize) -> Result<u32> {
        let bytes = self.payload.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(too_short)?;
        Ok(u32::from_be_bytes(*bytes))
    }
}

/// Adds a frame to bytes that are to be sent; the payload fits one frame.
pub fn add(to: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    to.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    to.extend_from_slice(&[kind, flags]);
    to.extend_from_slice(&stream.to_be_bytes());
    to.extend_from_slice(payload);
}

fn too_short() -> ProtocolError {
    ProtocolError::because("a frame is too short")
}
