//! NATS: PING, answered with PONG.
//!
//! <https://docs.nats.io/reference/reference-protocols/nats-protocol>. The server speaks first, and says in its INFO
//! whether it wants TLS or a login. Where the check has no login, that is as far as it goes: a CONNECT without one would
//! be an authentication error in the server's log each time, and a server that says INFO is alive. A login by a key signs the
//! nonce of that INFO, also where TLS begins after it.

use std::cell::Cell;
use std::io::{self, Write};

use self::info::Info;
use self::login::{Credentials, Identity};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::net::{Conversation, Endpoint, Failure, ProtocolError, Redaction, quote, read_until};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

mod info;
mod login;
mod nkey;

/// The INFO of a cluster lists the addresses of every server.
const LINE_LIMIT: usize = 32 * 1024;

/// The servers of a cluster come and go, and each time there is another INFO.
const LIMIT: usize = 3 * LINE_LIMIT;

pub const SCHEME: Scheme = Scheme {
    scheme: "nats",
    summary: "PING is answered with PONG; a full server, or one that refuses the login, is alive but not ready",
    target: Target::Address { port: Some(4222) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("creds", OptionType::Secret),
        ("creds-file", OptionType::File),
        ("nkey", OptionType::Secret),
        ("nkey-file", OptionType::File),
    ],
    ..Scheme::BARE
};

/// A check of one NATS server.
pub struct Nats {
    endpoint: Endpoint,
    credentials: Credentials,
    /// A server may take the certificate as the login.
    certificate: bool,
}

impl Nats {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        let certificate = url.option("cert").is_some();
        Ok(Self { endpoint, credentials: Credentials::from_url(url), certificate })
    }

    fn ping(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let login = self.credentials.read(conversation)?;
        let agreed = Cell::new(false);
        let opened = conversation.open_upgraded(LIMIT, |carrier| {
            let mut received = Vec::new();
            let end = read_until(carrier, &mut received, first_line)?;
            let rest = received.split_off(end);
            let info = Info::parse(&received).ok_or_else(|| judge(&received, Redaction::None))?;
            conversation.alive("INFO came");
            self.proceed(&info, &rest, login.as_ref())?;
            agreed.set(true);
            Ok((quote(info.version), info.nonce.to_vec(), rest))
        });
        let ((version, nonce, mut received), mut stream) = opened.map_err(|failure| {
            let outcome = conversation.outcome(failure);
            // Nothing but a refusal comes in place of the handshake that INFO has announced, as from a full server.
            match (agreed.get(), outcome.verdict, outcome.cause) {
                (true, Verdict::Fail, Some(Cause::Protocol)) => {
                    Outcome::alive(Cause::Unhealthy, "it refused before the TLS handshake")
                }
                _ => outcome,
            }
        })?;
        // A server that refuses says so and closes without reading: whether or not all was sent, its words tell.
        if login.as_ref().is_some_and(Identity::tells_secret) {
            conversation.note_secret();
        }
        let _ = stream.write_all(&request(&login.map_or_else(Vec::new, |login| login.fields(&nonce))));
        let redaction = conversation.redaction();
        let outcome =
            read_until(&mut stream, &mut received, |received| Ok(answer(received, &version, redaction)));
        stream.shutdown();
        // Whatever error follows an INFO is about what the client does.
        Ok(conversation.excused(outcome?))
    }

    /// An error where a server that says this is not to be asked more.
    fn proceed(&self, info: &Info, rest: &[u8], login: Option<&Identity>) -> Result<(), Outcome> {
        let secure = self.endpoint.secure();
        if secure && rest.starts_with(b"-ERR") {
            return Err(judge(rest.split(|byte| *byte == b'\r').next().unwrap_or_default(), Redaction::None));
        }
        if info.lame_duck {
            return Err(Outcome::alive(Cause::Unhealthy, "it is shutting down (lame duck mode)"));
        }
        let obstacle = match secure {
            // What came in the clear would count as said over TLS.
            true if !rest.is_empty() => {
                return Err(Outcome { cause: Some(Cause::Identity), ..foreign(rest).into() });
            }
            true if !info.tls_required && !info.tls_available => "it does not offer TLS",
            false if info.tls_required => "it wants TLS: use ?tls",
            _ if login.is_some_and(Identity::signs) && info.nonce.is_empty() => {
                "it takes no login by nkey or JWT"
            }
            _ if info.auth_required && login.is_none() && !(secure && self.certificate) => "it wants a login",
            _ => return Ok(()),
        };
        Err(Outcome::alive(Cause::Protocol, obstacle))
    }
}

