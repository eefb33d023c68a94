//! Names as they go over the wire (RFC 1035 §3.1).

/// The longest name, with the length of each label and of the root.
const LONGEST: usize = 255;

/// A name that fits a query: labels of 1 to 63 characters, 253 in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(Vec<u8>);

impl Name {
    /// The wire form of a name with or without its last dot, or none if it is not one; `.` is the root.
    pub fn parse(text: &str) -> Option<Self> {
        let mut wire = Vec::with_capacity(text.len() + 2);
        if text != "." {
            for label in text.strip_suffix('.').unwrap_or(text).split('.') {
                let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_*".contains(&b));
                let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
                if !plain {
                    return None;
                }
                wire.push(length);
                wire.extend_from_slice(label.as_bytes());
            }
        }
        wire.push(0);
        (wire.len() <= LONGEST).then_some(Self(wire))
    }

    /// The bytes that a query holds.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }
}

/// What follows a name, without following its pointers: they could form a loop, and the agent does not need to know where they lead.
pub fn after_name(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, rest) = bytes.split_first()?;
        match length {
            0 => return Some(rest),
            1..=63 => bytes = rest.get(usize::from(length)..)?,
            0xc0.. => return rest.get(1..),
            _ => return None,
        }
    }
}
