//! What a reply says of the server, above all an error.

use super::reply::{LINE_LIMIT, Reply};
use crate::check::{Cause, Outcome, Verdict};
use crate::net::{ProtocolError, Redaction, quote};

/// The outcome of a reply where +PONG is wanted. After a login only errors of known form are repeated: "unknown
/// command" quotes its arguments, and what is no Redis may echo all that it was sent.
pub fn judge(reply: &Reply, redaction: Redaction) -> Outcome {
    use Cause::{Protocol, Unhealthy};
    let (Reply::Line(line) | Reply::Odd(line)) = reply else {
        return ProtocolError::because("answer is not of Redis: a string in place of PONG").into();
    };
    let text = quote(line.get(1..).unwrap_or_default());
    match &line[..] {
        b"+PONG" => Outcome::pass("PONG"),
        [b'-', ..] if line.len() <= LINE_LIMIT => match text.split(' ').next().unwrap_or_default() {
            // MISCONF answers PING too: the last save to disk failed, and a restart would lose the data.
            "LOADING" | "MASTERDOWN" | "BUSY" | "MISCONF" | "CLUSTERDOWN" | "NOQUORUM" => {
                Outcome::alive(Unhealthy, text)
            }
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
pub fn refused(name: &str, reply: &Reply, redaction: Redaction) -> Outcome {
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
    const CODES: [&str; 9] =
        ["ERR", "WRONGTYPE", "CROSSSLOT", "EXECABORT", "MOVED", "NOREPLICAS", "NOSCRIPT", "OOM", "READONLY"];
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
