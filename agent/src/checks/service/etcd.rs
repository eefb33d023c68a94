//! etcd: its own health endpoints, first whether this member is up, then whether it has a quorum.
//!
//! <https://etcd.io/docs/v3.6/op-guide/monitoring/#health-check>. `/livez` and `/readyz` came with 3.5.11; before them
//! `/health` asked the whole cluster and, with `serializable=true`, this member alone. A cluster without a quorum must
//! not have every member restarted, so whatever the second answer is, a member that gave the first is alive.

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::checks::service::http::in_place_of_application;
use crate::net::codec::json;
use crate::net::http1::{Answer, Client};
use crate::net::{Conversation, Endpoint, Failure, quote};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "etcd",
    summary: "The member answers that it is live and that it is ready; without a quorum it is alive but not ready",
    target: Target::Address { port: Some(2379) },
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// A check of one member.
pub struct Etcd {
    endpoint: Endpoint,
}

impl Etcd {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)? })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut client = Client::new(conversation, String::new());
        let live = client.get("/livez", false)?;
        if live.status == 404 {
            return before_3_5_11(conversation, &mut client);
        }
        let body = quote(&live.body);
        match live.status {
            200 => {
                conversation.alive("the member is live");
                Ok(second(conversation, client.get("/readyz", true)))
            }
            // It is the member itself that cannot read its own data.
            500 | 503 => Ok(Outcome::fail(Cause::Unhealthy, format!("not live: {body}"))),
            _ => Ok(other(&live)),
        }
    }
}

impl Check for Etcd {
    /// Pass exactly on a member with a quorum.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// Up to 3.4 the parameter is not known, and the answer is that of the cluster: only what tells of this member's own
/// data is a failure.
fn before_3_5_11(conversation: &Conversation, client: &mut Client) -> Result<Outcome, Failure> {
    let own = client.get("/health?serializable=true", false)?;
    match (own.status, json::text(&own.body, &["health"])) {
        (200, Some(b"true")) => {
            conversation.alive("the member is healthy by itself");
            Ok(second(conversation, client.get("/health", true)))
        }
        (200 | 503, Some(_)) if reason(&own).starts_with("RANGE ERROR") => {
            Ok(Outcome::fail(Cause::Unhealthy, reason(&own)))
        }
        (200 | 503, Some(_)) => Ok(Outcome::alive(Cause::Unhealthy, reason(&own))),
        _ => Ok(other(&own)),
    }
}

/// The outcome of the second answer, whatever it is and even if there is none.
fn second(conversation: &Conversation, answer: Result<Answer, Failure>) -> Outcome {
    use Cause::Unhealthy;
    match answer {
        Ok(answer) if answer.status == 200 => match json::text(&answer.body, &["health"]) {
            None | Some(b"true") => Outcome::pass("healthy"),
            Some(_) => Outcome::alive(Unhealthy, reason(&answer)),
        },
        Ok(answer) if let Some(cause) = in_place_of_application(answer.status) => {
            Outcome::alive(cause, answer.text)
        }
        Ok(answer) => Outcome::alive(Unhealthy, reason(&answer)),
        // etcd itself waits a second and longer for a quorum.
        Err(failure) => conversation.excused(conversation.outcome(failure)),
    }
}

/// Why it is not healthy: 3.4 does not say, 3.5 says it in JSON, the later endpoints in lines.
fn reason(answer: &Answer) -> String {
    match json::text(&answer.body, &["reason"]) {
        Some(reason) if !reason.is_empty() => quote(reason),
        _ if answer.body.starts_with(b"{") => "not healthy: no quorum, no leader, or an alarm".into(),
        _ => format!("not ready: {}", quote(failed_line(&answer.body))),
    }
}

/// `[-]linearizable_read failed: ...` among the lines of all checks, else the first line.
fn failed_line(body: &[u8]) -> &[u8] {
    let mut lines = body.split(|&byte| byte == b'\n');
    let first = lines.clone().next().unwrap_or_default();
    lines.find(|line| line.starts_with(b"[-]")).unwrap_or(first)
}

fn other(answer: &Answer) -> Outcome {
    match answer.status {
        status if let Some(cause) = in_place_of_application(status) => {
            Outcome::alive(cause, answer.text.clone())
        }
        400 if answer.expects_tls() => Outcome::alive(Cause::Protocol, "the server expects TLS: add tls"),
        _ => Outcome::fail(Cause::Protocol, format!("answer is not of etcd: {}", answer.text)),
    }
}

#[cfg(test)]
mod tests;
