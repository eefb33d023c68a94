//! Messages of LDAP (RFC 4511 §4.1.1).

use std::io::{Read, Result};

use super::result::Answer;
use crate::net::codec::ber::{element, head, number, write, write_number};
use crate::net::read_until;

/// The longest message that is read, whatever length it claims; the answers asked for are a hundred bytes.
pub const LONGEST: usize = 32 * 1024;

/// Tags of what is asked and answered.
const BIND: u8 = 0x60;
pub const BIND_RESPONSE: u8 = 0x61;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
pub const SEARCH_DONE: u8 = 0x65;
const EXTENDED: u8 = 0x77;
pub const EXTENDED_RESPONSE: u8 = 0x78;
const SEARCH_ENTRY: u8 = 0x64;

const SEQUENCE: u8 = 0x30;
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;

/// A message with a request in it.
pub fn message(id: u8, request: &[u8]) -> Vec<u8> {
    write(SEQUENCE, &[&write_number(INTEGER, id.into()), request])
}

/// A simple bind, version 3.
pub fn bind(name: &[u8], password: &[u8]) -> Vec<u8> {
    write(BIND, &[&write_number(INTEGER, 3), &write(STRING, &[name]), &write(0x80, &[password])])
}

/// Reads the root DSE, that which every server says of itself (RFC 4512 §5.1).
pub fn search_root(seconds: u16) -> Vec<u8> {
    let base_object = write_number(ENUMERATED, 0);
    let never_dereference = write_number(ENUMERATED, 0);
    let present = write(0x87, &[b"objectClass"]);
    let names: [&[u8]; 3] = [b"supportedLDAPVersion", VENDOR_NAME, b"vendorVersion"];
    let names = names.map(|name| write(STRING, &[name])).concat();
    write(
        SEARCH,
        &[
            &write(STRING, &[]),
            &base_object,
            &never_dereference,
            &write_number(INTEGER, 1),
            &write_number(INTEGER, seconds),
            &write(BOOLEAN, &[&[0]]),
            &present,
            &write(SEQUENCE, &[&names]),
        ],
    )
}

const VENDOR_NAME: &[u8] = b"vendorName";

/// Asks for TLS (RFC 4511 §4.14).
pub fn start_tls() -> Vec<u8> {
    write(EXTENDED, &[&write(0x80, &[b"1.3.6.1.4.1.1466.20037"])])
}

/// Goodbye: the server closes, and answers nothing.
pub fn unbind() -> Vec<u8> {
    write(UNBIND, &[])
}

/// A message of the server: to which request, of which kind, and what it holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    pub id: u32,
    pub tag: u8,
    content: Vec<u8>,
}

impl Message {
    /// The result that the message carries; none if it is not well-formed.
    pub fn answer(&self) -> Option<Answer> {
        let (ENUMERATED, code, rest) = element(&self.content)? else { return None };
        let (STRING, _matched, rest) = element(rest)? else { return None };
        let (STRING, diagnostic, _) = element(rest)? else { return None };
        Some(Answer { code: number(code)?, diagnostic: diagnostic.to_vec() })
    }

    /// Who made the server, if this is an entry that says so.
    pub fn vendor(&self) -> Option<Vec<u8>> {
        if self.tag != SEARCH_ENTRY {
            return None;
        }
        let (_, _name, rest) = element(&self.content)?;
        let (_, mut attributes, _) = element(rest)?;
        while let Some((_, attribute, rest)) = element(attributes) {
            attributes = rest;
            let (_, name, values) = element(attribute)?;
            if name.eq_ignore_ascii_case(VENDOR_NAME) {
                let (_, values, _) = element(values)?;
                return element(values).map(|(_, value, _)| value.to_vec());
            }
        }
        None
    }
}

/// The next message, what follows it stays in the buffer; none if what came is no LDAP.
pub fn read_message(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Result<Option<Message>> {
    let (message, length) = read_until(stream, buffer, |bytes| {
        Ok(match head(bytes) {
            Ok(None) if bytes.first().is_none_or(|&tag| tag == SEQUENCE) => None,
            Ok(Some((SEQUENCE, start, length))) if length <= LONGEST => {
                bytes.get(..start + length).map(|whole| (parse(whole), whole.len()))
            }
            _ => Some((None, 0)),
        })
    })?;
    buffer.drain(..length);
    Ok(message)
}

fn parse(whole: &[u8]) -> Option<Message> {
    let (_, inner, _) = element(whole)?;
    let (INTEGER, id, rest) = element(inner)? else { return None };
    let (tag, content, _controls) = element(rest)?;
    Some(Message { id: number(id)?, tag, content: content.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    fn done(id: u8, tag: u8, code: u16, text: &[u8]) -> Vec<u8> {
        message(
            id,
            &write(tag, &[&write_number(ENUMERATED, code), &write(STRING, &[]), &write(STRING, &[text])]),
        )
    }

    #[test]
    fn requests_are_as_the_clients_of_openldap_write_them() {
        assert_eq!(message(3, &unbind()), b"\x30\x05\x02\x01\x03\x42\x00");
        assert_eq!(
            message(1, &bind(b"cn=a", b"b")),
            b"\x30\x11\x02\x01\x01\x60\x0c\x02\x01\x03\x04\x04cn=a\x80\x01b"
        );
        assert_eq!(message(1, &start_tls()), b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037");
    }

    #[test]
    fn messages_are_read_one_by_one() {
        let bytes = [done(1, BIND_RESPONSE, 49, b"no"), done(2, SEARCH_DONE, 0, b"")].concat();
        let (mut rest, mut buffer) = (&bytes[..], Vec::new());
        let first = read_message(&mut rest, &mut buffer).unwrap().unwrap();
        assert_eq!((first.id, first.tag), (1, BIND_RESPONSE));
        assert_eq!(first.answer(), Some(Answer { code: 49, diagnostic: b"no".to_vec() }));
        let second = read_message(&mut rest, &mut buffer).unwrap().unwrap();
        assert_eq!((second.id, second.tag, second.vendor()), (2, SEARCH_DONE, None));
        assert!(read_message(&mut rest, &mut buffer).is_err());
    }

    #[test]
    fn an_entry_names_its_vendor() {
        let attribute = |name: &[u8], value: &[u8]| {
            write(SEQUENCE, &[&write(STRING, &[name]), &write(0x31, &[&write(STRING, &[value])])])
        };
        let list = [attribute(b"supportedLDAPVersion", b"3"), attribute(b"VendorName", b"ACME")].concat();
        let bytes = message(1, &write(SEARCH_ENTRY, &[&write(STRING, &[]), &write(SEQUENCE, &[&list])]));
        let entry = read_message(&mut &bytes[..], &mut Vec::new()).unwrap().unwrap();
        assert_eq!(entry.vendor(), Some(b"ACME".to_vec()));
        let mut random = Random(42);
        for _ in 0..20_000 {
            let damaged = random.damaged(&bytes);
            if let Ok(Some(message)) = read_message(&mut &damaged[..], &mut Vec::new()) {
                let _ = (message.vendor(), message.answer());
            }
        }
    }

    #[test]
    fn what_is_no_message_is_told_at_once() {
        for bytes in [
            &b"HTTP"[..],
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x80",
            b"\x30\x02\x02\x00",
            b"\x30\x03\x02\x01\x01",
        ] {
            assert_eq!(read_message(&mut &bytes[..], &mut Vec::new()).unwrap(), None, "{bytes:x?}");
        }
    }
}
