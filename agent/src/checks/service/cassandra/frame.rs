//! Frames of version 5: check sums around envelopes, or parts of one, or several.
//!
//! Section 2 of <https://cassandra.apache.org/_/native_protocol_v5.html>.

use std::io;

use crate::net::ProtocolError;

const HEAD: usize = 6;
const TAIL: usize = 4;
const PAYLOAD_LENGTH: u32 = 0x1_ffff;
const SELF_CONTAINED: u32 = 1 << 17;

/// A request in frames: no frame holds more than its length can say.
pub fn frames(envelope: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_whole = envelope.len() <= PAYLOAD_LENGTH as usize;
    envelope.chunks(PAYLOAD_LENGTH as usize).map(move |payload| {
        let word = payload.len() as u32 | if is_whole { SELF_CONTAINED } else { 0 };
        let [a, b, c, _] = word.to_le_bytes();
        let [d, e, f, _] = crc24([a, b, c]).to_le_bytes();
        [&[a, b, c, d, e, f], payload, &crc32(payload).to_le_bytes()].concat()
    })
}

/// How long the first frame is, once it is whole.
pub fn frame_length(received: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = received.first_chunk::<HEAD>() else { return Ok(None) };
    let [a, b, c, d, e, f] = *head;
    if u32::from_le_bytes([d, e, f, 0]) != crc24([a, b, c]) {
        return Err(damaged().into());
    }
    let length = HEAD + (u32::from_le_bytes([a, b, c, 0]) & PAYLOAD_LENGTH) as usize + TAIL;
    Ok((received.len() >= length).then_some(length))
}

/// What a whole frame holds.
pub fn payload_of(frame: &[u8]) -> Option<&[u8]> {
    let (payload, sum) = frame.get(HEAD..)?.split_last_chunk::<TAIL>()?;
    (crc32(payload).to_le_bytes() == *sum).then_some(payload)
}

pub fn damaged() -> ProtocolError {
    ProtocolError::because("frame has a wrong check sum")
}

/// The check sum of a frame's head.
fn crc24(head: [u8; 3]) -> u32 {
    head.iter().fold(0x87_5060, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 16, |sum, _| {
            let next = sum << 1;
            if next & 0x100_0000 == 0 { next } else { next ^ 0x197_4f0b }
        })
    })
}

/// The check sum of a payload: that of Ethernet, over four bytes more.
fn crc32(payload: &[u8]) -> u32 {
    let sum = [0xfa, 0x2d, 0x55, 0xca].iter().chain(payload).fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    });
    !sum
}
