//! Redis and Valkey: PING, answered with PONG; then, where it is asked for, the role, the lag and a command.
//!
//! RESP: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. A server that loads its data set, has lost
//! its master, runs a long script or cannot save to disk answers PING with an error, and restarting it would make each
//! of these worse: it is alive, not ready. The same goes for a login that it refuses.

mod replication;
mod reply;

use std::io::Write;

use self::reply::{LINE_LIMIT, Reply, read};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::checks::replication::Replication;
use crate::net::{Conversation, Endpoint, Failure, Login, ProtocolError, Redaction, Stream, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, split_words};

/// Three short replies, the section of INFO, and the reply to a command.
const LIMIT: usize = 32 * 1024;

pub const SCHEME: Scheme = Scheme {
    scheme: "redis",
    summary: "PING is answered with PONG; loading, a cut-off replica, a busy script or a missing login is alive but not ready",
    target: Target::Address { port: Some(6379) },
    credentials: true,
    connects: true,
    hardware: false,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("command", OptionType::Text),
        ("expect", OptionType::Text),
        ("max-lag", OptionType::Duration),
        ("role", OptionType::Choice(&["primary", "replica"])),
    ],
    requires: &[("expect", "command")],
};

/// A check of one Redis server.
pub struct Redis {
    endpoint: Endpoint,
    login: Login,
    replication: Replication,
    command: Vec<String>,
    expect: Option<String>,
}

impl Redis {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            replication: Replication::from_url(url),
            command: url.option("command").map_or(Ok(vec![]), split_words)?,
            expect: url.option("expect").map(str::to_owned),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (user, password) = self.login.in_clear(conversation)?;
        let mut request = Vec::new();
        let login = user.is_some() || password.is_some();
        if login {
            let mut words: Vec<&[u8]> = vec![b"AUTH"];
            words.extend(user.as_deref());
            words.push(password.as_deref().unwrap_or_default());
            command(&mut request, &words);
        }
        command(&mut request, &[b"PING"]);
        if self.replication.is_wanted() {
            command(&mut request, &[b"INFO", b"replication"]);
        }
        if !self.command.is_empty() {
            let words: Vec<_> = self.command.iter().map(String::as_bytes).collect();
            command(&mut request, &words);
        }
        // The server then closes first, after all replies.
        command(&mut request, &[b"QUIT"]);
        let mut stream = conversation.open(LIMIT)?;
        // A server that is full, protected or wants a certificate says why and closes without reading: whether or not
        // all was sent, its words tell.
        if login {
            conversation.note_secret();
        }
        let _ = stream.write_all(&request);
        let outcome = self.replies(conversation, &mut stream, login);
        stream.drain();
        outcome
    }

    /// Reads the replies in the order of the commands, up to the first that is not as it should be.
    fn replies(
        &self,
        conversation: &Conversation,
        stream: &mut Stream,
        login: bool,
    ) -> Result<Outcome, Failure> {
        let mut buffer = Vec::new();
        let redaction = conversation.redaction();
        let mut next = || read(stream, &mut buffer);
        if login {
            match next()? {
                Reply::Line(line) if line == b"+OK" => conversation.alive("the login was answered"),
                // Whatever it has against the login, an error is an answer.
                Reply::Line(line) if line.starts_with(b"-") => {
                    return Ok(refused("AUTH", &Reply::Line(line), redaction));
                }
                other => return Ok(judge(&other, redaction)),
            }
        }
        let mut outcome = judge(&next()?, redaction);
        if outcome.verdict != Verdict::Fail {
            conversation.alive("PING was answered");
        }
        if outcome.cause.is_none() && self.replication.is_wanted() {
            outcome = match next()? {
                Reply::Bulk(Some(info)) => replication::judge(self.replication, &info),
                other => refused("INFO", &other, redaction),
            };
        }
        if outcome.cause.is_none() && !self.command.is_empty() {
            outcome = self.judge_command(&next()?, redaction);
        }
        Ok(outcome)
    }

    /// Any answer but an error passes, unless a certain one is expected.
    fn judge_command(&self, reply: &Reply, redaction: Redaction) -> Outcome {
        let name = self.command.first().map(String::as_str).unwrap_or_default();
        // What is compared is what was answered, not what is shown of it: a null is no text.
        let text = match reply {
            Reply::Line(line) if line.starts_with(b"-") => return refused(name, reply, redaction),
            Reply::Line(line) if line.starts_with(b"*") => {
                Some([line.get(1..).unwrap_or_default(), b" elements"].concat())
            }
            Reply::Line(line) => Some(line.get(1..).unwrap_or_default().to_vec()),
            Reply::Bulk(text) => text.clone(),
            Reply::Odd(_) => return refused(name, reply, redaction),
        };
        let said = text.as_deref().map_or_else(|| "nil".into(), quote);
        match &self.expect {
            Some(expected) if text.as_deref() != Some(expected.as_bytes()) => Outcome::alive(
                Cause::Unhealthy,
                format!("{name} is answered with {said:?}, expected {expected:?}"),
            ),
            _ => Outcome::pass(format!("PONG, {name} is answered with {said:?}")),
        }
    }
}

