//! What is asked, in whichever version of HTTP.

use super::body::is_of_body;
use super::redirect::Resource;
use crate::check::{Cause, Outcome};
use crate::net::auth::authorization::Authorization;
use crate::net::auth::clear_text::hears;
use crate::net::auth::source::Source;
use crate::net::{Conversation, Endpoint};
use crate::scheme::{CheckUrl, ParseError, can_be_sent, header_name};
use crate::version::USER_AGENT;

/// One request.
pub struct HttpRequest {
    pub method: String,
    pub resource: Resource,
    /// What is sent after the headers.
    pub send: Option<String>,
    headers: Vec<(String, Source)>,
    authorization: Authorization,
    allows_cleartext: bool,
}

/// One header.
pub struct Field {
    pub name: String,
    pub value: String,
    is_secret: bool,
}

/// The headers of a request, but for those that its version of HTTP needs.
pub struct Fields {
    pub list: Vec<Field>,
    /// Whether it is all that was to be sent.
    pub is_whole: bool,
}

impl HttpRequest {
    pub fn from_url(url: &CheckUrl, endpoint: &Endpoint) -> Result<Self, ParseError> {
        let send = url.option("send").map(str::to_owned);
        // As of any client that has something to send.
        let method = url.option("method").unwrap_or(if send.is_some() { "POST" } else { "GET" }).to_owned();
        fits_method(url)?;
        // In a check a question mark begins the options, so that of a query is written %3F.
        let path = if url.path.is_empty() { "/" } else { &url.path.replace("%3F", "?").replace("%3f", "?") };
        let authority = url.option("host-header").map_or_else(|| endpoint.authority(), str::to_owned);
        if authority.contains(|letter: char| letter.is_control()) {
            return Err(ParseError(format!("option host-header is {authority:?}, expected a host")));
        }
        Ok(Self {
            method,
            resource: Resource { secure: endpoint.secure(), authority, path: path.to_owned() },
            send,
            headers: url.options.iter().filter_map(header).collect(),
            authorization: Authorization::from_url(url),
            allows_cleartext: url.option("allow-cleartext").is_some(),
        })
    }

    /// The headers as they are now, without the secret ones where the peer is not to hear them.
    pub fn fields(&self, conversation: &Conversation) -> Result<Fields, Outcome> {
        let mut list = Vec::new();
        for (name, value) in [("User-Agent", USER_AGENT), ("Accept", "*/*")] {
            if !self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
                list.push(Field::plain(name, value));
            }
        }
        if !matches!(self.method.as_str(), "GET" | "HEAD") {
            let length = self.send.as_ref().map_or(0, String::len);
            list.push(Field::plain("Content-Length", &length.to_string()));
        }
        let authorization = self.authorization.read()?;
        let secret = match self.headers.iter().any(|(_, source)| source.is_secret()) {
            _ if authorization.is_some() => Some(self.authorization.name()),
            true => Some("a secret header"),
            false => None,
        };
        let is_whole = secret.is_none_or(|secret| hears(conversation, secret, self.allows_cleartext));
        if secret.is_some() && is_whole {
            conversation.note_secret();
        }
        if let Some(value) = authorization.filter(|_| is_whole) {
            list.push(Field {
                is_secret: true,
                ..Field::plain("Authorization", &sendable("Authorization", value)?)
            });
        }
        for (name, source) in self.headers.iter().filter(|(_, source)| is_whole || !source.is_secret()) {
            let value = source.read()?;
            // As of a password: an installation without one has it, as the key of its Secret.
            if !value.is_empty() {
                list.push(Field {
                    is_secret: source.is_secret(),
                    ..Field::plain(name, &sendable(name, value)?)
                });
            }
        }
        Ok(Fields { list, is_whole })
    }
}

impl Field {
    fn plain(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), is_secret: false }
    }

    /// Whether it says something of what is sent after the headers.
    pub fn is_of_body(&self) -> bool {
        self.name.to_ascii_lowercase().starts_with("content-")
    }
}

impl Fields {
    /// Leaves out what another server is not to hear.
    pub fn forget_secrets(&mut self) {
        self.is_whole &= !self.list.iter().any(|field| field.is_secret);
        self.list.retain(|field| !field.is_secret);
    }

    /// The outcome of an answer: what is said to less than was to be asked is no word against the server.
    pub fn judge(&self, outcome: Outcome) -> Outcome {
        match outcome.cause {
            Some(cause @ Cause::Unhealthy) if !self.is_whole => Outcome::alive(cause, outcome.reason),
            _ => outcome,
        }
    }
}

/// Refuses what a request of the method does not have, or its response.
fn fits_method(url: &CheckUrl) -> Result<(), ParseError> {
    let (method, is_head) = match url.option("method") {
        Some("GET") => ("GET", false),
        Some("HEAD") => ("HEAD", true),
        _ => return Ok(()),
    };
    let (option, expected) =
        match url.options.iter().find(|(name, _)| name == "send" || is_head && is_of_body(name)) {
            None => return Ok(()),
            Some((option, _)) if option == "send" => (option, "POST, PUT"),
            Some((option, _)) => (option, "GET, POST, PUT"),
        };
    Err(ParseError(format!("option {option} is given with method {method}, expected {expected}")))
}

fn header((option, value): &(String, String)) -> Option<(String, Source)> {
    let source = if option.starts_with("header-file.") { Source::File } else { Source::Text };
    Some((header_name(option)?.to_owned(), source(value.clone())))
}

/// The check cannot be made with another value, which says nothing of the program: no reason to restart it.
fn sendable(name: &str, value: Vec<u8>) -> Result<String, Outcome> {
    String::from_utf8(value).ok().filter(|text| can_be_sent(text)).ok_or_else(|| {
        Outcome::alive(Cause::Protocol, format!("the value of header {name} holds what no header may hold"))
    })
}
