//! Header compression (RFC 7541): a whole decoder, and an encoder that compresses nothing.

use std::collections::VecDeque;

use super::huffman;
use crate::net::codec::reader::{Reader, write_varint};

/// A dynamic table may be used until the peer has seen that we ask for none.
const TABLE_LIMIT: usize = 4096;

/// What a table entry counts beyond its bytes (§4.1).
const ENTRY: usize = 32;

/// What the fields of one block may come to: a byte can stand for a whole entry.
const FIELDS_LIMIT: usize = 64 * 1024;

/// The fields as literals that no hop may put into a table.
pub fn encode(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0x10);
        for text in [name, value] {
            add_length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

fn add_length(block: &mut Vec<u8>, length: usize) {
    match length.checked_sub(127) {
        None => block.push(length as u8),
        Some(more) => {
            block.push(127);
            write_varint(block, more);
        }
    }
}

/// The state that a connection's blocks share.
pub struct Decoder {
    table: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), size: 0, limit: TABLE_LIMIT }
    }
}

impl Decoder {
    /// Calls `field` for each field of a block, or none if it is malformed or too much.
    pub fn decode(&mut self, block: &[u8], field: &mut dyn FnMut(&[u8], &[u8])) -> Option<()> {
        let mut block = Reader::new(block);
        let mut total = 0;
        while let Some(&first) = block.rest().first() {
            let (prefix, remember) = match first {
                0x80.. => {
                    let (name, value) = self.entry(integer(&mut block, 7)?)?;
                    total += name.len() + value.len() + ENTRY;
                    field(name, value);
                    (0, false)
                }
                0x40.. => (6, true),
                0x20.. => {
                    self.limit = integer(&mut block, 5).filter(|&limit| limit <= TABLE_LIMIT)?;
                    self.evict();
                    (0, false)
                }
                _ => (4, false),
            };
            if prefix > 0 {
                let name = match integer(&mut block, prefix)? {
                    0 => string(&mut block)?,
                    index => self.entry(index)?.0.to_vec(),
                };
                let value = string(&mut block)?;
                total += name.len() + value.len() + ENTRY;
                field(&name, &value);
                if remember {
                    self.size += name.len() + value.len() + ENTRY;
                    self.table.push_front((name, value));
                    self.evict();
                }
            }
            if total > FIELDS_LIMIT {
                return None;
            }
        }
        Some(())
    }

    fn entry(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let index = index.checked_sub(1)?;
        if let Some((name, value)) = STATIC.get(index) {
            return Some((name.as_bytes(), value.as_bytes()));
        }
        self.table.get(index - STATIC.len()).map(|(name, value)| (&name[..], &value[..]))
    }

    fn evict(&mut self) {
        while self.size > self.limit
            && let Some((name, value)) = self.table.pop_back()
        {
            self.size -= name.len() + value.len() + ENTRY;
        }
    }
}

/// An integer whose first bits share a byte with something else (§5.1); no longer one than of three more bytes is needed.
fn integer(block: &mut Reader, prefix: u32) -> Option<usize> {
    let mask = (1 << prefix) - 1;
    let value = usize::from(block.byte()?) & mask;
    if value < mask {
        return Some(value);
    }
    let more = block.varint().and_then(|more| usize::try_from(more).ok()).filter(|&more| more < 1 << 21)?;
    Some(value + more)
}

fn string(block: &mut Reader) -> Option<Vec<u8>> {
    let coded = block.rest().first()? & 0x80 != 0;
    let length = integer(block, 7)?;
    let text = block.take(length)?;
    if coded { huffman::decode(text) } else { Some(text.to_vec()) }
}

/// The fields that both sides know (Appendix A).
#[rustfmt::skip]
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
