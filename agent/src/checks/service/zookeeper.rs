//! ZooKeeper and ClickHouse Keeper: the four-letter word `srvr`, answered with the server's mode.
//!
//! <https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#sc_4lw>. `srvr` is the one word that is allowed unless
//! the configuration says otherwise, since 3.5.3; `ruok` is not, and is answered with `imok` without a quorum too.

use std::io::{self, ErrorKind, Write};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint, Failure, ProtocolError, Stream, quote, read_until};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

/// An answer is some 250 bytes.
const LIMIT: usize = 4096;

/// Four bytes and no line end: the server closes on what it has not read, which would reset the connection.
const WORD: &[u8] = b"srvr";

pub const SCHEME: Scheme = Scheme {
    scheme: "zookeeper",
    summary: "srvr is answered with a mode: leader, follower, observer or standalone; without a quorum it is alive but not ready",
    target: Target::Address { port: Some(2181) },
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one server of an ensemble.
pub struct ZooKeeper {
    endpoint: Endpoint,
}

impl ZooKeeper {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut stream = conversation.open(LIMIT)?;
        stream.write_all(WORD)?;
        let outcome = answer(&mut stream)?;
        stream.drain();
        Ok(outcome)
    }
}

impl Check for ZooKeeper {
    /// Pass exactly on a mode in which the server takes writes.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

fn answer(stream: &mut Stream) -> io::Result<Outcome> {
    let mut buffer = Vec::new();
    match read_until(stream, &mut buffer, |bytes| Ok(judge(bytes))) {
        // The last line may lack its end.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof && !buffer.is_empty() => {
            buffer.push(b'\n');
            judge(&buffer).ok_or(error)
        }
        result => result,
    }
}

/// The outcome of the lines so far, none as long as they do not tell.
fn judge(answer: &[u8]) -> Option<Outcome> {
    use Cause::{Protocol, Unhealthy};
    let mut lines = answer.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let Some(first) = lines.next() else {
        let text = answer.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r'));
        return (!text).then(|| foreign(answer));
    };
    let said = quote(first);
    if said.contains("not currently serving requests") {
        // It has no quorum, or is still looking for its leader: the others are to blame, not this one.
        return Some(Outcome::alive(Unhealthy, said));
    }
    if said.contains("not in the whitelist") {
        return Some(Outcome::alive(Protocol, "srvr is not in the server's 4lw.commands.whitelist"));
    }
    let Some((_, version)) = said.split_once("eeper version: ") else { return Some(foreign(first)) };
    let mode = lines.find_map(|line| line.strip_prefix(b"Mode: ")).map(quote)?;
    Some(match mode.as_str() {
        "leader" | "follower" | "observer" | "standalone" => {
            // `3.8.0-5a02a05, built on 2022-02-25`: the commit and the date tell a check nothing.
            let version = version.split(['-', ',']).next().unwrap_or_default();
            Outcome::pass(format!("{mode}, version {version}"))
        }
        "read-only" => Outcome::alive(Unhealthy, "read-only: it has no quorum"),
        _ => Outcome::alive(Unhealthy, format!("mode is {mode:?}")),
    })
}

fn foreign(said: &[u8]) -> Outcome {
    ProtocolError::quoting("ZooKeeper", said).into()
}

#[cfg(test)]
mod tests;
