//! The body of a response (RFC 9112 §6, §7), read as it comes.

use std::io::Result;

use crate::net::ProtocolError;

/// How much of a body is looked at.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A line before a chunk: a length in hexadecimal, and extensions that no server uses.
const CHUNK_LINE_LIMIT: usize = 1024;

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length(usize),
    Chunked,
    Close,
}

/// The first 64 KiB of a body, its chunks joined.
pub struct Body {
    framing: Framing,
    bytes: Vec<u8>,
    /// How much of the raw bytes is in `bytes` already.
    taken: usize,
    /// How much of the present chunk is to come; none before its length is read.
    chunk: Option<usize>,
    /// How much of the body came.
    whole: usize,
    ended: bool,
}

impl Body {
    pub fn new(framing: Framing) -> Self {
        Self { framing, bytes: Vec::new(), taken: 0, chunk: None, whole: 0, ended: false }
    }

    /// Takes what is new in the raw bytes from the first on; true once there is no more to come, or to look at.
    pub fn read(&mut self, raw: &[u8]) -> Result<bool> {
        match self.framing {
            Framing::Length(length) => {
                self.take(raw, length.saturating_sub(self.taken));
                self.ended = self.taken >= length;
            }
            Framing::Close => {
                self.take(raw, usize::MAX);
            }
            Framing::Chunked => self.join(raw)?,
        }
        Ok(self.ended || self.bytes.len() >= BODY_LIMIT)
    }

    /// Whether more of it came than is kept, or is to come.
    pub fn is_cut(&self) -> bool {
        self.bytes.len() >= BODY_LIMIT && !(self.ended && self.whole == self.bytes.len())
    }

    /// What has come so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn take(&mut self, raw: &[u8], most: usize) -> usize {
        let count = most.min(raw.len() - self.taken);
        let room = BODY_LIMIT - self.bytes.len();
        self.bytes.extend_from_slice(&raw[self.taken..self.taken + count.min(room)]);
        self.taken += count;
        self.whole += count;
        count
    }

    fn join(&mut self, raw: &[u8]) -> Result<()> {
        while !self.ended {
            match self.chunk {
                Some(left) if left > 0 => {
                    let count = self.take(raw, left);
                    if count == 0 {
                        break;
                    }
                    self.chunk = Some(left - count);
                }
                state => {
                    let rest = &raw[self.taken..];
                    // The line end that follows a chunk's data comes before the next length.
                    let skip = if state.is_some() { 2 } else { 0 };
                    let line = rest.get(skip..).unwrap_or_default();
                    let Some(end) = line.iter().position(|&byte| byte == b'\n') else {
                        if line.len() > CHUNK_LINE_LIMIT {
                            return Err(malformed().into());
                        }
                        break;
                    };
                    if state.is_some() && !rest.starts_with(b"\r\n") {
                        return Err(malformed().into());
                    }
                    let length = chunk_length(&line[..end]).ok_or_else(malformed)?;
                    self.taken += skip + end + 1;
                    self.chunk = Some(length);
                    self.ended = length == 0;
                }
            }
        }
        Ok(())
    }
}

fn chunk_length(line: &[u8]) -> Option<usize> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    usize::from_str_radix(digits, 16).ok()
}

fn malformed() -> ProtocolError {
    ProtocolError::because("a chunk of the body is malformed")
}
