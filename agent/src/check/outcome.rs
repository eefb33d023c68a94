//! What a check found out, and how it is reported: as an exit code, as an HTTP status, as one line.

use std::io;

/// The outcomes of a check: liveness is "not fail", readiness is "pass" or "unknown".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answers, and is ready for work.
    Pass,
    /// It answers but is not ready: loading, full, or it asks for a login that the check does not have.
    Alive,
    /// The hardware cannot be looked at, which is no reason to move a Pod: as a pass.
    Unknown,
    /// It does not answer, or answers that it is broken.
    Fail,
}

/// Why a check is not a pass; each has an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It answered, and says that it is not well.
    Unhealthy,
    /// The connection was not accepted, or the thing to look at is not there.
    Connect,
    /// No answer within the deadline.
    Timeout,
    /// The answer is not of the protocol, or the login or the certificate was refused.
    Protocol,
    /// It is not the one that it has to be: its certificate is not trusted, or it does not know the password. Nothing that
    /// such a peer answers is a proof of life.
    Identity,
}

impl Verdict {
    /// The word in logs, metrics and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Alive => "alive",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl Cause {
    /// The exit code of `check`; an exec probe's event shows it beside the output.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Unhealthy => 1,
            Self::Connect => 2,
            Self::Timeout => 3,
            Self::Protocol | Self::Identity => 4,
        }
    }

    /// The status of `serve`: the kubelet's event shows nothing else, so it is the one hint in `kubectl describe`.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Unhealthy => 503,
            Self::Connect | Self::Protocol | Self::Identity => 502,
            Self::Timeout => 504,
        }
    }
}

/// The result of one run of a check; `reason` is one line without a secret, the reason first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    pub cause: Option<Cause>,
    pub reason: String,
}

impl Outcome {
    /// It is well.
    pub fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, cause: None, reason: reason.into() }
    }

    /// It answers, but is not ready.
    pub fn alive(cause: Cause, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Alive, cause: Some(cause), reason: reason.into() }
    }

    /// Nothing can be said of the hardware.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, cause: None, reason: reason.into() }
    }

    /// It is not well.
    pub fn fail(cause: Cause, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, cause: Some(cause), reason: reason.into() }
    }
}

impl From<io::Error> for Outcome {
    /// An error of the network or the file system as a failed check; a time-out has a cause of its own.
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            ConnectionAborted, ConnectionReset, InvalidData, TimedOut, UnexpectedEof, WouldBlock,
        };
        if let Some(why) = own_limit(&error) {
            return Self::alive(Cause::Protocol, format!("the check cannot be made: {why}"));
        }
        match error.kind() {
            TimedOut | WouldBlock => Self::fail(Cause::Timeout, "timed out"),
            UnexpectedEof => Self::fail(Cause::Protocol, "connection closed before the answer"),
            ConnectionReset | ConnectionAborted => {
                Self::fail(Cause::Protocol, "connection reset before the answer")
            }
            InvalidData => Self::fail(Cause::Protocol, error.to_string()),
            _ => Self::fail(Cause::Connect, error.to_string()),
        }
    }
}

/// Why the agent cannot do what the check takes, if it is the agent's own limit: an error that says nothing of the one
/// that is checked, so no reason to restart it.
fn own_limit(error: &io::Error) -> Option<&'static str> {
    Some(match error.raw_os_error()? {
        libc::EMFILE | libc::ENFILE => "no file descriptor is left",
        libc::ENOMEM | libc::ENOBUFS => "no memory is left",
        libc::EACCES | libc::EPERM => "permission denied",
        libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::ESOCKTNOSUPPORT => {
            "no socket of this kind can be made here"
        }
        libc::EPROTOTYPE => "the socket is of another kind",
        libc::ENOSYS => "the kernel does not know the call",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_agent_itself_lacks_is_no_failure() {
        for errno in [
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOMEM,
            libc::ENOBUFS,
            libc::EACCES,
            libc::EPERM,
            libc::EAFNOSUPPORT,
            libc::EPROTOTYPE,
        ] {
            let outcome = Outcome::from(io::Error::from_raw_os_error(errno));
            assert_eq!(
                (outcome.verdict, outcome.cause),
                (Verdict::Alive, Some(Cause::Protocol)),
                "{outcome:?}"
            );
            assert!(outcome.reason.starts_with("the check cannot be made: "), "{outcome:?}");
        }
        for errno in [libc::ECONNREFUSED, libc::ENOENT, libc::EIO, libc::ECONNRESET] {
            assert_eq!(Outcome::from(io::Error::from_raw_os_error(errno)).verdict, Verdict::Fail);
        }
    }
}
