//! The part of BSON that MongoDB is asked and answers in: <https://bsonspec.org/spec.html>.
//!
//! Nothing is copied, and nothing recurses: a document inside another one is stepped over by its length, and read only
//! where a check looks into it.

use crate::net::codec::reader::Reader;

/// A value of the types that are looked at; all others are stepped over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Double(f64),
    Text(&'a [u8]),
    Document(Document<'a>),
    Array(Document<'a>),
    Binary(&'a [u8]),
    Bool(bool),
    /// Milliseconds since 1970.
    Date(i64),
    Integer(i64),
    Other,
}

/// The elements of a document, whole and each of a known type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Document<'a>(&'a [u8]);

impl<'a> Document<'a> {
    /// The document that these bytes are, if they are one and nothing else.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Reader::new(bytes);
        let document = document(&mut rest)?;
        (rest.is_empty() && document.is_whole()).then_some(document)
    }

    /// The value of a name; of the first, where a hostile peer gives several.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.elements().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }

    /// A flag: `true`, or a number other than 0, as servers answer `ok`.
    pub fn flag(self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => flag,
            Some(Value::Double(number)) => number != 0.0,
            Some(Value::Integer(number)) => number != 0,
            _ => false,
        }
    }

    /// A whole number, which some servers send as a double.
    pub fn integer(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Integer(number) => Some(number),
            Value::Double(number) => Some(number as i64),
            _ => None,
        }
    }

    pub fn text(self, name: &str) -> Option<&'a [u8]> {
        if let Value::Text(text) = self.get(name)? { Some(text) } else { None }
    }

    pub fn binary(self, name: &str) -> Option<&'a [u8]> {
        if let Value::Binary(bytes) = self.get(name)? { Some(bytes) } else { None }
    }

    /// A point in time, in milliseconds since 1970.
    pub fn date(self, name: &str) -> Option<i64> {
        if let Value::Date(date) = self.get(name)? { Some(date) } else { None }
    }

    /// A document inside this one, if it is whole.
    pub fn document(self, name: &str) -> Option<Self> {
        if let Value::Document(inner) = self.get(name)? { inner.is_whole().then_some(inner) } else { None }
    }

    /// Whether an array inside this document holds the text; `None` where there is no such array.
    pub fn lists(self, name: &str, text: &[u8]) -> Option<bool> {
        let Value::Array(array) = self.get(name)? else { return None };
        Some(array.elements().any(|(_, value)| value == Value::Text(text)))
    }

    fn is_whole(self) -> bool {
        let mut rest = Reader::new(self.0);
        while !rest.is_empty() {
            if element(&mut rest).is_none() {
                return false;
            }
        }
        true
    }

    fn elements(self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        let mut rest = Reader::new(self.0);
        std::iter::from_fn(move || element(&mut rest))
    }
}

fn element<'a>(rest: &mut Reader<'a>) -> Option<(&'a [u8], Value<'a>)> {
    let kind = rest.byte()?;
    let name = rest.until_zero()?;
    let value = match kind {
        0x01 => Value::Double(f64::from_le_bytes(rest.array()?)),
        0x02 => Value::Text(string(rest)?),
        0x03 => Value::Document(document(rest)?),
        0x04 => Value::Array(document(rest)?),
        0x05 => {
            let length = length(rest)?;
            rest.take(1)?;
            Value::Binary(rest.take(length)?)
        }
        0x08 => Value::Bool(rest.byte()? != 0),
        0x09 => Value::Date(i64::from_le_bytes(rest.array()?)),
        0x10 => Value::Integer(i32::from_le_bytes(rest.array()?).into()),
        0x12 => Value::Integer(i64::from_le_bytes(rest.array()?)),
        // undefined, null, the least and the greatest key
        0x06 | 0x0a | 0x7f | 0xff => Value::Other,
        // an object's id, a time stamp, a decimal
        0x07 => other(rest.take(12)?),
        0x11 => other(rest.take(8)?),
        0x13 => other(rest.take(16)?),
        // code, a symbol, a regular expression, a pointer
        0x0d | 0x0e => other(string(rest)?),
        0x0b => other((rest.until_zero()?, rest.until_zero()?).0),
        0x0c => other((string(rest)?, rest.take(12)?).1),
        // code with its scope, whose length counts itself
        0x0f => {
            let rest_of_it = length(rest)?.checked_sub(4)?;
            other(rest.take(rest_of_it)?)
        }
        _ => return None,
    };
    Some((name, value))
}

fn other(_: &[u8]) -> Value<'_> {
    Value::Other
}

/// A document: its length, which counts itself and the zero at the end, and its elements.
fn document<'a>(rest: &mut Reader<'a>) -> Option<Document<'a>> {
    let inner = length(rest)?.checked_sub(4)?;
    match rest.take(inner)? {
        [elements @ .., 0] => Some(Document(elements)),
        _ => None,
    }
}

/// A text, whose length counts the zero at its end.
fn string<'a>(rest: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = length(rest)?;
    match rest.take(length)? {
        [text @ .., 0] => Some(text),
        _ => None,
    }
}

fn length(rest: &mut Reader) -> Option<usize> {
    i32::from_le_bytes(rest.array()?).try_into().ok()
}

/// A document that is being written; names are literals without a zero.
pub struct Builder(Vec<u8>);

impl Builder {
    pub fn new() -> Self {
        Self(vec![0; 4])
    }

    pub fn integer(mut self, name: &str, value: i32) -> Self {
        self.name(0x10, name);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn flag(mut self, name: &str, value: bool) -> Self {
        self.name(0x08, name);
        self.0.push(value.into());
        self
    }

    pub fn text(mut self, name: &str, value: &[u8]) -> Self {
        self.name(0x02, name);
        self.0.extend_from_slice(&(value.len() as u32 + 1).to_le_bytes());
        self.0.extend_from_slice(value);
        self.0.push(0);
        self
    }

    pub fn binary(mut self, name: &str, value: &[u8]) -> Self {
        self.name(0x05, name);
        self.0.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.0.push(0);
        self.0.extend_from_slice(value);
        self
    }

    pub fn document(mut self, name: &str, value: Self) -> Self {
        self.name(0x03, name);
        self.0.extend_from_slice(&value.finish());
        self
    }

    /// A document that was begun elsewhere, for types that no command holds.
    #[cfg(test)]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[cfg(test)]
    pub fn array(mut self, name: &str, value: Self) -> Self {
        self.name(0x04, name);
        self.0.extend_from_slice(&value.finish());
        self
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.0.push(0);
        let length = (self.0.len() as u32).to_le_bytes();
        self.0.splice(..4, length);
        self.0
    }

    fn name(&mut self, kind: u8, name: &str) {
        self.0.push(kind);
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(0);
    }
}
