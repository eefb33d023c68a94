//! A statement of the check, and what it has to give.

use std::io::{Read, Write};

use super::session::Session;
use crate::check::{Cause, Outcome};
use crate::net::Failure;
use crate::scheme::CheckUrl;

/// The options `query` and `expect`.
pub struct Statement {
    query: String,
    expect: Option<String>,
}

impl Statement {
    pub fn from_url(url: &CheckUrl) -> Option<Self> {
        let text = |name| url.option(name).map(str::to_owned);
        Some(Self { query: text("query")?, expect: text("expect") })
    }

    /// Fails where the server does not give what is expected: a row, with this in its first column.
    pub fn hold(&self, session: &mut Session<'_, impl Read + Write>) -> Result<(), Failure> {
        let table = session.query(&self.query)?.map_err(|error| session.judge(&error))?;
        let unhealthy = |reason| Err(Outcome::alive(Cause::Unhealthy, reason).into());
        match (&self.expect, table.cell(0, 0)) {
            (None, None) if !table.has_columns() => Ok(()),
            (_, None) => unhealthy("the query gives no row".into()),
            (None, Some(_)) => Ok(()),
            (Some(expect), Some(Some(value))) if value == expect.as_bytes() => Ok(()),
            (Some(expect), Some(value)) => {
                let value = value.map_or_else(|| "NULL".into(), |value| session.words(value));
                unhealthy(format!("the query gives {value}, expected {expect:?}"))
            }
        }
    }
}
