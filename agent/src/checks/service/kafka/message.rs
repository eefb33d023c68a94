//! The request ApiVersions and the answers to it: <https://kafka.apache.org/protocol.html>.

use std::io::{self, Read};

use crate::net::codec::reader::Reader;
use crate::net::{ProtocolError, read_until};

/// The longest answer; that of a broker with a hundred APIs is below 1 KiB.
pub const LONGEST: usize = 64 * 1024;

const API_VERSIONS: u16 = 18;

/// An ApiVersions request: its length, its header, and the name and version of the client from version 3 on.
pub fn request(version: u16, correlation: u32) -> Vec<u8> {
    let name = env!("CARGO_PKG_NAME").as_bytes();
    let mut request = [API_VERSIONS.to_be_bytes(), version.to_be_bytes()].concat();
    request.extend_from_slice(&correlation.to_be_bytes());
    request.extend_from_slice(&(name.len() as u16).to_be_bytes());
    request.extend_from_slice(name);
    if version >= 3 {
        let no_tags = [0];
        request.extend_from_slice(&no_tags);
        for text in [name, env!("CARGO_PKG_VERSION").as_bytes()] {
            // A compact string: its length and one.
            request.push(text.len() as u8 + 1);
            request.extend_from_slice(text);
        }
        request.extend_from_slice(&no_tags);
    }
    [&(request.len() as u32).to_be_bytes(), &request[..]].concat()
}

/// The first answer, from its length on, whatever follows it; that of a TLS server, an alert, as it is.
pub fn read(stream: &mut impl Read, correlation: u32) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let end = read_until(stream, &mut answer, |seen| {
        if is_alert(seen) {
            return Ok(Some(seen.len()));
        }
        let Some(length) = seen.first_chunk().map(|length| u32::from_be_bytes(*length) as usize) else {
            return Ok(None);
        };
        // The correlation id, an error code, and an empty list at least.
        let whole = length.saturating_add(4);
        if !(7..=LONGEST).contains(&length) {
            return Err(foreign(seen).into());
        }
        if seen.get(4..8).is_some_and(|id| id != correlation.to_be_bytes()) {
            return Err(foreign(seen).into());
        }
        Ok((seen.len() >= whole).then_some(whole))
    })?;
    answer.truncate(end);
    Ok(answer)
}

/// The head of a TLS record that holds an alert.
fn is_alert(seen: &[u8]) -> bool {
    matches!(seen, [0x15, 3, 0..=4, 0, ..])
}

pub fn foreign(said: &[u8]) -> ProtocolError {
    ProtocolError::quoting("Kafka", said)
}

/// Why an answer is not a list of APIs.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Answer,
    Code(i16),
    Tls,
}

/// The number of APIs in a whole answer.
pub fn judge(answer: &[u8], version: u16) -> Result<usize, Refused> {
    if is_alert(answer) {
        return Err(Refused::Tls);
    }
    let mut body = Reader::new(answer.get(8..).unwrap_or_default());
    match body.array().map(i16::from_be_bytes) {
        Some(0) => apis(body, version).ok_or(Refused::Answer),
        Some(code) => Err(Refused::Code(code)),
        None => Err(Refused::Answer),
    }
}

fn apis(mut rest: Reader, version: u16) -> Option<usize> {
    let count = match version {
        0 => rest.be(4)?,
        // A compact array: its length and one.
        _ => varint(&mut rest)?.checked_sub(1)?.into(),
    };
    let mut known = false;
    // A false count ends with the bytes.
    for _ in 0..count {
        let key = rest.be(2)?;
        rest.take(4)?;
        known |= key == u64::from(API_VERSIONS);
        if version > 0 {
            tags(&mut rest)?;
        }
    }
    known.then_some(count as usize)
}

/// Steps over tagged fields (KIP-482).
fn tags(rest: &mut Reader) -> Option<()> {
    for _ in 0..varint(rest)? {
        varint(rest)?;
        let length = varint(rest)? as usize;
        rest.take(length)?;
    }
    Some(())
}

fn varint(rest: &mut Reader) -> Option<u32> {
    rest.varint()?.try_into().ok()
}
