//! MongoDB: `hello`, which needs no login, tells what the server is.
//!
//! <https://www.mongodb.com/docs/manual/reference/command/hello/>. A member of a replica set that starts, recovers or
//! rolls back answers, and a restart would have it begin again: it is alive, not ready. So is one that refuses a login.
//!
//! No client metadata is sent: mongod would log a line of them for each connection.

mod bson;
mod login;
mod message;
mod role;
mod session;
#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use self::bson::{Builder, Document};
use self::login::User;
use self::message::Reply;
use self::role::Role;
use self::session::{Session, reason};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::checks::replication::Replication;
use crate::net::auth::scram::Salted;
use crate::net::{Conversation, Endpoint, Failure, Login};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, TlsRule, database};

/// The longest reply, and those to a login.
const LIMIT: usize = 2 * message::LONGEST;

const COMMAND_NOT_FOUND: i64 = 59;

pub const SCHEME: Scheme = Scheme {
    scheme: "mongodb",
    summary: "hello is answered by a primary, secondary, arbiter, mongos or standalone; a starting or recovering member or a refused login is alive but not ready",
    target: Target::Address { port: Some(27017) },
    credentials: true,
    tls: TlsRule::Optional,
    path: PathRule::Optional,
    options: &[
        ("max-lag", OptionType::Duration),
        ("role", OptionType::Choice(&["primary", "replica"])),
        ("socket", OptionType::File),
    ],
    ..Scheme::BARE
};

/// A check of one server; the path is the database that knows the user.
pub struct MongoDb {
    endpoint: Endpoint,
    login: Login,
    database: String,
    wanted: Replication,
    salted: Salted,
}

impl MongoDb {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self {
            endpoint: Endpoint::from_url(url)?,
            login: Login::from_url(url),
            database: database(&url.path)?.unwrap_or_else(|| "admin".to_owned()),
            wanted: Replication::from_url(url),
            salted: Salted::default(),
        })
    }

    fn hello(&self, conversation: &Conversation) -> Result<Outcome, Failure> {
        let user = self.user()?;
        let mut session = Session::new(conversation.open(LIMIT)?);
        let outcome = self.converse(conversation, &mut session, user.as_ref());
        // There is no goodbye: the server reads the end of the connection, which is no error to it.
        session.into_stream().shutdown();
        outcome
    }

    fn user(&self) -> Result<Option<User<'_>>, Outcome> {
        match (self.login.user()?, self.login.password()?) {
            (None, None) => Ok(None),
            (Some(name), Some(password)) => Ok(Some(User { name, password, database: &self.database })),
            (None, Some(_)) => Err(Outcome::alive(Cause::Protocol, "password is given without a user")),
            (Some(_), None) => Err(Outcome::alive(Cause::Protocol, "user is given without a password")),
        }
    }

    fn converse(
        &self,
        conversation: &Conversation,
        session: &mut Session<impl Read + Write>,
        user: Option<&User<'_>>,
    ) -> Result<Outcome, Failure> {
        let deadline = conversation.deadline();
        let mut reply = ask_hello(session, "hello", user, deadline)?;
        // Older than 4.4.2.
        if reply.document().integer("code") == Some(COMMAND_NOT_FOUND) {
            reply = ask_hello(session, "isMaster", user, deadline)?;
        }
        let hello = reply.document();
        succeeded(hello)?;
        conversation.alive("hello was answered");
        let outcome = role::judge(self.wanted, hello);
        match user {
            // An arbiter holds no data, not even users.
            Some(user) if outcome.cause.is_none() && Role::of(hello) != Role::Arbiter => {
                user.log_in(session, hello, &self.salted, deadline)?;
                let ping = session.ask(Builder::new().integer("ping", 1), "admin")?;
                // Whatever it has against a ping, it has answered two questions.
                Ok(succeeded(ping.document())
                    .map_or_else(|refusal| conversation.excused(refusal), |()| outcome))
            }
            _ => Ok(outcome),
        }
    }
}

impl Check for MongoDb {
    /// Pass exactly in a state in which the server works.
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| self.hello(conversation))
    }
}

fn ask_hello(
    session: &mut Session<impl Read + Write>,
    name: &str,
    user: Option<&User<'_>>,
    deadline: Deadline,
) -> Result<Reply, Failure> {
    let left = deadline.remaining()?.as_millis().clamp(1, i32::MAX as u128) as i32;
    let mut hello = Builder::new().integer(name, 1).flag("helloOk", true).integer("maxTimeMS", left);
    if let Some(user) = user {
        hello = hello.text("saslSupportedMechs", &user.full_name());
    }
    session.ask(hello, "admin")
}

/// An error of the server as the outcome; one that goes or is changing its role is alive.
fn succeeded(reply: Document<'_>) -> Result<(), Outcome> {
    if reply.flag("ok") {
        return Ok(());
    }
    let said = reason(reply);
    Err(match reply.integer("code") {
        // Shutting down, or stepping up or down:
        // <https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml>.
        Some(91 | 189 | 10107 | 11600 | 11602 | 13435 | 13436) => Outcome::alive(Cause::Unhealthy, said),
        // It did not find the time.
        Some(50 | 262) => Outcome::alive(Cause::Unhealthy, said),
        // A mongos whose shard or config server is away: HostUnreachable, NetworkTimeout,
        // FailedToSatisfyReadPreference, NetworkInterfaceExceededTimeLimit, KeyNotFound.
        Some(6 | 89 | 133 | 202 | 211) => Outcome::alive(Cause::Unhealthy, said),
        // Unauthorized, AuthenticationFailed, and a server that wants the version of its API named.
        Some(13 | 18 | 322) => Outcome::alive(Cause::Protocol, said),
        None if reply.get("ok").is_none() => {
            Outcome::fail(Cause::Protocol, "answer to hello is not of MongoDB")
        }
        _ => Outcome::fail(Cause::Unhealthy, said),
    })
}
