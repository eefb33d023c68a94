//! MQTT: CONNECT, answered with a CONNACK that accepts it.
//!
//! Version 3.1.1, <https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718028>, which nearly
//! every broker speaks; one that does not is asked once more in version 5,
//! <https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901074>. Each check is a client of its own, with
//! an empty session that ends with it: a client identifier that another client has would throw that one out.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::codec::reader::write_varint;
use crate::net::{Conversation, Endpoint, Failure, Login, read_until};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

/// A CONNACK of version 5 may hold properties; the broker says no more than that.
const LIMIT: usize = 16 * 1024;

/// Should DISCONNECT get lost, the broker forgets the client after one and a half times this.
const KEEP_ALIVE_SECONDS: u16 = 10;

const DISCONNECT: [u8; 2] = [0xe0, 0];

pub const SCHEME: Scheme = Scheme {
    scheme: "mqtt",
    summary: "CONNECT is accepted; a broker that is not available, or refuses the login, is alive but not ready",
    target: Target::Address { port: Some(1883) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[("allow-cleartext", OptionType::Flag)],
    ..Scheme::BARE
};

/// The protocol level of CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V311 = 4,
    V5 = 5,
}

/// A check of one MQTT broker.
pub struct Mqtt {
    endpoint: Endpoint,
    login: Login,
}

impl Mqtt {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        Ok(Self { endpoint, login: Login::from_url(url) })
    }

    fn connect(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (user, password) = self.login.in_clear(conversation)?;
        if user.is_some() || password.is_some() {
            conversation.note_secret();
        }
        let request = |version| connect(version, user.as_deref(), password.as_deref());
        let code = match self.ask(conversation, &request(Version::V311)?)? {
            // "Unacceptable protocol version", also in the words of version 5.
            1 | 0x84 => {
                conversation.alive("CONNECT of version 3.1.1 was answered");
                self.ask(conversation, &request(Version::V5)?)?
            }
            code => code,
        };
        Ok(judge(code))
    }

    /// The code of the CONNACK.
    fn ask(&self, conversation: &Conversation, request: &[u8]) -> Result<u8, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        // A broker that takes no more clients closes without a word, and without having read.
        let _ = stream.write_all(request);
        let mut received = Vec::new();
        let code = read_until(&mut stream, &mut received, |received| Ok(code(received)))?;
        match code {
            Some(0) => {
                let _ = stream.write_all(&DISCONNECT);
            }
            Some(_) => {}
            None => return Err(conversation.redaction().not_of("MQTT", &received).into()),
        }
        // Either way the broker closes first.
        stream.drain();
        Ok(code.unwrap_or_default())
    }
}

impl Check for Mqtt {
    /// Pass exactly on an accepted CONNECT.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.connect(conversation))
    }
}

/// A CONNECT packet.
fn connect(version: Version, user: Option<&[u8]>, password: Option<&[u8]>) -> Result<Vec<u8>, Outcome> {
    const CLEAN_SESSION: u8 = 0x02;
    const PASSWORD: u8 = 0x40;
    const USER: u8 = 0x80;
    // In version 3.1.1 a password without a user is an error, but an empty user is none.
    let user = user.or(password.map(|_| &b""[..]));
    let flags = CLEAN_SESSION | user.map_or(0, |_| USER) | password.map_or(0, |_| PASSWORD);
    let mut body = Vec::new();
    string(&mut body, b"MQTT")?;
    body.extend_from_slice(&[version as u8, flags]);
    body.extend_from_slice(&KEEP_ALIVE_SECONDS.to_be_bytes());
    if version == Version::V5 {
        // No properties.
        body.push(0);
    }
    string(&mut body, client_id().as_bytes())?;
    for value in user.into_iter().chain(password) {
        string(&mut body, value)?;
    }
    let mut packet = vec![0x10];
    write_varint(&mut packet, body.len());
    packet.append(&mut body);
    Ok(packet)
}

fn string(packet: &mut Vec<u8>, value: &[u8]) -> Result<(), Outcome> {
    let Ok(length) = u16::try_from(value.len()) else {
        return Err(Outcome::alive(Cause::Protocol, "user or password is longer than 65535 bytes"));
    };
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(value);
    Ok(())
}

/// 23 letters and digits, which every broker has to accept, 12 of them random.
fn client_id() -> String {
    // The one source of randomness in the standard library: its keys come from the kernel.
    let random = RandomState::new().build_hasher().finish();
    format!("healthprobe{:012x}", random >> 16)
}

/// The code of a CONNACK once it was read, or none of what can be no CONNACK.
///
/// Its properties are not waited for: the end of the connection throws them away.
fn code(received: &[u8]) -> Option<Option<u8>> {
    const CONNACK: u8 = 0x20;
    let (kind, rest) = received.split_first()?;
    if *kind != CONNACK {
        return Some(None);
    }
    // The length, seven bits a byte; one that needs more than two bytes is beyond the limit.
    let body = match rest {
        [first, ..] if *first < 2 => return Some(None),
        [0x80..=0xff, 0x80..=0xff, ..] => return Some(None),
        [0x80..=0xff, _, body @ ..] | [_, body @ ..] => body,
        [] => return None,
    };
    match body {
        // Bit 0 tells whether there was a session; the others are zero.
        [2..=0xff, ..] => Some(None),
        [_, code, ..] => Some(Some(*code)),
        _ => None,
    }
}

/// What a code means; from 0x80 on they are those of version 5.
fn judge(code: u8) -> Outcome {
    use Cause::{Protocol, Unhealthy};
    let (cause, words) = match code {
        0 => return Outcome::pass("connection accepted"),
        3 | 0x88 => (Unhealthy, "server unavailable"),
        0x89 => (Unhealthy, "server busy"),
        0x97 => (Unhealthy, "quota exceeded"),
        0x9f => (Unhealthy, "connection rate exceeded"),
        0x9c | 0x9d => (Unhealthy, "use another server"),
        4 | 0x86 => (Protocol, "bad user name or password"),
        5 | 0x87 => (Protocol, "not authorized"),
        0x8a => (Protocol, "banned"),
        0x8c => (Protocol, "bad authentication method"),
        2 | 0x85 => (Protocol, "client identifier not valid"),
        1 | 0x84 => (Protocol, "unacceptable protocol version"),
        0x95 => (Protocol, "packet too large"),
        _ => return Outcome::fail(Unhealthy, format!("connection refused with code {code:#04x}")),
    };
    Outcome::alive(cause, format!("connection refused: {words}"))
}

#[cfg(test)]
mod tests;
