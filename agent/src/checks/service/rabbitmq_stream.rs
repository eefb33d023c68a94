//! The stream protocol of RabbitMQ: PeerProperties, which a broker answers before any login; with a login also the virtual
//! host and, where it is asked for, one stream.
//!
//! <https://github.com/rabbitmq/rabbitmq-server/blob/main/deps/rabbitmq_stream/docs/PROTOCOL.adoc>. What the broker says
//! once the password was sent is put into words of our own.

mod code;
mod frame;

use self::code::{OK, judge, refused};
use self::frame::{CLOSE, Wire, bytes, foreign, read_string, string};
use crate::check::{Check, Deadline, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Conversation, Endpoint, Failure, Login, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, path_name};

/// The longest name of a virtual host.
const NAME_LIMIT: usize = 255;

const METADATA: u16 = 0x0f;
const PEER_PROPERTIES: u16 = 0x11;
const SASL_HANDSHAKE: u16 = 0x12;
const SASL_AUTHENTICATE: u16 = 0x13;
const TUNE: u16 = 0x14;
const OPEN: u16 = 0x15;

pub const SCHEME: Scheme = Scheme {
    scheme: "rabbitmq-stream",
    summary: "A RabbitMQ stream listener names its broker and, with a login, opens the virtual host in the path (/); with stream that is available too",
    target: Target::Address { port: Some(5552) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[("allow-cleartext", OptionType::Flag), ("stream", OptionType::Text)],
    requires: &[("stream", "user")],
    ..Scheme::BARE
};

/// A check of one listener.
pub struct RabbitmqStream {
    endpoint: Endpoint,
    login: Login,
    vhost: String,
    stream: Option<String>,
}

impl RabbitmqStream {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            vhost: path_name(&url.path, NAME_LIMIT, "virtual host")?.unwrap_or_else(|| "/".into()),
            stream: url.option("stream").map(str::to_owned),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let login = match self.login.in_clear(conversation)? {
            (None, None) => None,
            (Some(user), Some(password)) => Some([b"\0", &user[..], b"\0", &password].concat()),
            _ => return Err(refused("login needs both a user and a password").into()),
        };
        let mut wire = Wire::open(conversation)?;
        let answer = wire.ask(PEER_PROPERTIES, &own_properties())?;
        let name = broker(&answer).ok_or_else(foreign)?;
        let Some(login) = login else {
            wire.end();
            return Ok(Outcome::pass(name));
        };
        conversation.alive("PeerProperties was answered");
        let outcome = self.inside(&mut wire, &login);
        wire.end();
        outcome.map(|()| Outcome::pass(name))
    }

    /// Everything that takes a login, and the goodbye.
    fn inside(&self, wire: &mut Wire, login: &[u8]) -> Result<(), Failure> {
        accepted(&wire.ask(SASL_HANDSHAKE, &[])?)?;
        wire.note_secret();
        accepted(&wire.ask(SASL_AUTHENTICATE, &[string("PLAIN"), bytes(login)].concat())?)?;
        let tune = wire.next(TUNE)?;
        // Its frames are taken as offered, and no heartbeat.
        let longest = tune.get(..4).ok_or_else(foreign)?;
        wire.tell(TUNE, &[longest, &[0; 4]].concat());
        accepted(&wire.ask(OPEN, &string(&self.vhost))?)?;
        let found = match &self.stream {
            Some(name) => {
                let answer = wire.ask(METADATA, &[&[0, 0, 0, 1][..], &string(name)].concat())?;
                judge(state_of(&answer).ok_or_else(foreign)?)
            }
            None => Ok(()),
        };
        // The answer is known by now: what is still said is read for the broker's sake.
        let _ = wire.ask(CLOSE, &[&OK.to_be_bytes()[..], &string("")].concat());
        Ok(found?)
    }
}

impl Check for RabbitmqStream {
    /// Pass once the broker has named itself, and what was asked for beyond that holds.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

fn own_properties() -> Vec<u8> {
    let texts = ["product", "health-probe", "version", env!("CARGO_PKG_VERSION")];
    [[0, 0, 0, 2].to_vec(), texts.map(string).concat()].concat()
}

/// Whether the broker says yes; what else it says follows the code.
fn accepted(answer: &[u8]) -> Result<(), Failure> {
    let code = Reader::new(answer).array().map(u16::from_be_bytes);
    Ok(judge(code.ok_or_else(foreign)?)?)
}

/// `RabbitMQ 3.10.8`
fn broker(answer: &[u8]) -> Option<String> {
    let mut fields = Reader::new(answer);
    if fields.array().map(u16::from_be_bytes)? != OK {
        return None;
    }
    let (mut product, mut version) = ("RabbitMQ".to_owned(), String::new());
    // A false count ends with the bytes.
    for _ in 0..fields.be(4)? {
        let (name, value) = (read_string(&mut fields)?, read_string(&mut fields)?);
        match name {
            b"product" => product = quote(value),
            b"version" => version = format!(" {}", quote(value)),
            _ => {}
        }
    }
    Some(product + &version)
}

/// The code of the one stream in the answer to Metadata, which follows the brokers that have replicas of it.
fn state_of(answer: &[u8]) -> Option<u16> {
    let mut fields = Reader::new(answer);
    for _ in 0..fields.be(4)? {
        fields.take(2)?;
        read_string(&mut fields)?;
        fields.take(4)?;
    }
    if fields.be(4)? != 1 {
        return None;
    }
    read_string(&mut fields)?;
    fields.array().map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests;
