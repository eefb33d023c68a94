//! QUERY and its RESULT: sections 4.1.4 and 4.2.5 of the specification.

use super::envelope::{foreign, read_bytes, skip_string};
use crate::check::{Cause, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Failure, Redaction, quote};

const LOCAL_ONE: u16 = 0x0a;

const PAGE_SIZE: u8 = 0x04;
/// One more than there may be.
const ROWS: u32 = 2;

const GLOBAL_TABLE: u64 = 0x01;
const MORE_PAGES: u64 = 0x02;
const NO_METADATA: u64 = 0x04;
const METADATA_CHANGED: u64 = 0x08;

/// How deep a type may be nested in another.
const DEPTH: u8 = 8;

/// The body of a QUERY.
pub fn query(text: &str, version: u8) -> Vec<u8> {
    let mut body = (text.len() as u32).to_be_bytes().to_vec();
    body.extend_from_slice(text.as_bytes());
    body.extend_from_slice(&LOCAL_ONE.to_be_bytes());
    // The flags, of four bytes from version 5 on.
    body.extend_from_slice(&[0; 3][..if version >= 5 { 3 } else { 0 }]);
    body.push(PAGE_SIZE);
    body.extend_from_slice(&ROWS.to_be_bytes());
    body
}

/// The first column of a row: its type, and its bytes unless it is null.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a>(Option<(u16, Option<&'a [u8]>)>);

/// The only row of a RESULT.
pub fn only_row(body: &[u8], version: u8) -> Result<Row<'_>, Failure> {
    const ROWS_FOLLOW: u64 = 2;
    let unlike = |reason: &str| Failure::from(Outcome::alive(Cause::Unhealthy, reason));
    let mut fields = Reader::new(body);
    if fields.be(4).ok_or_else(foreign)? != ROWS_FOLLOW {
        return Err(unlike("query gave no row, expected one"));
    }
    let first = first_type(&mut fields, version).ok_or_else(foreign)?;
    match fields.be(4).ok_or_else(foreign)? {
        0 => Err(unlike("query gave no row, expected one")),
        1 => match first {
            None => Ok(Row(None)),
            Some(kind) => Ok(Row(Some((kind, read_bytes(&mut fields).ok_or_else(foreign)?)))),
        },
        _ => Err(unlike("query gave more than one row, expected one")),
    }
}

impl Row<'_> {
    /// Whether it begins with what it should, in words.
    pub fn compare(&self, expect: Option<&str>, redaction: Redaction) -> Result<&'static str, Outcome> {
        let Some(expected) = expect else { return Ok(", query gave a row") };
        let received = match &self.0 {
            None => "no column".into(),
            Some((_, None)) => "null".into(),
            Some((kind, Some(value))) => match text(*kind, value) {
                Some(text) if text == expected.as_bytes() => return Ok(", query gave what it should"),
                Some(text) => redaction.value(&text),
                None => {
                    let reason =
                        "query gave a type that cannot be compared, expected a text, a number or a boolean";
                    return Err(Outcome::alive(Cause::Protocol, reason));
                }
            },
        };
        let expected = quote(expected.as_bytes());
        Err(Outcome::alive(Cause::Unhealthy, format!("query gave {received}, expected {expected:?}")))
    }
}

/// A value as CQL writes it, without quotes.
fn text(kind: u16, value: &[u8]) -> Option<Vec<u8>> {
    const ASCII: u16 = 0x01;
    const BOOLEAN: u16 = 0x04;
    const VARCHAR: u16 = 0x0d;
    match kind {
        ASCII | VARCHAR => Some(value.to_vec()),
        BOOLEAN => Some(if value == [0] { "false" } else { "true" }.into()),
        // Bigint, counter, int, smallint, tinyint.
        0x02 | 0x05 | 0x09 | 0x13 | 0x14 if (1..=8).contains(&value.len()) => {
            let sign = if value[0] < 0x80 { 0 } else { -1 };
            let number = value.iter().fold(sign, |number: i64, byte| number << 8 | i64::from(*byte));
            Some(number.to_string().into())
        }
        _ => None,
    }
}

/// Steps over the metadata of rows; the type of the first column, of which 0 stands for one that is not known.
fn first_type(fields: &mut Reader, version: u8) -> Option<Option<u16>> {
    let (flags, columns) = (fields.be(4)?, fields.be(4)?);
    if flags & MORE_PAGES != 0 {
        read_bytes(fields)?;
    }
    if flags & METADATA_CHANGED != 0 && version >= 5 {
        skip_string(fields)?;
    }
    if flags & NO_METADATA != 0 {
        return Some((columns > 0).then_some(0));
    }
    let table = |fields: &mut Reader| skip_string(fields).and_then(|()| skip_string(fields));
    if flags & GLOBAL_TABLE != 0 {
        table(fields)?;
    }
    let mut first = None;
    // A false count ends with the bytes.
    for _ in 0..columns {
        if flags & GLOBAL_TABLE == 0 {
            table(fields)?;
        }
        skip_string(fields)?;
        let kind = skip_type(fields, DEPTH)?;
        first.get_or_insert(kind);
    }
    Some(first)
}

/// Steps over a type; its number.
fn skip_type(fields: &mut Reader, depth: u8) -> Option<u16> {
    let depth = depth.checked_sub(1)?;
    let kind = u16::from_be_bytes(fields.array()?);
    match kind {
        // A class of the server.
        0x00 => skip_string(fields)?,
        // A list or a set.
        0x20 | 0x22 => {
            skip_type(fields, depth)?;
        }
        // A map.
        0x21 => {
            skip_type(fields, depth)?;
            skip_type(fields, depth)?;
        }
        // A type of the user's, with its keyspace and name.
        0x30 => {
            skip_string(fields)?;
            skip_string(fields)?;
            for _ in 0..fields.be(2)? {
                skip_string(fields)?;
                skip_type(fields, depth)?;
            }
        }
        // A tuple.
        0x31 => {
            for _ in 0..fields.be(2)? {
                skip_type(fields, depth)?;
            }
        }
        _ => {}
    }
    Some(kind)
}