impl Check for Redis {
    /// Pass exactly on PONG, in the wanted role and with the wanted answer.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
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

/// The outcome of a reply where +PONG is wanted. After a login only errors of known form are repeated: "unknown
/// command" quotes its arguments, and what is no Redis may echo all that it was sent.
fn judge(reply: &Reply, redaction: Redaction) -> Outcome {
    use Cause::{Protocol, Unhealthy};
    let (Reply::Line(line) | Reply::Odd(line)) = reply else {
        return ProtocolError::because("answer is not of Redis: a string in place of PONG").into();
    };
    let text = quote(line.get(1..).unwrap_or_default());
    match &line[..] {
        b"+PONG" => Outcome::pass("PONG"),
        [b'-', ..] if line.len() <= LINE_LIMIT => match text.split(' ').next().unwrap_or_default() {
            // MISCONF answers PING too: the last save to disk failed, and a restart would lose the data.
            "LOADING" | "MASTERDOWN" | "BUSY" | "MISCONF" => Outcome::alive(Unhealthy, text),
            "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => Outcome::alive(Protocol, text),
            "ERR" if known(&text, &["max number of clients"]) => Outcome::alive(Unhealthy, text),
            "ERR" if known(&text, &REFUSALS) => Outcome::alive(Protocol, text),
            _ => redaction.error(&text),
        },
        _ => redaction.not_of("Redis", line).into(),
    }
}

/// The outcome of what is wrong with the answer to a command, or to a login: an error is a mistake in the check, or a
/// command that was renamed, and an answer beyond our limit none of the server's. No restart would mend either.
fn refused(name: &str, reply: &Reply, redaction: Redaction) -> Outcome {
    let outcome = judge(reply, redaction);
    let why = match reply {
        Reply::Line(line) | Reply::Odd(line) if outcome.verdict == Verdict::Fail => {
            match line.split_first() {
                Some((b'-', error)) if redaction == Redaction::None => quote(error),
                Some((b'-', error)) => code(error).into(),
                Some((b'$', length)) if length.iter().all(u8::is_ascii_digit) => {
                    "an answer that is too long".into()
                }
                _ => return outcome,
            }
        }
        _ => return outcome,
    };
    Outcome::alive(Cause::Protocol, format!("{name} is answered with {why}"))
}

/// The first word of an error, if it is one of the server's own: after a login any other may be the password.
fn code(error: &[u8]) -> &'static str {
    const CODES: [&str; 10] = [
        "ERR",
        "WRONGTYPE",
        "CLUSTERDOWN",
        "CROSSSLOT",
        "EXECABORT",
        "MOVED",
        "NOREPLICAS",
        "NOSCRIPT",
        "OOM",
        "READONLY",
    ];
    let word = error.split(|&byte| byte == b' ').next().unwrap_or_default();
    CODES.into_iter().find(|code| code.as_bytes() == word).unwrap_or("an error that may hold the password")
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
