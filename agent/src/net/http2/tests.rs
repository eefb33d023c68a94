use super::frame;
use super::hpack::{Decoder, encode};
use super::huffman;
use crate::net::test_server::Random;

/// The bytes of these frames: kind, flags, stream and payload.
pub fn frames(parts: &[(u8, u8, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &(kind, flags, stream, payload) in parts {
        frame::add(&mut bytes, kind, flags, stream, payload);
    }
    bytes
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    decoder.decode(block, &mut |name, value| fields.push((text(name), text(value))))?;
    Some(fields)
}

/// The responses of RFC 7541 appendix C.6: Huffman codes, and a dynamic table that fills up.
#[test]
fn the_examples_of_the_rfc_decode() {
    let mut decoder = Decoder::default();
    let first = b"\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x61\x96\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff\x6e\x91\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3";
    let fields = decoded(&mut decoder, first).unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair(":status", "302"),
        pair("cache-control", "private"),
        pair("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        pair("location", "https://www.example.com"),
    ];
    assert_eq!(fields, expected);
    let second = decoded(&mut decoder, b"\x48\x83\x64\x0e\xff\xc1\xc0\xbf").unwrap();
    assert_eq!(second[0], pair(":status", "307"));
    assert_eq!(second[1..], expected[1..]);
    // The table is emptied, and what was in it is gone.
    assert_eq!(decoded(&mut decoder, b"\x20"), Some(vec![]));
    assert_eq!(decoded(&mut decoder, b"\xbf"), None);
}

#[test]
fn what_is_encoded_decodes() {
    let long = "v".repeat(5000);
    let fields = [("a", ""), ("name", "value"), ("long", &long)];
    let back = decoded(&mut Decoder::default(), &encode(&fields)).unwrap();
    assert_eq!(back, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn no_block_makes_it_panic_or_grow() {
    let mut random = Random(11);
    let good =
        [&encode(&[("grpc-status", "0")])[..], b"\x48\x82\x64\x02\x58\x85\xae\xc3\x77\x1a\x4b\x20\x88"]
            .concat();
    let mut decoder = Decoder::default();
    for _ in 0..50_000 {
        let block = if random.below(3) == 0 { random.bytes(64) } else { random.damaged(&good) };
        decoded(&mut decoder, &block);
        huffman::decode(&block);
    }
    // A block of one-byte references to a large entry.
    let mut decoder = Decoder::default();
    let large = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'v'; 4000]].concat();
    assert!(decoded(&mut decoder, &large).is_some());
    assert_eq!(decoded(&mut decoder, &[0xbe; 16_000]), None);
}
