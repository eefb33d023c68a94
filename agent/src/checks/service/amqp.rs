//! AMQP 0-9-1, RabbitMQ above all: the protocol header, answered with Connection.Start; with a login also Connection.Open.
//! <https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf>, section 2.2.4. Version 1.0 has a module of its own.
//!
//! RabbitMQ has no silent way to leave after
//! Start: closing at once is a warning in its log, and everything else that was tried is an error. With a login each
//! check is three lines of information. What the broker says once the password was sent is not repeated but put into
//! words of our own: any peer could put the password there.

use std::io::{ErrorKind, Write};

use self::wire::{
    Frame, Id, long_string, method, next, read_long_string, read_short_string, short_string, string_of,
};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::codec::reader::Reader;
use crate::net::{Conversation, Endpoint, Failure, Login, ProtocolError, Stream, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, path_name};

mod version_1;
mod wire;

const LIMIT: usize = 64 * 1024;
const HEADER: &[u8] = b"AMQP\0\0\x09\x01";

const START: Id = (10, 10);
const START_OK: Id = (10, 11);
const TUNE: Id = (10, 30);
const TUNE_OK: Id = (10, 31);
const OPEN: Id = (10, 40);
const OPEN_OK: Id = (10, 41);
const CLOSE: Id = (10, 50);
const CLOSE_OK: Id = (10, 51);
const BLOCKED: Id = (10, 60);
const UNBLOCKED: Id = (10, 61);

const NAME_LIMIT: usize = 255;

pub const SCHEME: Scheme = Scheme {
    scheme: "amqp",
    summary: "An AMQP 0-9-1 connection starts and, with a login, opens the virtual host in the path (/); or one of version 1.0",
    target: Target::Address { port: Some(5672) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("socket", OptionType::File),
        ("version", OptionType::Choice(&["0-9-1", "1.0"])),
    ],
    ..Scheme::BARE
};

/// A check of one AMQP broker.
pub struct Amqp {
    endpoint: Endpoint,
    login: Login,
    vhost: String,
    /// The host name of the open frame, in version 1.0.
    version_1: Option<String>,
}

impl Amqp {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        let vhost = path_name(&url.path, NAME_LIMIT, "virtual host")?;
        let hostname = vhost.clone().unwrap_or_else(|| url.host.clone());
        Ok(Self {
            endpoint,
            login: Login::from_url(url),
            vhost: vhost.unwrap_or_else(|| "/".into()),
            version_1: (url.option("version") == Some("1.0")).then_some(hostname),
        })
    }

    fn connect(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let login = self.login.in_clear(conversation)?;
        if let Some(hostname) = &self.version_1 {
            return version_1::connect(conversation, login, hostname);
        }
        let login = match login {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user, password)),
            _ => return Err(refused("login needs both a user and a password").into()),
        };
        let mut stream = conversation.open(LIMIT)?;
        stream.write_all(HEADER)?;
        let mut buffer = Vec::new();
        let broker = match next(&mut stream, &mut buffer)? {
            Frame::Method { id: START, arguments } => Broker::parse(&arguments).ok_or_else(foreign)?,
            Frame::Method { id: CLOSE, arguments } => return Ok(closed(&arguments)),
            Frame::Header([_, major, minor, revision]) => {
                let hint = if major == 1 { ": use ?version=1.0" } else { "" };
                let reason = format!("it speaks AMQP {major}.{minor}.{revision}, not 0-9-1{hint}");
                return Err(Outcome::alive(Cause::Protocol, reason).into());
            }
            _ => return Err(foreign().into()),
        };
        let Some((user, password)) = login else {
            stream.shutdown();
            return Ok(Outcome::pass(broker.name));
        };
        conversation.alive("the connection was started");
        if !broker.plain {
            stream.shutdown();
            return Err(refused("it does not take a user and a password (PLAIN)").into());
        }
        conversation.note_secret();
        self.open(stream, &mut buffer, &start_ok(&user, &password)).map(|()| Outcome::pass(broker.name))
    }

    fn open(&self, mut stream: Stream, buffer: &mut Vec<u8>, start_ok: &[u8]) -> Result<(), Failure> {
        // A broker that closes at once said why, or has nothing to say: it is read either way.
        let _ = stream.write_all(start_ok);
        let tune = match next(&mut stream, buffer) {
            Ok(Frame::Method { id: TUNE, arguments }) => arguments,
            // How the specification has a login refused.
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                return Err(refused("login refused: connection closed").into());
            }
            Err(error) => return Err(error.into()),
            Ok(frame) => return Err(refusal(stream, frame).into()),
        };
        // Its channels and frames are taken as offered, and no heartbeat.
        let limits = tune.get(..6).ok_or_else(foreign)?;
        let vhost = [short_string(self.vhost.as_bytes()), vec![0, 0]].concat();
        let answer = [method(TUNE_OK, &[limits, &[0, 0]].concat()), method(OPEN, &vhost)].concat();
        let _ = stream.write_all(&answer);
        let mut blocked = None;
        loop {
            match next(&mut stream, buffer)? {
                Frame::Method { id: OPEN_OK, .. } => break,
                Frame::Method { id: BLOCKED, arguments } => blocked = Some(block(&arguments)),
                Frame::Method { id: UNBLOCKED, .. } => blocked = None,
                frame => return Err(refusal(stream, frame).into()),
            }
        }
        let _ = stream.write_all(&method(CLOSE, &[&200_u16.to_be_bytes()[..], &[0; 5]].concat()));
        // The answer is known by now; what is still said is only read for the broker's sake, or because it is blocked.
        while let Ok(Frame::Method { id, arguments }) = next(&mut stream, buffer) {
            match id {
                CLOSE_OK => break,
                BLOCKED => blocked = Some(block(&arguments)),
                _ => {}
            }
        }
        stream.shutdown();
        blocked.map_or(Ok(()), |outcome| Err(outcome.into()))
    }
}

