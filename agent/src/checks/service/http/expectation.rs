//! What is asked for and what is expected, in whichever version of HTTP.

use super::status::Statuses;
use crate::net::Endpoint;
use crate::scheme::{CheckUrl, ParseError};

/// One request, and the responses that pass.
pub struct HttpExpectation {
    pub method: String,
    pub path: String,
    pub host: String,
    pub statuses: Statuses,
    /// The text that the body has to hold.
    pub body: Option<Vec<u8>>,
}

impl HttpExpectation {
    pub fn from_url(url: &CheckUrl, endpoint: &Endpoint) -> Result<Self, ParseError> {
        let method = url.option("method").unwrap_or("GET").to_owned();
        // In a check a question mark begins the options, so that of a query is written %3F.
        let path = if url.path.is_empty() { "/" } else { &url.path.replace("%3F", "?").replace("%3f", "?") };
        let host = url.option("host-header").map_or_else(|| endpoint.authority(), str::to_owned);
        if host.contains(|letter: char| letter.is_control()) {
            return Err(ParseError(format!("option host-header is {host:?}, expected a host")));
        }
        let body = url.option("body").map(|text| text.as_bytes().to_vec());
        if method == "HEAD" && body.is_some() {
            return Err(ParseError("option body is given with method HEAD, expected GET".into()));
        }
        let statuses = Statuses::parse(url.option("status"))?;
        Ok(Self { method, path: path.to_owned(), host, statuses, body })
    }
}
