//! MySQL and MariaDB: the greeting or, with a user, a login and a ping.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>. The server speaks first, so without a login
//! its greeting is the answer. How to leave then is the question: a client that goes before a login is complete, in whatever
//! way, raises `Aborted_connects` and is counted towards `max_connect_errors`, after which the server takes no more
//! connections from that host, those of the application too (error 1129). Connections over loopback and over the Unix
//! socket are not counted so: there the check just closes, which MariaDB logs (one warning) and MySQL does not. From
//! elsewhere, which the Pod's own address is to the server, it goes on to log in as `health-probe` without a password and
//! reads the refusal, which is not counted so either. Only a login leaves no trace at all.

mod error;
mod greeting;
mod packet;
mod role;
mod scramble;
mod server_key;
mod session;
mod statement;
mod table;
#[cfg(test)]
mod tests;

use std::io::Read;

use self::error::{Error, Stage};
use self::greeting::Greeting;
use self::server_key::ServerKey;
use self::session::{AuthState, Login, Session, Transport, foreign, unframed};
use self::statement::Statement;
use crate::check::{Cause, Check, Deadline, Outcome, Verdict};
use crate::checks::replication::Replication;
use crate::net;
use crate::net::{Conversation, Endpoint, Failure, Redaction, Stream};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, database};

/// Three statements whose answers are as long as they may be.
const LIMIT: usize = 256 * 1024;

/// Who logs in where it takes a login to leave.
const NOBODY: Login<'static> = Login { user: b"health-probe", password: b"", database: "" };

pub const SCHEME: Scheme = Scheme {
    scheme: "mysql",
    summary: "The server greets or, with a user, logs in and answers a ping; full, lagging or a refused login is alive but not ready",
    target: Target::Address { port: Some(3306) },
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
        ("server-public-key-file", OptionType::File),
        ("socket", OptionType::File),
    ],
    requires: &[
        ("expect", "query"),
        ("max-lag", "user"),
        ("path", "user"),
        ("query", "user"),
        ("role", "user"),
        ("server-public-key-file", "user"),
    ],
};

pub const SCHEME_MARIADB: Scheme = Scheme { scheme: "mariadb", summary: "As mysql", ..SCHEME };

/// A check of one server.
pub struct Mysql {
    endpoint: Endpoint,
    /// The same server over TLS, if it is on this machine and otherwise asked in the clear.
    over_tls: Option<Endpoint>,
    socket: bool,
    /// Whether leaving after the greeting is not counted towards `max_connect_errors`.
    local: bool,
    login: net::Login,
    /// The file of the RSA key that a password is encrypted by where there is no TLS.
    public_key: Option<String>,
    database: String,
    wanted: Replication,
    statement: Option<Statement>,
}

