//! The first words, which have no letter: SSLRequest and StartupMessage.

use std::io::{ErrorKind, Read, Write};

use super::message::{Frame, Phase, error, foreign, frame};
use super::verdict::{self, Wants};
use crate::check::{Cause, Outcome};
use crate::net::{DeadlineStream, Failure, quote, read_until};

const VERSION: u32 = 196_608;
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Names the user and the database. No other parameters: a pooler may refuse those that it does not know.
pub fn message(user: &[u8], database: &str) -> Vec<u8> {
    let parameters: [&[u8]; 6] =
        [b"user", user, b"database", database.as_bytes(), b"application_name", b"health-probe"];
    let mut body = VERSION.to_be_bytes().to_vec();
    for text in parameters {
        body.extend_from_slice(text);
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [&length.to_be_bytes()[..], &body].concat()
}

/// Has the server agree to TLS, and reads nothing behind the one letter of its answer.
pub fn agree_to_tls(carrier: &mut DeadlineStream) -> Result<(), Failure> {
    // A server that cannot fork says so and closes without reading.
    let _ = carrier.write_all(&SSL_REQUEST);
    let mut answer = [0];
    carrier.read_exact(&mut answer)?;
    match &answer {
        b"S" => Ok(()),
        b"N" => Err(Outcome::alive(Cause::Protocol, "server has no TLS").into()),
        b"E" => Err(refused(carrier)),
        _ => Err(foreign().into()),
    }
}

/// An error in place of the letter, never a pass: the connection that the check asks for was not made.
fn refused(carrier: &mut DeadlineStream) -> Failure {
    let wants = Wants { login: true, database: true, inside: true };
    let mut buffer = vec![b'E'];
    match read_until(carrier, &mut buffer, |bytes| frame(bytes, Phase::Login)) {
        Ok(Frame::Message(_, end)) => match buffer.get(5..end).and_then(error) {
            Some(error) => verdict::of_entry(&error, &wants).into(),
            None => foreign().into(),
        },
        Ok(_) => {
            let line = buffer.split(|&byte| byte == b'\n').next().and_then(|line| line.get(1..));
            Outcome::alive(Cause::Unhealthy, quote(line.unwrap_or_default())).into()
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => foreign().into(),
        Err(error) => error.into(),
    }
}
