//! How a check logs in: by a token or a password, by an nkey, or by the credentials that an operator gave out.
//!
//! A seed never leaves the agent: it signs what the server asks to sign. The JWT of credentials goes as a password goes, since
//! one of a bearer is all that it takes to log in.

use super::nkey::Nkey;
use crate::check::{Cause, Outcome};
use crate::net::auth::clear_text::hears;
use crate::net::auth::source::Source;
use crate::net::{Conversation, Login};
use crate::scheme::CheckUrl;

/// Where the login of a check comes from.
pub enum Credentials {
    Password(Login),
    Nkey(Source),
    /// A file of credentials (`.creds`), or its text; and whether its JWT may be said to any peer.
    Creds(Source, bool),
}

/// A login as it is now.
pub enum Identity {
    Token(Vec<u8>),
    User(Vec<u8>, Vec<u8>),
    Nkey(Nkey),
    Jwt(Vec<u8>, Nkey),
}

impl Credentials {
    pub fn from_url(url: &CheckUrl) -> Self {
        match (Source::of_option(url, "nkey"), Source::of_option(url, "creds")) {
            (Some(nkey), _) => Self::Nkey(nkey),
            (_, Some(creds)) => Self::Creds(creds, url.option("allow-cleartext").is_some()),
            _ => Self::Password(Login::from_url(url)),
        }
    }

    /// The login, if there is one that the peer is to hear.
    pub fn read(&self, conversation: &Conversation) -> Result<Option<Identity>, Outcome> {
        match self {
            Self::Password(login) => Ok(match login.in_clear(conversation)? {
                (None, None) => None,
                (None, Some(token)) => Some(Identity::Token(token)),
                (Some(user), password) => Some(Identity::User(user, password.unwrap_or_default())),
            }),
            Self::Nkey(source) => {
                let text = source.read()?;
                // An empty secret is none.
                Ok(if text.is_empty() { None } else { Some(Identity::Nkey(key(&text, "nkey holds")?)) })
            }
            Self::Creds(source, may_be_said) => {
                let text = source.read()?;
                if text.is_empty() {
                    return Ok(None);
                }
                let jwt = line(&text, b"eyJ").filter(|jwt| jwt.iter().all(|&byte| is_of_jwt(byte)));
                let jwt =
                    jwt.ok_or_else(|| unusable("credentials hold no JWT, expected a line from eyJ on"))?;
                let key = key(&text, "credentials hold")?;
                let hears = hears(conversation, "the JWT", *may_be_said);
                Ok(hears.then(|| Identity::Jwt(jwt.to_vec(), key)))
            }
        }
    }
}

impl Identity {
    /// Whether it proves itself by a signature of what the server sends.
    pub fn signs(&self) -> bool {
        matches!(self, Self::Nkey(_) | Self::Jwt(..))
    }

    /// Whether the peer hears what it may not repeat.
    pub fn tells_secret(&self) -> bool {
        !matches!(self, Self::Nkey(_))
    }

    /// What CONNECT says of it.
    pub fn fields(&self, nonce: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        match self {
            Self::Token(token) => vec![("auth_token", token.clone())],
            Self::User(user, password) => vec![("user", user.clone()), ("pass", password.clone())],
            Self::Nkey(key) => vec![("nkey", key.public().into()), ("sig", key.sign(nonce).into())],
            Self::Jwt(jwt, key) => vec![("jwt", jwt.clone()), ("sig", key.sign(nonce).into())],
        }
    }
}

/// The key of the seed in a text, which may be decorated.
fn key(text: &[u8], holds: &str) -> Result<Nkey, Outcome> {
    let seed = line(text, b"SU").and_then(Nkey::from_seed);
    seed.ok_or_else(|| {
        unusable(&format!(
            "{holds} no seed of a user, expected a line of 58 letters from SU on, with its checksum"
        ))
    })
}

/// The first line that begins so: lines of dashes say what is between them, and people write more around these.
fn line<'a>(text: &'a [u8], begin: &[u8]) -> Option<&'a [u8]> {
    text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).find(|line| line.starts_with(begin))
}

fn is_of_jwt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// The check cannot be made, which says nothing of the server: no reason to restart it.
fn unusable(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}
