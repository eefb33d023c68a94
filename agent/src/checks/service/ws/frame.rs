//! The frames that messages travel in (RFC 6455 §5.2).

use std::io::Read;

use ring::rand::{SecureRandom, SystemRandom};

use crate::check::{Cause, Outcome};
use crate::net::{Failure, OwnLimit, ProtocolError};

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

/// The last frame of a message.
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// The longest frame, and the longest message, that is read.
pub const LONGEST: usize = 64 * 1024;

/// One frame of the server.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub is_final: bool,
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The next frame of the server, which masks none.
    pub fn read(stream: &mut impl Read) -> Result<Self, Failure> {
        let mut head = [0; 2];
        stream.read_exact(&mut head)?;
        let [first, length] = head;
        let opcode = first & 0x0f;
        let is_final = first & FINAL != 0;
        let is_control = opcode >= CLOSE;
        let is_known = opcode <= BINARY || (CLOSE..=PONG).contains(&opcode);
        // The bits between are for extensions, of which none was agreed to.
        let is_plain = first & 0x70 == 0 && length & MASKED == 0;
        if !is_known || !is_plain || is_control && (!is_final || length > 125) {
            return Err(ProtocolError::not_of("WebSocket").into());
        }
        let length = match length {
            126 => number(stream, [0; 2])?,
            127 => number(stream, [0; 8])?,
            length => length.into(),
        };
        if length > LONGEST as u64 {
            return Err(too_long().into());
        }
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload)?;
        Ok(Self { is_final, opcode, payload })
    }

    /// Why the server closes, of a frame that says so (RFC 6455 §7.4).
    pub fn closing_code(&self) -> Option<u16> {
        self.payload.first_chunk().copied().map(u16::from_be_bytes)
    }
}

/// A message, or a control frame, as a client writes it: masked, so that no cache on the way takes it for HTTP.
pub fn write(opcode: u8, payload: &[u8]) -> Result<Vec<u8>, Outcome> {
    let mut frame = vec![FINAL | opcode];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..=125), _) => frame.push(MASKED | length),
        (_, Ok(length)) => {
            frame.push(MASKED | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        // The longest text of a check is a fraction of that.
        _ => return Err(Outcome::alive(Cause::Protocol, "the message is too long to be sent")),
    }
    let mask = random::<4>()?;
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    Ok(frame)
}

/// Bytes that nobody can guess; those of the example in the RFC for a peer whose answer is written beforehand.
pub fn random<const COUNT: usize>() -> Result<[u8; COUNT], Outcome> {
    #[cfg(any(test, fuzzing))]
    if crate::net::io::scripted::script().is_some() {
        return Ok(std::array::from_fn(|place| b"the sample nonce"[place % 16]));
    }
    let mut bytes = [0; COUNT];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Outcome::alive(Cause::Protocol, "the system gives no random bytes")),
    }
}

/// The error of a message that is more than is read.
pub fn too_long() -> std::io::Error {
    OwnLimit::because(format!("a message is longer than {LONGEST} bytes")).into()
}

fn number<const COUNT: usize>(stream: &mut impl Read, mut bytes: [u8; COUNT]) -> Result<u64, Failure> {
    stream.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
