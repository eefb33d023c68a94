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

use self::login::AuthState;
use self::message::{Error, Wire};
use self::verdict::Wants;
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::checks::replication::Replication;
use crate::net::auth::scram::Salted;
use crate::net::{Conversation, Endpoint, Failure, Login};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, database};

/// A login and two queries of one row each are below 4 KiB.
const LIMIT: usize = 4 * message::LONGEST;

pub const SCHEME: Scheme = Scheme {
    scheme: "postgres",
    summary: "Connections are accepted, no login needed; with a login or trust also a query's answer, the role and the replay lag",
    target: Target::Address { port: Some(5432) },
    credentials: true,
    asks: true,
    connects: true,
    hardware: false,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[
        ("allow-cleartext", OptionType::Flag),
        ("expect", OptionType::Text),
        ("max-lag", OptionType::Duration),
        ("query", OptionType::Text),
        ("role", OptionType::Choice(&["primary", "replica"])),
        ("socket", OptionType::File),
    ],
    requires: &[("expect", "query")],
};

/// A check of one PostgreSQL server.
pub struct Postgres {
    endpoint: Endpoint,
    login: Login,
    database: Option<String>,
    wanted: Replication,
    query: Option<String>,
    expect: Option<String>,
    salted: Salted,
}

impl Postgres {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?.offering(&[b"postgresql"]);
        let text = |name| url.option(name).map(str::to_owned);
        let (query, expect) = (text("query"), text("expect"));
        let database = database(&url.path)?;
        Ok(Self {
            endpoint,
            login: Login::from_url(url),
            database,
            wanted: Replication::from_url(url),
            query,
            expect,
            salted: Salted::default(),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (user, password) = (self.login.user()?, self.login.password()?);
        let wants = Wants {
            login: user.is_some() || password.is_some(),
            database: self.database.is_some(),
            // What only a server tells that lets the check in.
            inside: password.is_some() || self.wanted.is_wanted() || self.query.is_some(),
        };
        // The image of Docker sets the password of this one unless another user is configured.
        let nobody: &[u8] = if password.is_some() { b"postgres" } else { b"health-probe" };
        let user = user.unwrap_or_else(|| nobody.to_vec());
        let secure = self.endpoint.secure();
        let agree = |carrier: &mut _| if secure { startup::agree_to_tls(carrier) } else { Ok(()) };
        let ((), stream) = conversation.open_upgraded(LIMIT, agree)?;
        let mut wire = Wire::new(conversation, stream);
        let database = self.database.as_deref().unwrap_or("postgres");
        // A server that cannot even fork says so and closes without reading: its words tell.
        let _ = wire.send(&startup::message(&user, database));
        let credentials = login::Credentials {
            user: &user,
            password: password.as_deref(),
            told: &|| self.login.tell(&self.endpoint),
            salted: &self.salted,
        };
        let outcome = match login::enter(&mut wire, &credentials) {
            Ok(AuthState::Ready) => self.inside(&mut wire, password.is_some()),
            Ok(AuthState::Asks(what)) if wants.inside => {
                let lacks = format!("asks for {what}, which the check does not have");
                Err(Outcome::alive(Cause::Protocol, lacks).into())
            }
            Ok(AuthState::Asks(what)) => Ok(Outcome::pass(format!("accepts connections, asks for {what}"))),
            Err(Error::Server(error)) => {
                let mut outcome = verdict::of_entry(&error, &wants);
                if error.code == "28P01" && password.as_deref().is_some_and(|password| !password.is_ascii()) {
                    outcome.reason.push_str("; the password is not ASCII, and was sent without SASLprep");
                }
                Ok(outcome)
            }
            Err(Error::Failure(failure)) => Err(failure),
        };
        wire.end();
        outcome
    }

    /// Everything that is asked of a server that let us in.
    fn inside(&self, wire: &mut Wire, login: bool) -> Result<Outcome, Failure> {
        wire.conversation.alive("the connection was accepted");
        let mut shown =
            vec![if login { "login accepted".to_owned() } else { "accepts connections".to_owned() }];
        if self.wanted.is_wanted() {
            shown.push(query::replication(wire, self.wanted)?);
        }
        if let Some(text) = &self.query {
            shown.push(query::answer(wire, text, self.expect.as_deref())?);
        }
        Ok(Outcome::pass(shown.join(", ")))
    }
}

impl Check for Postgres {
    /// Pass once connections are accepted, and what was asked for beyond that holds.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
    }
}

#[cfg(test)]
mod tests;
