//! PostgreSQL, and what speaks its protocol, version 3.0: <https://www.postgresql.org/docs/current/protocol.html>.
//!
//! As `pg_isready` has it, a server that asks for a login accepts connections; the check then hangs up, of which the
//! server's log says nothing. A server that starts, stops, recovers or is full says so, and is alive, not ready:
//! restarting it would make each of these worse.

mod login;
mod message;
mod query;
mod startup;
mod verdict;

use std::time::Duration;

use self::login::Entry;
use self::message::{Stop, Wire};
use self::verdict::Asked;
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::grammar::{CheckUrl, Kind, ParseError, PathRule, Spec, Target, TlsRule, database, parse_duration};
use crate::net::scram::Salted;
use crate::net::{Conversation, Endpoint, Failure, Login};

/// A login and two queries of one row each are below 4 KiB.
const LIMIT: usize = 4 * message::LONGEST;

pub const SPEC: Spec = Spec {
    scheme: "postgres",
    summary: "Connections are accepted, no login needed; with a login or trust also a query's answer, the role and the replay lag",
    target: Target::Address { port: Some(5432) },
    credentials: true,
    hardware: false,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[
        ("expect", Kind::Text),
        ("max-lag", Kind::Duration),
        ("query", Kind::Text),
        ("role", Kind::Choice(&["primary", "replica"])),
        ("socket", Kind::File),
    ],
    requires: &[("expect", "query")],
};

/// A check of one PostgreSQL server.
pub struct Postgres {
    endpoint: Endpoint,
    login: Login,
    database: Option<String>,
    role: Option<String>,
    max_lag: Option<Duration>,
    query: Option<String>,
    expect: Option<String>,
    salted: Salted,
}

impl Postgres {
    pub fn from_url(check: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(check)?.offering(&[b"postgresql"]);
        let text = |name| check.option(name).map(str::to_owned);
        let (query, expect) = (text("query"), text("expect"));
        let database = database(&check.path)?;
        Ok(Self {
            endpoint,
            login: Login::from_url(check),
            database,
            role: text("role"),
            max_lag: check.option("max-lag").and_then(parse_duration),
            query,
            expect,
            salted: Salted::default(),
        })
    }

    fn ask(&self, talk: &Conversation) -> Result<Outcome, Failure> {
        let (user, password) = (self.login.user()?, self.login.password()?);
        let asked = Asked {
            login: user.is_some() || password.is_some(),
            database: self.database.is_some(),
            // What cannot be told by a server that does not let us in.
            inside: password.is_some()
                || self.role.is_some()
                || self.max_lag.is_some()
                || self.query.is_some(),
        };
        // The image of Docker sets the password of this one if it is told no user.
        let nobody: &[u8] = if password.is_some() { b"postgres" } else { b"health-probe" };
        let user = user.unwrap_or_else(|| nobody.to_vec());
        let secure = self.endpoint.secure();
        let agree = |timed: &mut _| if secure { startup::agree_to_tls(timed) } else { Ok(()) };
        let ((), stream) = talk.open_upgraded(LIMIT, agree)?;
        let mut wire = Wire::new(talk, stream);
        let database = self.database.as_deref().unwrap_or("postgres");
        // A server that cannot even fork says so and closes without reading: its words tell.
        let _ = wire.send(&startup::message(&user, database));
        let credentials = login::Credentials {
            user: &user,
            password: password.as_deref(),
            confidential: self.endpoint.confidential(),
            salted: &self.salted,
        };
        let outcome = match login::enter(&mut wire, &credentials) {
            Ok(Entry::Inside) => self.inside(&mut wire, password.is_some()),
            Ok(Entry::Asks(what)) if asked.inside => {
                let lacks = format!("asks for {what}, which the check does not have");
                Err(Outcome::alive(Cause::Protocol, lacks).into())
            }
            Ok(Entry::Asks(what)) => Ok(Outcome::pass(format!("accepts connections, asks for {what}"))),
            Err(Stop::Error(error)) => Ok(verdict::of_entry(&error, &asked)),
            Err(Stop::Failure(failure)) => Err(failure),
        };
        wire.end();
        outcome
    }

    /// Everything that is asked of a server that let us in.
    fn inside(&self, wire: &mut Wire, login: bool) -> Result<Outcome, Failure> {
        wire.talk.alive("the connection was accepted");
        let mut told =
            vec![if login { "login accepted".to_owned() } else { "accepts connections".to_owned() }];
        if self.role.is_some() || self.max_lag.is_some() {
            told.push(query::standing(wire, self.role.as_deref(), self.max_lag)?);
        }
        if let Some(text) = &self.query {
            told.push(query::answer(wire, text, self.expect.as_deref())?);
        }
        Ok(Outcome::pass(told.join(", ")))
    }
}

impl Check for Postgres {
    /// Pass once connections are accepted, and what was asked for beyond that holds.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |talk| self.ask(talk))
    }
}

#[cfg(test)]
mod tests;
