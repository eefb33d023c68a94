//! Redis and Valkey: PING, answered with PONG; then, where it is asked for, the role, the lag, the state of the cluster,
//! what a Sentinel knows of a master, and a command.
//!
//! RESP: <https://redis.io/docs/latest/develop/reference/protocol-spec/>. A server that loads its data set, has lost
//! its master, runs a long script or cannot save to disk answers PING with an error, and restarting it would make each
//! of these worse: it is alive, not ready. The same goes for a login that it refuses, and for what is wrong with other
//! servers: a cluster that is down, a master that is away.

mod cluster;
mod errors;
mod replication;
mod reply;
mod sentinel;

use std::io::Write;

use self::errors::{judge, refused};
use self::reply::{Reply, read};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::checks::replication::Replication;
use crate::net::{Conversation, Endpoint, Failure, Login, Redaction, Stream, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, split_words};

/// Short replies, the section of INFO, the state of the cluster, what is known of a master, and the reply to a command.
const LIMIT: usize = 32 * 1024;

pub const SCHEME: Scheme = Scheme {
    scheme: "redis",
    summary: "PING is answered with PONG; loading, a cut-off replica, a busy script or a missing login is alive but not ready",
    target: Target::Address { port: Some(6379) },
    credentials: true,
    asks: true,
    connects: true,
    hardware: false,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("cluster-state", OptionType::Choice(&["ok"])),
        ("command", OptionType::Text),
        ("expect", OptionType::Text),
        ("max-lag", OptionType::Duration),
        ("role", OptionType::Choice(&["primary", "replica"])),
        ("sentinel", OptionType::Text),
    ],
    requires: &[("expect", "command")],
};

/// A check of one Redis server.
pub struct Redis {
    endpoint: Endpoint,
    login: Login,
    replication: Replication,
    /// Whether the cluster has to be up.
    cluster: bool,
    /// The name of the master that the server, a Sentinel, has to watch.
    master: Option<String>,
    command: Vec<String>,
    expect: Option<String>,
}

impl Redis {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        sentinel::fits(url)?;
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            replication: Replication::from_url(url),
            cluster: url.option("cluster-state").is_some(),
            master: url.option("sentinel").map(str::to_owned),
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
        if self.cluster {
            command(&mut request, &[b"CLUSTER", b"INFO"]);
        }
        if let Some(master) = &self.master {
            command(&mut request, &[b"SENTINEL", b"MASTER", master.as_bytes()]);
            command(&mut request, &[b"SENTINEL", b"CKQUORUM", master.as_bytes()]);
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
        if login {
            match read(stream, &mut buffer)? {
                Reply::Line(line) if line == b"+OK" => conversation.alive("the login was answered"),
                // Whatever it has against the login, an error is an answer.
                Reply::Line(line) if line.starts_with(b"-") => {
                    return Ok(refused("AUTH", &Reply::Line(line), redaction));
                }
                other => return Ok(judge(&other, redaction)),
            }
        }
        let mut outcome = judge(&read(stream, &mut buffer)?, redaction);
        if outcome.verdict != Verdict::Fail {
            conversation.alive("PING was answered");
        }
        if outcome.cause.is_none() && self.replication.is_wanted() {
            outcome = match read(stream, &mut buffer)? {
                Reply::Bulk(Some(info)) => replication::judge(self.replication, &info),
                other => refused("INFO", &other, redaction),
            };
        }
        if outcome.cause.is_none() && self.cluster {
            outcome = match read(stream, &mut buffer)? {
                Reply::Bulk(Some(info)) => cluster::judge(&info),
                other => refused("CLUSTER", &other, redaction),
            };
        }
        if outcome.cause.is_none()
            && let Some(master) = &self.master
        {
            outcome = sentinel::hear(stream, &mut buffer, master, redaction)?;
        }
        if outcome.cause.is_none() && !self.command.is_empty() {
            outcome = self.judge_command(&read(stream, &mut buffer)?, redaction);
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
    /// Pass exactly on PONG, in the wanted role and state, and with the wanted answer.
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

#[cfg(test)]
mod tests;
