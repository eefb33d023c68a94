//! Redis and Valkey: PING, answered with PONG.
//!
//! RESP: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. A server that loads its data set, has lost
//! its master, runs a long script or cannot save to disk answers PING with an error, and restarting it would make each
//! of these worse: it is alive, not ready. The same goes for a login that it refuses.

use std::io::{self, Read, Write};

use super::Runnable;
use crate::deadline::Deadline;
use crate::grammar::{Check, PathRule, Refusal, Spec, Target, TlsRule};
use crate::net::{Endpoint, Login, Stream, fault, quote};
use crate::outcome::{Cause, Outcome};

/// Errors quote keys and scripts at most.
const LINE_LIMIT: usize = 4096;

/// Three replies.
const LIMIT: usize = 4 * LINE_LIMIT;

pub const SPEC: Spec = Spec {
    scheme: "redis",
    summary: "PING is answered with PONG; loading, a cut-off replica, a busy script or a missing login is alive but not ready",
    target: Target::Address { port: Some(6379) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[],
};

/// A check of one Redis server.
pub struct Redis {
    endpoint: Endpoint,
    login: Login,
}

impl Redis {
    pub fn from_check(check: &Check) -> Result<Self, Refusal> {
        let endpoint = Endpoint::from_check(check, check.option("tls").is_some(), &[])?;
        Ok(Self { endpoint, login: Login::from_check(check) })
    }

    fn ping(&self, deadline: Deadline) -> Result<Outcome, Outcome> {
        let (user, password) = (self.login.user()?, self.login.password()?);
        let mut request = Vec::new();
        let login = user.is_some() || password.is_some();
        if login {
            let mut words: Vec<&[u8]> = vec![b"AUTH"];
            words.extend(user.as_deref());
            words.push(password.as_deref().unwrap_or_default());
            command(&mut request, &words);
        }
        command(&mut request, &[b"PING"]);
        // The server then closes first, after all replies.
        command(&mut request, &[b"QUIT"]);
        let mut stream = self.endpoint.open(deadline, LIMIT)?;
        // A server that is full, protected or wants a certificate says why and closes without reading: whether or not
        // all was sent, its words tell.
        let _ = stream.write_all(&request);
        let outcome = replies(&mut stream, login).map_err(fault)?;
        stream.close();
        Ok(outcome)
    }
}

impl Runnable for Redis {
    /// Pass exactly on PONG.
    fn run(&self, deadline: Deadline) -> Outcome {
        self.ping(deadline).unwrap_or_else(|outcome| outcome)
    }
}

/// A command as an array of bulk strings, in which a password may hold any byte.
fn command(request: &mut Vec<u8>, words: &[&[u8]]) {
    request.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
}

fn replies(stream: &mut Stream, login: bool) -> io::Result<Outcome> {
    let mut buffer = Vec::new();
    if login {
        let reply = line(stream, &mut buffer)?;
        if reply != b"+OK" {
            return Ok(judge(&reply, login));
        }
    }
    Ok(judge(&line(stream, &mut buffer)?, login))
}

/// The next line without its end; what follows it stays in the buffer.
fn line(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut piece = [0; 512];
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\r\n") {
            let rest = buffer.split_off(end + 2);
            let mut line = std::mem::replace(buffer, rest);
            line.truncate(end);
            return Ok(line);
        }
        // What does not begin as a reply never becomes one, however long it is waited for.
        if buffer.first().is_some_and(|first| !b"+-".contains(first)) || buffer.len() > LINE_LIMIT {
            return Ok(std::mem::take(buffer));
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

/// The outcome of a reply. After a login only errors of known form are repeated: "unknown command" quotes its
/// arguments, and what is no Redis may echo all that it was sent.
fn judge(reply: &[u8], login: bool) -> Outcome {
    use Cause::{Protocol, Unhealthy};
    let text = quote(reply.get(1..).unwrap_or_default());
    match reply {
        b"+PONG" => Outcome::pass("PONG"),
        [b'-', ..] if reply.len() <= LINE_LIMIT => match text.split(' ').next().unwrap_or_default() {
            // MISCONF answers PING too: the last save to disk failed, and a restart would lose the data.
            "LOADING" | "MASTERDOWN" | "BUSY" | "MISCONF" => Outcome::alive(Unhealthy, text),
            "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => Outcome::alive(Protocol, text),
            "ERR" if known(&text, &["max number of clients"]) => Outcome::alive(Unhealthy, text),
            "ERR" if known(&text, &REFUSALS) => Outcome::alive(Protocol, text),
            _ if login => Outcome::fail(Unhealthy, "error that may hold the password, so it is not repeated"),
            _ => Outcome::fail(Unhealthy, text),
        },
        _ if login => Outcome::fail(Protocol, "answer is not of Redis"),
        _ => Outcome::fail(Protocol, format!("answer is not of Redis: {:?}", quote(reply))),
    }
}

/// How every version since 2.6 refuses a login, where it has no code for that.
const REFUSALS: [&str; 5] = [
    "invalid password",
    "AUTH <password> called without any password",
    "Client sent AUTH, but no password is set",
    "wrong number of arguments for 'auth'",
    "operation not permitted",
];

fn known(text: &str, forms: &[&str]) -> bool {
    let said = text.strip_prefix("ERR ").unwrap_or_default();
    forms.iter().any(|form| said.starts_with(form))
}

#[cfg(test)]
mod tests;