impl Check for Nats {
    /// Pass exactly on PONG.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ping(conversation))
    }
}

/// How long the first line is, with its end, once it is whole.
fn first_line(received: &[u8]) -> io::Result<Option<usize>> {
    // What does not begin as one never becomes one, however long it is waited for.
    let begins = received.first().is_none_or(|first| b"I-".contains(first));
    if !begins || received.len() > LINE_LIMIT {
        return Err(foreign(received).into());
    }
    Ok(received.windows(2).position(|pair| pair == b"\r\n").map(|end| end + 2))
}

/// CONNECT, with the fields of a login, and PING.
fn request(login: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let mut text = br#"CONNECT {"verbose":false,"pedantic":false,"lang":"rust","#.to_vec();
    text.extend_from_slice(
        concat!(r#""version":""#, env!("CARGO_PKG_VERSION"), r#"","protocol":1,"name":"health-probe""#)
            .as_bytes(),
    );
    for (name, value) in login {
        text.extend_from_slice(format!(r#","{name}":""#).as_bytes());
        escape(&mut text, value);
        text.push(b'"');
    }
    text.extend_from_slice(b"}\r\nPING\r\n");
    text
}

/// A string of JSON; bytes that are no UTF-8 go as they are.
fn escape(text: &mut Vec<u8>, value: &[u8]) {
    for &byte in value {
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', byte]),
            0..b' ' => text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => text.push(byte),
        }
    }
}

/// The outcome of what followed our PING, once it is known.
fn answer(received: &[u8], version: &str, redaction: Redaction) -> Option<Outcome> {
    let mut rest = received;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, after) = rest.split_at_checked(end)?;
        rest = after.get(2..)?;
        match line {
            b"PONG" => return Some(Outcome::pass(format!("PONG from nats {version}"))),
            // Of its own accord.
            b"PING" | b"+OK" | [b'I', b'N', b'F', b'O', b' ', ..] => {}
            _ => return Some(judge(line, redaction)),
        }
    }
    let begins = rest.first().is_none_or(|first| b"PI+-".contains(first));
    (!begins || rest.len() > LINE_LIMIT).then(|| judge(rest, redaction))
}

/// The outcome of an error. After a login only those of known form are repeated: what is no NATS may echo what it heard.
fn judge(line: &[u8], redaction: Redaction) -> Outcome {
    let Some(error) = line.strip_prefix(b"-ERR") else {
        return redaction.not_of("NATS", line).into();
    };
    let text = quote(error.trim_ascii());
    let error = text.trim_matches('\'').to_ascii_lowercase();
    match error.as_str() {
        "maximum connections exceeded"
        | "maximum account active connections exceeded"
        | "server shutdown" => Outcome::alive(Cause::Unhealthy, error),
        "authorization violation"
        | "authentication timeout"
        | "authentication expired"
        | "user authentication expired"
        | "user authentication revoked"
        | "account authentication expired"
        | "maximum control line exceeded"
        | "secure connection - tls required" => Outcome::alive(Cause::Protocol, error),
        _ => redaction.error(&format!("error: {error}")),
    }
}

fn foreign(received: &[u8]) -> ProtocolError {
    ProtocolError::quoting("NATS", received)
}

#[cfg(test)]
mod tests;