impl Mysql {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let endpoint = Endpoint::from_url(url)?;
        let clear = endpoint.local() && !endpoint.secure();
        Ok(Self {
            over_tls: if clear { Some(Endpoint::over_tls(url)?) } else { None },
            local: endpoint.over_loopback(),
            endpoint,
            socket: !url.socket.is_empty(),
            login: net::Login::from_url(url),
            public_key: url.option("server-public-key-file").map(str::to_owned),
            database: database(&url.path)?.unwrap_or_default(),
            wanted: Replication::from_url(url),
            statement: Statement::from_url(url),
        })
    }

    fn ask(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        match (self.login.user()?, self.login.password()?) {
            (None, Some(_)) => {
                Err(Outcome::alive(Cause::Protocol, "a password is given without a user").into())
            }
            (None, None) => self.greet(conversation),
            (Some(user), password) => {
                let password = password.unwrap_or_default();
                let login = Login { user: &user, password: &password, database: &self.database };
                self.log_in(conversation, &login)
            }
        }
    }

    /// Pass on a greeting, whatever becomes of a login, unless that is answered with being full or shutting down.
    fn greet(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let (greeting, mut stream) = self.connect(conversation, &self.endpoint)?;
        if self.local {
            stream.shutdown();
            return Ok(Outcome::pass(greeting.server()));
        }
        // Servers may let those who are refused wait, for which the answer need not wait.
        let half = conversation.deadline().remaining()? / 2;
        stream.carrier().end_by(Deadline::after(half));
        let mut session = Session::new(conversation, stream, self.transport(&self.endpoint));
        let refused = session.log_in(&greeting, &NOBODY).map_err(|failure| conversation.outcome(failure));
        if refused.is_ok() {
            let _ = session.quit();
        }
        session.into_stream().drain();
        match refused {
            Err(busy) if (busy.verdict, busy.cause) == (Verdict::Alive, Some(Cause::Unhealthy)) => {
                Err(busy.into())
            }
            _ => Ok(Outcome::pass(greeting.server())),
        }
    }

    fn log_in(&self, conversation: &Conversation, login: &Login<'_>) -> Result<Outcome, Failure> {
        let key = ServerKey::of(self.public_key.as_deref())?;
        if let Some(outcome) = self.log_in_at(&self.endpoint, conversation, login, key)? {
            return Ok(outcome);
        }
        self.login.tell(&self.endpoint)?;
        let again = self.over_tls.as_ref().ok_or_else(foreign)?;
        Ok(self.log_in_at(again, conversation, login, ServerKey::None)?.ok_or_else(foreign)?)
    }

    /// Nothing where the server wants the password in a way that the connection to this endpoint does not allow.
    fn log_in_at(
        &self,
        endpoint: &Endpoint,
        conversation: &Conversation,
        login: &Login<'_>,
        key: ServerKey,
    ) -> Result<Option<Outcome>, Failure> {
        let (greeting, stream) = self.connect(conversation, endpoint)?;
        let mut session = Session::new(conversation, stream, self.transport(endpoint));
        session.withheld = self.login.tell(endpoint).err();
        let may_ask = session.withheld.is_none() && !(self.over_tls.is_some() && greeting.offers_tls());
        session.server_key = key.or_asked(may_ask);
        let result = self.converse(&mut session, &greeting, login);
        session.into_stream().drain();
        result
    }

    /// Nothing where the server wants the password in a way that this connection does not allow.
    fn converse(
        &self,
        session: &mut Session<Stream>,
        greeting: &Greeting,
        login: &Login<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        if session.log_in(greeting, login)? == AuthState::WantsPassword {
            return Ok(None);
        }
        session.ping()?;
        let conversation = session.conversation;
        conversation.alive("ping was answered");
        let shown =
            self.statements(session, greeting).map_err(|failure| match conversation.outcome(failure) {
                Outcome { cause: cause @ Some(Cause::Timeout), .. } => {
                    let reason = "ping was answered, but a statement timed out".into();
                    Outcome { verdict: Verdict::Alive, cause, reason }
                }
                outcome => outcome,
            });
        // The answer is known by now, whether or not the server reads the goodbye.
        let _ = session.quit();
        Ok(Some(Outcome::pass(greeting.server() + &shown?)))
    }

    fn statements(&self, session: &mut Session<Stream>, greeting: &Greeting) -> Result<String, Failure> {
        let shown = role::ask(self.wanted, session, greeting.is_mariadb())?;
        self.statement.as_ref().map_or(Ok(()), |statement| statement.hold(session))?;
        Ok(shown)
    }

    /// The greeting, and the connection after it, over TLS if the endpoint says so.
    fn connect(
        &self,
        conversation: &Conversation,
        endpoint: &Endpoint,
    ) -> Result<(Greeting, Stream), Failure> {
        conversation.open_upgraded_at(endpoint, LIMIT, |carrier| {
            let greeting = hear(carrier)?;
            conversation.alive("the greeting came");
            if !endpoint.secure() {
                return Ok(greeting);
            }
            if greeting.offers_tls() {
                let request = greeting.head(true, !self.database.is_empty());
                packet::write(carrier, 1, &request)?;
                return Ok(greeting);
            }
            if !self.local {
                let _ = Session::new(conversation, carrier, Transport::Clear).log_in(&greeting, &NOBODY);
            }
            Err(Outcome::alive(Cause::Protocol, "the server does not offer TLS").into())
        })
    }

    fn transport(&self, endpoint: &Endpoint) -> Transport {
        match (endpoint.secure(), self.socket) {
            (true, _) => Transport::Tls,
            (false, true) => Transport::Socket,
            (false, false) => Transport::Clear,
        }
    }
}

impl Check for Mysql {
    /// Pass on a greeting or, with a user, when the login and all that is asked after it succeed.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.ask(conversation))
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
