//! MySQL and MariaDB: the greeting or, with a user, a login and a ping.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>. The server speaks first, so without a login
//! its greeting is the answer. How to leave then is the question: whoever goes before a login is complete, in whatever
//! way, raises `Aborted_connects` and is counted towards `max_connect_errors`, after which the server takes no more
//! connections from that host, those of the application too (error 1129). Connections over loopback and over the Unix
//! socket are not counted so: there the check just closes, which MariaDB logs (one warning) and MySQL does not. From
//! elsewhere it goes on to log in as `health-probe` without a password and reads the refusal, which is not counted so
//! either. Only a login leaves no trace at all.

mod error;
mod greeting;
mod packet;
mod role;
mod scramble;
mod session;
mod table;
#[cfg(test)]
mod tests;

use std::io::Read;

use self::error::{Error, Stage};
use self::greeting::Greeting;
use self::role::Wanted;
use self::session::{Carrier, Login, Session, Step, foreign, unframed};
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::grammar::{CheckUrl, Kind, ParseError, PathRule, Spec, Target, TlsRule, database, parse_duration};
use crate::net::{self, Conversation, Endpoint, Failure, Redaction, Stream};

/// Three statements whose answers are as long as they may be.
const LIMIT: usize = 256 * 1024;

/// Who logs in where it takes a login to leave.
const NOBODY: Login<'static> = Login { user: b"health-probe", password: b"", database: "" };

pub const SPEC: Spec = Spec {
    scheme: "mysql",
    summary: "The server greets or, with a user, logs in and answers a ping; full, lagging or a refused login is alive but not ready",
    target: Target::Address { port: Some(3306) },
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
    requires: &[
        ("expect", "query"),
        ("max-lag", "user"),
        ("path", "user"),
        ("query", "user"),
        ("role", "user"),
    ],
};

pub const SPEC_MARIADB: Spec = Spec { scheme: "mariadb", summary: "As mysql", ..SPEC };

/// A check of one server.
pub struct Mysql {
    endpoint: Endpoint,
    /// The same server over TLS, if it is on this machine and otherwise asked in the clear.
    over_tls: Option<Endpoint>,
    socket: bool,
    /// Whether leaving after the greeting is not counted towards `max_connect_errors`.
    local: bool,
    login: net::Login,
    database: String,
    wanted: Wanted,
    query: Option<String>,
    expect: Option<String>,
}

impl Mysql {
    pub fn from_url(check: &CheckUrl) -> Result<Self, ParseError> {
        let text = |name| check.option(name).map(str::to_owned);
        let endpoint = Endpoint::from_url(check)?;
        let local = endpoint.local();
        Ok(Self {
            over_tls: if local && !endpoint.secure() { Some(Endpoint::over_tls(check)?) } else { None },
            endpoint,
            local,
            socket: !check.socket.is_empty(),
            login: net::Login::from_url(check),
            database: database(&check.path)?.unwrap_or_default(),
            wanted: Wanted {
                replica: check.option("role").map(|role| role == "replica"),
                max_lag: check.option("max-lag").and_then(parse_duration),
            },
            query: text("query"),
            expect: text("expect"),
        })
    }

    fn ask(&self, talk: &Conversation) -> Result<Outcome, Failure> {
        match (self.login.user()?, self.login.password()?) {
            (None, Some(_)) => {
                Err(Outcome::alive(Cause::Protocol, "a password is given without a user").into())
            }
            (None, None) => self.greet(talk),
            (Some(user), password) => {
                let password = password.unwrap_or_default();
                let login = Login { user: &user, password: &password, database: &self.database };
                self.log_in(talk, &login)
            }
        }
    }

    /// Pass on a greeting, whatever becomes of a login, unless that is answered with being full or shutting down.
    fn greet(&self, talk: &Conversation) -> Result<Outcome, Failure> {
        let (greeting, mut stream) = self.connect(talk, &self.endpoint)?;
        if self.local {
            stream.leave();
            return Ok(Outcome::pass(greeting.server()));
        }
        // Servers may let those who are refused wait, for which the answer need not wait.
        let half = talk.deadline().remaining()? / 2;
        stream.timed().end_by(Deadline::after(half));
        let mut session = Session::new(talk, stream, self.carrier(&self.endpoint));
        let refused = session.log_in(&greeting, &NOBODY).map_err(|failure| talk.outcome(failure));
        if refused.is_ok() {
            let _ = session.quit();
        }
        session.into_stream().close();
        match refused {
            Err(other) if other.cause != Some(Cause::Timeout) && !is_refusal(&other) => Err(other.into()),
            _ => Ok(Outcome::pass(greeting.server())),
        }
    }

