use super::super::bson::Value;
use super::*;
use crate::net::test_server::{Random, survives};

#[test]
fn what_is_no_mongodb_fails() {
    let mut numbered = framed(1, good().flag("isWritablePrimary", true));
    numbered[8] = 9;
    for said in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        numbered,
        framed(1, good())[..25].to_vec(),
        vec![0xff; 64],
        vec![],
    ] {
        let outcome = run(says(&said), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{said:?}");
    }
}

#[test]
fn what_follows_the_first_reply_takes_nothing_from_it() {
    let reply = framed(1, good().flag("isWritablePrimary", true));
    for rest in [vec![0], reply.clone(), vec![0xff; 8_192]] {
        let outcome = run(says(&[reply.clone(), rest].concat()), soon());
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}");
    }
}

#[test]
fn a_checksum_is_stepped_over() {
    let mut message = framed(1, good().flag("isWritablePrimary", true));
    message[0] += 4;
    message[16] = 1;
    message.extend_from_slice(b"crc!");
    assert_eq!(run(says(&message), soon()).verdict, Verdict::Pass);
}

/// A document with an element of every type, in the order of their numbers.
fn every_type() -> Vec<u8> {
    let mut elements: Vec<u8> = Vec::new();
    let pieces: [&[u8]; 21] = [
        b"\x01a\0\0\0\0\0\0\0\xf0\x3f",
        b"\x02b\0\x02\0\0\0x\0",
        b"\x03c\0\x05\0\0\0\0",
        b"\x04d\0\x05\0\0\0\0",
        b"\x05e\0\x01\0\0\0\0x",
        b"\x06f\0",
        b"\x07g\x00123456789012",
        b"\x08h\0\x01",
        b"\x09i\0\x01\0\0\0\0\0\0\0",
        b"\x0aj\0",
        b"\x0bk\0x\0y\0",
        b"\x0cl\0\x02\0\0\0x\x00123456789012",
        b"\x0dm\0\x02\0\0\0x\0",
        b"\x0en\0\x02\0\0\0x\0",
        b"\x0fo\0\x0f\0\0\0\x02\0\0\0x\0\x05\0\0\0\0",
        b"\x10p\0\x01\0\0\0",
        b"\x11q\x0012345678",
        b"\x12r\0\x01\0\0\0\0\0\0\0",
        b"\x13s\x001234567890123456",
        b"\x7ft\0",
        b"\xffu\0",
    ];
    pieces.iter().for_each(|piece| elements.extend_from_slice(piece));
    [&(elements.len() as u32 + 5).to_le_bytes(), &elements[..], &[0]].concat()
}

#[test]
fn every_type_of_bson_is_read_or_stepped_over() {
    let bytes = every_type();
    let document = Document::read(&bytes).unwrap();
    assert!(document.flag("a") && document.flag("h") && document.flag("r"));
    assert_eq!(document.text("b"), Some(&b"x"[..]));
    assert_eq!(document.binary("e"), Some(&b"x"[..]));
    assert_eq!(document.date("i"), Some(1));
    assert_eq!(document.integer("p"), Some(1));
    assert_eq!(document.get("u"), Some(Value::Other));
    assert_eq!(document.get("v"), None);
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &framed(1, member(b"rs0").flag("secondary", true)));
}

#[test]
fn no_bytes_make_the_parsers_panic() {
    let mut random = Random(42);
    let message = framed(1, member(b"rs0").document("lastWrite", Builder::new().integer("a", 1)));
    for _ in 0..20_000 {
        if let Some(document) = Document::read(&random.damaged(&every_type())) {
            for name in ["a", "b", "c", "d", "e", "i", "u"] {
                let _ = (
                    document.flag(name),
                    document.text(name),
                    document.document(name),
                    document.lists(name, b""),
                );
            }
        }
        let _ = message::reply(&mut &random.damaged(&message)[..], 1).map(|reply| {
            reply.document().flag("ok");
        });
    }
}
