//! Replies of RESP 2: lines and strings, one after the other.

use std::io::{self, Read};

use crate::net::read_until;

/// Errors quote keys and scripts at most.
pub const LINE_LIMIT: usize = 4096;

/// The longest string that is read: INFO's section on replication has 150 bytes a replica.
const STRING_LIMIT: usize = 16 * 1024;

/// One reply, or the head of an array.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// With the byte that says what it is, without its end.
    Line(Vec<u8>),
    /// The string; none for a null.
    Bulk(Option<Vec<u8>>),
    /// What is not of the protocol.
    Odd(Vec<u8>),
}

/// The next reply; what follows it stays in the buffer.
pub fn read(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Reply> {
    let line = match line(stream, buffer)? {
        Ok(line) => line,
        Err(odd) => return Ok(Reply::Odd(odd)),
    };
    let Some(length) = line.strip_prefix(b"$") else { return Ok(Reply::Line(line)) };
    if length == b"-1" {
        return Ok(Reply::Bulk(None));
    }
    let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
    match length.filter(|&length: &usize| length <= STRING_LIMIT) {
        Some(length) => string(stream, buffer, length).map(|string| Reply::Bulk(Some(string))),
        None => Ok(Reply::Odd(line)),
    }
}

/// The next line without its end, or what cannot become one, however long it is waited for.
fn line(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Result<Vec<u8>, Vec<u8>>> {
    let end = read_until(stream, buffer, |bytes| {
        if bytes.first().is_some_and(|first| !b"+-:$*".contains(first)) {
            return Ok(Some(None));
        }
        let end = bytes.windows(2).position(|pair| pair == b"\r\n");
        Ok(end.map(Some).or((bytes.len() > LINE_LIMIT).then_some(None)))
    })?;
    Ok(end.map(|end| take(buffer, end)).ok_or_else(|| std::mem::take(buffer)))
}

fn string(stream: &mut impl Read, buffer: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    read_until(stream, buffer, |bytes| Ok((bytes.len() >= length + 2).then_some(())))?;
    Ok(take(buffer, length))
}

/// So many bytes off the front, and the line end behind them.
fn take(buffer: &mut Vec<u8>, length: usize) -> Vec<u8> {
    let rest = buffer.split_off(length + 2);
    let mut taken = std::mem::replace(buffer, rest);
    taken.truncate(length);
    taken
}
