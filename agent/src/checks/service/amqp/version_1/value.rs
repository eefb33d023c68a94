//! Values of AMQP 1.0, whose first byte tells their type and how they end: part 1.6 of the specification.

use crate::net::codec::reader::Reader;
use crate::net::quote;

pub const NULL: u8 = 0x40;
const DESCRIBED: u8 = 0x00;
const TRUE: u8 = 0x41;

pub fn symbol(text: &[u8]) -> Vec<u8> {
    sized(0xb3, text)
}

pub fn string(text: &str) -> Vec<u8> {
    sized(0xb1, text.as_bytes())
}

pub fn binary(bytes: &[u8]) -> Vec<u8> {
    sized(0xb0, bytes)
}

pub fn list(fields: &[Vec<u8>]) -> Vec<u8> {
    let body = [&(fields.len() as u32).to_be_bytes()[..], &fields.concat()].concat();
    sized(0xd0, &body)
}

/// A value with its length in four bytes.
fn sized(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind][..], &(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// The next value: its type, and what it holds. One that is described comes without its description.
fn next<'a>(fields: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let mut kind = fields.byte()?;
    // Each description is a value of its own, which is taken off the bytes.
    while kind == DESCRIBED {
        let description = fields.byte()?;
        contents(description, fields)?;
        kind = fields.byte()?;
    }
    Some((kind, contents(kind, fields)?))
}

fn contents<'a>(kind: u8, fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = match kind >> 4 {
        0x4 => 0,
        0x5 => 1,
        0x6 => 2,
        0x7 => 4,
        0x8 => 8,
        0x9 => 16,
        0xa | 0xc | 0xe => fields.be(1)?,
        0xb | 0xd | 0xf => fields.be(4)?,
        _ => return None,
    };
    fields.take(length as usize)
}

/// The elements of a list or a map, which say themselves where they end.
fn elements(kind: u8, contents: &[u8]) -> Option<Reader<'_>> {
    const EMPTY: u8 = 0x45;
    let count = match kind {
        EMPTY => 0,
        0xc0 | 0xc1 => 1,
        0xd0 | 0xd1 => 4,
        _ => return None,
    };
    Some(Reader::new(contents.get(count..)?))
}

/// A field of a performative, if it is there.
fn field(fields: &[u8], number: usize) -> Option<(u8, &[u8])> {
    let (kind, contents) = next(&mut Reader::new(fields))?;
    let mut elements = elements(kind, contents)?;
    for _ in 0..number {
        next(&mut elements)?;
    }
    next(&mut elements).filter(|(kind, _)| *kind != NULL)
}

/// The mechanisms in `sasl-mechanisms`: a symbol, or an array of them.
pub fn mechanisms(fields: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (kind, contents) = field(fields, 0)?;
    let width = match kind {
        0xa3 | 0xb3 => return Some(vec![contents.to_vec()]),
        0xe0 => 1,
        0xf0 => 4,
        _ => return None,
    };
    let mut array = Reader::new(contents);
    let (count, kind) = (array.be(width)?, array.byte()?);
    let mut names = Vec::new();
    // A false count ends with the bytes: each has a length at least.
    for _ in 0..count {
        let length = match kind {
            0xa3 => array.be(1)?,
            0xb3 => array.be(4)?,
            _ => return None,
        };
        names.push(array.take(length as usize)?.to_vec());
    }
    Some(names)
}

/// The code of a `sasl-outcome`.
pub fn sasl_code(fields: &[u8]) -> Option<u8> {
    match field(fields, 0)? {
        (0x50, [code]) => Some(*code),
        _ => None,
    }
}

/// What a broker says of itself in its open frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Properties {
    /// `RabbitMQ 3.10.8`
    pub name: String,
    /// It will close, with a reason.
    pub has_failed: bool,
}

impl Default for Properties {
    fn default() -> Self {
        Self { name: "AMQP 1.0 broker".into(), has_failed: false }
    }
}

pub fn properties_of(fields: &[u8]) -> Option<Properties> {
    const PROPERTIES: usize = 9;
    let (kind, contents) = field(fields, PROPERTIES)?;
    let mut map = elements(kind, contents)?;
    let mut properties = Properties::default();
    let (mut product, mut version) = (None, None);
    while let Some((_, name)) = next(&mut map) {
        let (kind, value) = next(&mut map)?;
        match name {
            b"product" => product = Some(quote(value)),
            b"version" => version = Some(quote(value)),
            b"amqp:connection-establishment-failed" => properties.has_failed = kind == TRUE,
            _ => {}
        }
    }
    if let Some(product) = product {
        properties.name = product + &version.map(|version| format!(" {version}")).unwrap_or_default();
    }
    Some(properties)
}

/// The condition of the error in a close frame.
pub fn error_condition(fields: &[u8]) -> Option<&[u8]> {
    let (kind, contents) = field(fields, 0)?;
    let mut error = elements(kind, contents)?;
    next(&mut error).map(|(_, condition)| condition)
}
