//! OP_MSG, one document each way:
//! <https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md>.

use std::io::{Read, Result, Write};

use super::bson::Document;
use crate::net::{ProtocolError, read_until};

/// The longest reply: that of `hello` lists at most 50 members, each with a name of at most 255 characters.
pub const LONGEST: usize = 48 * 1024;

/// Length, request id, id of the request that is answered, opcode.
const HEADER: usize = 16;

/// Header, flags, the kind of the section, an empty document.
const SHORTEST: usize = HEADER + 4 + 1 + 5;

const OP_MSG: i32 = 2013;
const CHECKSUM_PRESENT: i32 = 1;

/// A reply that was read and found to be whole.
pub struct Reply(Vec<u8>);

impl Reply {
    pub fn document(&self) -> Document<'_> {
        body(&self.0, None).unwrap_or_default()
    }
}

/// Sends a command and reads the reply to it.
pub fn call(stream: &mut (impl Read + Write), id: i32, command: &[u8]) -> Result<Reply> {
    let length = (HEADER + 5 + command.len()) as u32;
    let mut request = length.to_le_bytes().to_vec();
    for field in [id, 0, OP_MSG, 0] {
        request.extend_from_slice(&field.to_le_bytes());
    }
    request.push(0);
    request.extend_from_slice(command);
    stream.write_all(&request)?;
    reply(stream, id)
}

/// Reads the first reply, which has to be to the request with this id, whatever follows it.
pub fn reply(stream: &mut impl Read, id: i32) -> Result<Reply> {
    let mut buffer = Vec::new();
    let end = read_until(stream, &mut buffer, |seen| {
        let Some(length) = field(seen, 0) else { return Ok(None) };
        match usize::try_from(length) {
            Ok(length) if (SHORTEST..=LONGEST).contains(&length) => {
                Ok((seen.len() >= length).then_some(length))
            }
            _ => Err(foreign(seen).into()),
        }
    })?;
    buffer.truncate(end);
    if body(&buffer, Some(id)).is_none() { Err(foreign(&buffer).into()) } else { Ok(Reply(buffer)) }
}

/// The document of a message, if it is the answer to the request with this id.
fn body(message: &[u8], id: Option<i32>) -> Option<Document<'_>> {
    if id.is_some() && (field(message, 8) != id || field(message, 12) != Some(OP_MSG)) {
        return None;
    }
    let checksum = if field(message, HEADER)? & CHECKSUM_PRESENT == 0 { 0 } else { 4 };
    match message.get(HEADER + 4..message.len().checked_sub(checksum)?)? {
        [0, document @ ..] => Document::read(document),
        _ => None,
    }
}

fn field(message: &[u8], at: usize) -> Option<i32> {
    message.get(at..at + 4)?.try_into().ok().map(i32::from_le_bytes)
}

fn foreign(said: &[u8]) -> ProtocolError {
    ProtocolError::quoting("MongoDB", said)
}