impl Check for Amqp {
    /// Pass exactly on Connection.Start or, with a login, on Connection.Open-Ok.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.connect(conversation))
    }
}

/// What a broker says of itself in Connection.Start.
#[derive(Debug, PartialEq, Eq)]
struct Broker {
    /// `RabbitMQ 3.10.8`
    name: String,
    /// Whether it takes a user and a password.
    plain: bool,
}

impl Broker {
    fn parse(arguments: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(arguments);
        if (fields.byte()?, fields.byte()?) != (0, 9) {
            return None;
        }
        let properties = read_long_string(&mut fields)?;
        let mechanisms = read_long_string(&mut fields)?;
        let text = |name: &[u8]| string_of(properties, name).map(quote);
        let name = text(b"product").unwrap_or_else(|| "AMQP broker".into());
        let version = text(b"version").map(|version| format!(" {version}")).unwrap_or_default();
        let plain = mechanisms.split(|byte| *byte == b' ').any(|mechanism| mechanism == b"PLAIN");
        Some(Self { name: name + &version, plain })
    }
}

fn start_ok(user: &[u8], password: &[u8]) -> Vec<u8> {
    let flag = |name: &[u8]| [&short_string(name)[..], b"t\x01"].concat();
    // Without the first of them a refused login is a second's silence and an end.
    let capabilities = [flag(b"authentication_failure_close"), flag(b"connection.blocked")].concat();
    let text =
        |name: &[u8], value: &str| [&short_string(name)[..], b"S", &long_string(value.as_bytes())].concat();
    // No `connection_name`, which would be a line more in the broker's log.
    let properties = [
        text(b"product", "health-probe"),
        text(b"version", env!("CARGO_PKG_VERSION")),
        [&short_string(b"capabilities")[..], b"F", &long_string(&capabilities)].concat(),
    ]
    .concat();
    let response = [b"\0", user, b"\0", password].concat();
    let arguments =
        [long_string(&properties), short_string(b"PLAIN"), long_string(&response), short_string(b"en_US")]
            .concat();
    method(START_OK, &arguments)
}

/// The outcome where another answer was due; a close is answered as it has to be.
fn refusal(mut stream: Stream, frame: Frame) -> Outcome {
    let Frame::Method { id: CLOSE, arguments } = frame else { return foreign().into() };
    let _ = stream.write_all(&method(CLOSE_OK, &[]));
    stream.drain();
    closed(&arguments)
}

/// The outcome of a Connection.Close by the broker.
fn closed(arguments: &[u8]) -> Outcome {
    let mut fields = Reader::new(arguments);
    let (Some(code), Some(text)) = (fields.be(2), read_short_string(&mut fields)) else {
        return foreign().into();
    };
    let says = |words: &[u8]| text.windows(words.len()).any(|window| window == words);
    let unhealthy = |reason| Outcome::alive(Cause::Unhealthy, reason);
    match code {
        320 => unhealthy("connection forced to close (320)"),
        403 => refused("login refused (403)"),
        506 => unhealthy("out of resources (506)"),
        530 if says(b"limit") => unhealthy("connection limit is reached (530)"),
        530 if says(b"not found") => refused("virtual host not found (530)"),
        530 => refused("virtual host is closed to this user (530)"),
        541 if says(b" is down") => unhealthy("virtual host is down (541)"),
        code => Outcome::fail(Cause::Unhealthy, format!("connection closed with code {code}")),
    }
}

/// The outcome of Connection.Blocked: the broker takes no messages until an alarm is over.
fn block(arguments: &[u8]) -> Outcome {
    let reason = match read_short_string(&mut Reader::new(arguments)) {
        Some(b"low on memory") => "blocked: low on memory",
        Some(b"low on disk") => "blocked: low on disk",
        _ => "blocked by an alarm",
    };
    Outcome::alive(Cause::Unhealthy, reason)
}

fn refused(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}

fn foreign() -> ProtocolError {
    ProtocolError::not_of("AMQP 0-9-1")
}

#[cfg(test)]
mod tests;
