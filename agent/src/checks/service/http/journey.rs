//! One request after another, as far as the check follows redirects.

use std::net::IpAddr;

use super::redirect::{Resource, becomes_get};
use super::request::{Field, HttpRequest};
use crate::check::{Cause, Outcome, Verdict};
use crate::net::{Conversation, Endpoint, Failure, Redaction};
use crate::scheme::{CheckUrl, ParseError};

/// As many as the kubelet follows: it stops at the tenth.
const MOST_REDIRECTS: usize = 9;

/// One request to one server.
pub struct Exchange<'a> {
    pub endpoint: &'a Endpoint,
    pub method: &'a str,
    pub resource: &'a Resource,
    pub fields: &'a [Field],
    pub send: Option<&'a str>,
}

/// What came of it.
pub enum Reply {
    Outcome(Outcome),
    /// The status of a redirect that the check may follow, and where it leads.
    Redirect(u16, Vec<u8>),
}

/// The way of a check from its first request to the answer that is judged.
pub struct Journey {
    url: CheckUrl,
    endpoint: Endpoint,
    request: HttpRequest,
    /// The protocols that are offered in each handshake.
    offered: &'static [&'static [u8]],
}

/// Whose a server is that a redirect leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The one that the check names.
    Checked,
    /// On another port of its host.
    SameHost,
    /// On this machine by another name than the check asks by, which to the kubelet is another host.
    Loopback,
    Other,
}

impl Whose {
    /// Whether what comes of it is no word of the server that is checked.
    fn is_elsewhere(self) -> bool {
        matches!(self, Self::Loopback | Self::Other)
    }
}

impl Journey {
    pub fn from_url(url: &CheckUrl, offered: &'static [&'static [u8]]) -> Result<Self, ParseError> {
        let endpoint =
            if url.scheme == "https" { Endpoint::over_tls(url)? } else { Endpoint::from_url(url)? };
        let endpoint = endpoint.offering(offered);
        let request = HttpRequest::from_url(url, &endpoint)?;
        Ok(Self { url: url.clone(), endpoint, request, offered })
    }

    /// The server that the check names.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether redirects are followed at all.
    pub fn follows(&self) -> bool {
        self.url.option("follow").is_some()
    }

    /// The outcome of the last answer.
    pub fn make(
        &self,
        conversation: &Conversation,
        exchange: &dyn Fn(&Exchange) -> Result<Reply, Failure>,
    ) -> Result<Outcome, Failure> {
        let mut fields = self.request.fields(conversation)?;
        let (mut method, mut send) = (self.request.method.as_str(), self.request.send.as_deref());
        let mut resource = self.request.resource.clone();
        for _ in 0..=MOST_REDIRECTS {
            let whose = self.whose(&resource);
            let moved = (whose != Whose::Checked).then(|| self.endpoint_at(&resource, whose)).transpose()?;
            let endpoint = moved.as_ref().unwrap_or(&self.endpoint);
            let asked = Exchange { endpoint, method, resource: &resource, fields: &fields.list, send };
            let (status, location) = match exchange(&asked) {
                Ok(Reply::Redirect(status, location)) => (status, location),
                Ok(Reply::Outcome(outcome)) if !whose.is_elsewhere() => return Ok(fields.judge(outcome)),
                Ok(Reply::Outcome(outcome)) => return Ok(nothing_against(outcome)),
                Err(failure) if whose.is_elsewhere() => {
                    return Ok(nothing_against(conversation.outcome(failure)));
                }
                Err(failure) => return Err(failure),
            };
            conversation.alive("the server redirects");
            resource = self.next(&resource, &location, conversation.redaction())?;
            if becomes_get(status) && method != "HEAD" {
                (method, send) = ("GET", None);
                fields.list.retain(|field| !field.is_of_body());
            }
            if self.whose(&resource) != Whose::Checked {
                fields.forget_secrets();
            }
        }
        Err(unfollowed("more than 9 times").into())
    }

    /// Where a redirect leads, if the check may follow it there.
    fn next(&self, here: &Resource, location: &[u8], redaction: Redaction) -> Result<Resource, Outcome> {
        let there = here.redirected(location).ok_or_else(|| unfollowed("to what HTTP cannot ask for"))?;
        if here.secure && !there.secure {
            return Err(unfollowed("from https to http, which is not followed"));
        }
        if self.whose(&there) == Whose::Other && self.url.option("follow") != Some("any-host") {
            let host = redaction.value(there.place().map(|(host, _)| host).unwrap_or_default().as_bytes());
            return Err(unfollowed(&format!("to another host, {host}: expected follow=any-host")));
        }
        Ok(there)
    }

    fn whose(&self, resource: &Resource) -> Whose {
        let first = &self.request.resource;
        if resource.secure == first.secure && resource.authority.eq_ignore_ascii_case(&first.authority) {
            return Whose::Checked;
        }
        let (Some((own, own_port)), Some((host, port))) = (first.place(), resource.place()) else {
            return Whose::Other;
        };
        let is_same = |own: &str| host.eq_ignore_ascii_case(own);
        match () {
            () if is_same(own) && port == own_port && resource.secure == first.secure => Whose::Checked,
            () if !self.url.socket.is_empty() => Whose::Other,
            () if is_same(own) || is_same(&self.url.host) => Whose::SameHost,
            () if self.endpoint.local() && is_loopback(host) => Whose::Loopback,
            () => Whose::Other,
        }
    }

    /// A server that the check does not name: another host is shown no certificate of ours, and has another name than ours.
    fn endpoint_at(&self, resource: &Resource, whose: Whose) -> Result<Endpoint, Outcome> {
        let mut url = self.url.clone();
        url.socket.clear();
        if let Some((host, port)) = resource.place() {
            url.port = Some(port);
            if whose == Whose::Other {
                host.clone_into(&mut url.host);
                url.options.retain(|(name, _)| {
                    !matches!(name.as_str(), "cert" | "key" | "min-days" | "server-name")
                });
            }
        }
        let endpoint = if resource.secure { Endpoint::over_tls(&url) } else { Endpoint::from_url(&url) };
        match endpoint {
            Ok(endpoint) => Ok(endpoint.offering(self.offered)),
            Err(_) => Err(unfollowed("to what HTTP cannot ask for")),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What becomes of a redirect to another server is no word of the one that is checked.
fn nothing_against(outcome: Outcome) -> Outcome {
    match (outcome.verdict, outcome.cause) {
        (Verdict::Fail, Some(cause)) => {
            Outcome::alive(cause, format!("the server redirects, but {}", outcome.reason))
        }
        _ => outcome,
    }
}

/// A redirect that is not followed says that the server is there, and no more.
fn unfollowed(why: &str) -> Outcome {
    Outcome::alive(Cause::Unhealthy, format!("the server redirects {why}"))
}
