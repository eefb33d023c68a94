//! Replies of RESP 2: lines and strings, one after the other.

use std::io::{self, Read};

use crate::net::read_until;

/// Errors quote keys and scripts at most.
pub const LINE_LIMIT: usize = 4096;

/// The longest string that is read: INFO's section on replication has 150 bytes a replica.
const STRING_LIMIT: usize = 16 * 1024;

/// The most strings of an array: Sentinel tells some 20 things of a master, each with its name.
const MOST_STRINGS: usize = 128;

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

/// The strings of an array whose head is this reply; the head where it is of none, or of too many, else what is no string.
pub fn strings(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
    head: Reply,
) -> io::Result<Result<Vec<Vec<u8>>, Reply>> {
    let count = match &head {
        Reply::Line(line) => {
            line.strip_prefix(b"*").and_then(|count| str::from_utf8(count).ok()?.parse().ok())
        }
        _ => None,
    };
    let Some(count) = count.filter(|&count: &usize| count <= MOST_STRINGS) else { return Ok(Err(head)) };
    let mut strings = Vec::new();
    for _ in 0..count {
        match read(stream, buffer)? {
            Reply::Bulk(Some(string)) => strings.push(string),
            other => return Ok(Err(other)),
        }
    }
    Ok(Ok(strings))
}

/// The value in the line `name:value` of a string.
pub fn field<'a>(info: &'a [u8], name: &str) -> Option<&'a [u8]> {
    info.split(|&byte| byte == b'\n')
        .find_map(|line| line.trim_ascii_end().strip_prefix(name.as_bytes())?.strip_prefix(b":"))
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