    fn log_in(&self, talk: &Conversation, login: &Login<'_>) -> Result<Outcome, Failure> {
        // The second time nobody but this machine sees what is sent, so whose certificate it is does not matter.
        for endpoint in std::iter::once(&self.endpoint).chain(&self.over_tls) {
            let (greeting, stream) = self.connect(talk, endpoint)?;
            let mut session = Session::new(talk, stream, self.carrier(endpoint));
            let result = self.converse(talk, &mut session, &greeting, login);
            session.into_stream().close();
            if let Some(outcome) = result? {
                return Ok(outcome);
            }
            if !greeting.offers_tls() {
                break;
            }
        }
        Err(Outcome::alive(Cause::Protocol, "the server asks for the password itself, which needs tls")
            .into())
    }

    /// Nothing where the server wants the password in a way that this connection does not allow.
    fn converse(
        &self,
        talk: &Conversation,
        session: &mut Session<Stream>,
        greeting: &Greeting,
        login: &Login<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        if session.log_in(greeting, login)? == Step::WantsPassword {
            return Ok(None);
        }
        session.ping()?;
        talk.alive("ping was answered");
        let told = self.statements(session, greeting).map_err(|failure| match talk.outcome(failure) {
            Outcome { cause: cause @ Some(Cause::Timeout), .. } => {
                let reason = "ping was answered, but a statement timed out".into();
                Outcome { verdict: Verdict::Alive, cause, reason }
            }
            outcome => outcome,
        });
        // A server that cannot be told goodbye has said what matters.
        let _ = session.quit();
        Ok(Some(Outcome::pass(greeting.server() + &told?)))
    }

    fn statements(&self, session: &mut Session<Stream>, greeting: &Greeting) -> Result<String, Failure> {
        let told = self.wanted.ask(session, greeting.is_mariadb())?;
        let Some(query) = &self.query else { return Ok(told) };
        let table = session.query(query)?.map_err(|error| session.judge(&error))?;
        let unhealthy = |reason| Err(Outcome::alive(Cause::Unhealthy, reason).into());
        match (&self.expect, table.cell(0, 0)) {
            (None, None) if !table.has_columns() => Ok(told),
            (_, None) => unhealthy("the query gives no row".into()),
            (None, Some(_)) => Ok(told),
            (Some(expect), Some(Some(value))) if value == expect.as_bytes() => Ok(told),
            (Some(expect), Some(value)) => {
                let value = value.map_or_else(|| "NULL".into(), |value| session.words(value));
                unhealthy(format!("the query gives {value}, expected {expect:?}"))
            }
        }
    }

    /// The greeting, and the connection after it, over TLS if the endpoint says so.
    fn connect(&self, talk: &Conversation, endpoint: &Endpoint) -> Result<(Greeting, Stream), Failure> {
        talk.open_upgraded_at(endpoint, LIMIT, |timed| {
            let greeting = hear(timed)?;
            if !endpoint.secure() {
                return Ok(greeting);
            }
            if greeting.offers_tls() {
                let request = greeting.head(true, !self.database.is_empty());
                packet::write(timed, 1, &request)?;
                return Ok(greeting);
            }
            if !self.local {
                let _ = Session::new(talk, timed, Carrier::Clear).log_in(&greeting, &NOBODY);
            }
            Err(Outcome::alive(Cause::Protocol, "the server does not offer TLS").into())
        })
    }

    fn carrier(&self, endpoint: &Endpoint) -> Carrier {
        match (endpoint.secure(), self.socket) {
            (true, _) => Carrier::Tls,
            (false, true) => Carrier::Socket,
            (false, false) => Carrier::Clear,
        }
    }
}

impl Check for Mysql {
    /// Pass on a greeting or, with a user, when the login and all that is asked after it succeed.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |talk| self.ask(talk))
    }
}

/// Reads the greeting, or the error in its place, and no byte beyond.
fn hear(stream: &mut impl Read) -> Result<Greeting, Failure> {
    let packet = packet::read(stream, greeting::LONGEST).map_err(unframed)?;
    if let Some(error) = Error::read(&packet.payload) {
        return Err(error.judge(Stage::Greeting, Redaction::None).into());
    }
    Greeting::read(&packet).ok_or_else(|| foreign().into())
}

/// Whether a login was refused, as that of nobody mostly is.
fn is_refusal(outcome: &Outcome) -> bool {
    (outcome.verdict, outcome.cause) == (Verdict::Alive, Some(Cause::Protocol))
}
