//! The body of a response (RFC 9112 §6, §7), searched as it comes.

use std::io::{Error, ErrorKind, Result};

use super::BODY_LIMIT;

/// A line before a chunk: a length in hexadecimal, and extensions that nobody uses.
const CHUNK_LINE_LIMIT: usize = 1024;

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length(usize),
    Chunked,
    Close,
}

/// A search for a text in the first 64 KiB of a body, over all that has come of it so far.
pub struct Search<'a> {
    framing: Framing,
    wanted: &'a [u8],
    /// The body with its chunks joined.
    body: Vec<u8>,
    /// How much of the raw bytes is in `body` already.
    taken: usize,
    /// How much of the present chunk is to come; none before its length is read.
    chunk: Option<usize>,
    ended: bool,
}

impl<'a> Search<'a> {
    pub fn new(framing: Framing, wanted: &'a [u8]) -> Self {
        Self { framing, wanted, body: Vec::new(), taken: 0, chunk: None, ended: false }
    }

    /// Whether the text is in the body, as soon as that is known from its raw bytes from the first on.
    pub fn look(&mut self, raw: &[u8]) -> Result<Option<bool>> {
        // What was searched before need not be again, but for a text that began in it.
        let from = self.body.len().saturating_sub(self.wanted.len());
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
        if self.body[from..].windows(self.wanted.len()).any(|window| window == self.wanted) {
            return Ok(Some(true));
        }
        let over = self.ended || self.body.len() >= BODY_LIMIT;
        Ok(over.then_some(false))
    }

    fn take(&mut self, raw: &[u8], most: usize) -> usize {
        let count = most.min(raw.len() - self.taken);
        let room = BODY_LIMIT - self.body.len();
        self.body.extend_from_slice(&raw[self.taken..self.taken + count.min(room)]);
        self.taken += count;
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
                            return Err(malformed());
                        }
                        break;
                    };
                    if state.is_some() && !rest.starts_with(b"\r\n") {
                        return Err(malformed());
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

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "a chunk of the body is malformed")
}
