//! Elasticsearch and OpenSearch: the node answers `GET /` with its name and version.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-info>. The status of the *cluster* is not
//! asked unless the check wants it: a node that waits for green deadlocks a rolling restart, since the shards that are
//! missing are on the node that is not started before this one is ready.

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::auth::authorization::basic;
use crate::net::codec::json;
use crate::net::http1::{Answer, Client, certificate_refusal};
use crate::net::{Conversation, Endpoint, Failure, Login};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "elasticsearch",
    summary: "The node answers with its version; blocked, overloaded or with a refused login it is alive but not ready",
    target: Target::Address { port: Some(9200) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Socket,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("cluster-status", OptionType::Choice(&["green", "yellow"])),
    ],
    ..Scheme::BARE
};

pub const SCHEME_OPENSEARCH: Scheme = Scheme { scheme: "opensearch", summary: "As elasticsearch", ..SCHEME };

/// A check of one node.
pub struct Elasticsearch {
    endpoint: Endpoint,
    login: Login,
    /// The worst status that passes, if the cluster's is asked for at all.
    wanted: Option<String>,
}

impl Elasticsearch {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            wanted: url.option("cluster-status").map(str::to_owned),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let mut client = Client::new(conversation, self.authorization(conversation)?);
        let node = client.get("/", self.wanted.is_none())?;
        certificate_refusal(&self.endpoint, node.status, &node.body).map_or(Ok(()), Err)?;
        let version = known(&node)?;
        let Some(wanted) = &self.wanted else { return Ok(Outcome::pass(format!("version {version}"))) };
        conversation.alive("the node answered");
        // Of the node's own knowledge: the master may be what is missing.
        match client.get("/_cluster/health?local=true&filter_path=status", true) {
            Ok(health) => Ok(cluster(&health, wanted, &version)),
            Err(failure) => Ok(conversation.excused(conversation.outcome(failure))),
        }
    }

    /// The header of the login, none without one.
    fn authorization(&self, conversation: &Conversation) -> Result<String, Outcome> {
        let (user, password) = self.login.in_clear(conversation)?;
        if user.is_none() && password.is_none() {
            return Ok(String::new());
        }
        conversation.note_secret();
        let value = basic(&user.unwrap_or_default(), &password.unwrap_or_default());
        Ok(format!("Authorization: {}\r\n", String::from_utf8_lossy(&value)))
    }
}

impl Check for Elasticsearch {
    /// Pass on the node's own answer, and on the wanted status of its cluster where there is one.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

/// The node's version, or what its answer means. Nothing else of the answer is repeated: what is no Elasticsearch may
/// echo the login.
fn known(answer: &Answer) -> Result<String, Outcome> {
    use Cause::{Protocol, Unhealthy};
    let status = answer.status;
    Err(match status {
        200 => match json::text(&answer.body, &["version", "number"]).filter(|number| is_version(number)) {
            Some(number) if json::text(&answer.body, &["cluster_name"]).is_some() => {
                return Ok(String::from_utf8_lossy(number).into_owned());
            }
            _ => Outcome::fail(Protocol, "answer is not of Elasticsearch or OpenSearch"),
        },
        401 => Outcome::alive(Protocol, "status 401: no login, or a refused one"),
        403 => Outcome::alive(Protocol, "status 403: the user may not monitor the cluster"),
        407 => Outcome::alive(Protocol, "status 407: a proxy asks for a login"),
        429 => Outcome::alive(Unhealthy, "status 429: overloaded, a circuit breaker is open"),
        503 => Outcome::alive(Unhealthy, "status 503: no master, or the cluster's state is not recovered"),
        400 if answer.expects_tls() => Outcome::alive(Protocol, "the server expects TLS: add tls"),
        500 | 502 | 504 => Outcome::fail(Unhealthy, format!("status {status}")),
        _ => {
            Outcome::fail(Protocol, format!("status {status}: answer is not of Elasticsearch or OpenSearch"))
        }
    })
}

/// What becomes of a node that is well where the status of its cluster is asked for: it is alive in any case.
fn cluster(answer: &Answer, wanted: &str, version: &str) -> Outcome {
    use Cause::{Protocol, Unhealthy};
    let status = match json::text(&answer.body, &["status"]) {
        Some(b"green") => "green",
        Some(b"yellow") => "yellow",
        Some(b"red") => "red",
        _ if matches!(answer.status, 401 | 403) => {
            let reason =
                format!("status {}: the user may not ask for the status of the cluster", answer.status);
            return Outcome::alive(Protocol, reason);
        }
        _ => return Outcome::alive(Unhealthy, format!("status of the cluster: status {}", answer.status)),
    };
    if status == "green" || status == wanted {
        return Outcome::pass(format!("version {version}, cluster {status}"));
    }
    Outcome::alive(Unhealthy, format!("cluster is {status}, expected {wanted}"))
}

/// `8.15.2`, `9.0.0-beta1`: too little to hold a login that was echoed.
fn is_version(text: &[u8]) -> bool {
    text.len() <= 24
        && text.first().is_some_and(u8::is_ascii_digit)
        && text.contains(&b'.')
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
}

#[cfg(test)]
mod tests;
