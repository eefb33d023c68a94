//! SCRAM (RFC 5802, and RFC 7677 for SHA-256): a login in which the password is never sent, and in which the server
//! proves that it knows it too. Over TLS it can be bound to the server's certificate (`tls-server-end-point`, RFC 5929).
//!
//! The password is taken as it is. SASLprep (RFC 4013) would change only what is not ASCII and not composed yet.

use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

use crate::check::{Cause, Deadline, Outcome};
use crate::net::codec::base64;
use crate::net::error::ProtocolError;

/// Both RFCs forbid fewer: what a peer hears of such a login lets it guess the password too fast.
const FEWEST_ROUNDS: u32 = 4096;

/// Servers do 4,096 to 15,000 rounds by default, and what people set by hand is below this.
const MOST_ROUNDS: u32 = 1_000_000;

/// How many rounds are done between two looks at the clock: half a millisecond.
const ROUNDS_AT_ONCE: u32 = 1024;

/// Servers' messages are below 200 bytes.
const LONGEST: usize = 2048;

/// The hash function that gives a mechanism its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        }
    }
}

/// What binds a login to its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The connection has nothing to bind to.
    None,
    /// It has, and the server offers none: one that did, and was not heard, then refuses the login.
    NotOffered,
    /// The hash of the server's certificate.
    ServerEndPoint(Vec<u8>),
}

impl Binding {
    /// The GS2 header of RFC 5802 §7.
    fn header(&self) -> &'static str {
        match self {
            Self::None => "n,,",
            Self::NotOffered => "y,,",
            Self::ServerEndPoint(_) => "p=tls-server-end-point,,",
        }
    }

    /// The attribute `c`.
    fn proof(&self) -> String {
        let data = if let Self::ServerEndPoint(data) = self { data.as_slice() } else { &[] };
        base64::encode(&[self.header().as_bytes(), data].concat())
    }
}

/// The salted password of the last login: as long as password, salt and rounds stay, it need not be computed again,
/// which would cost some milliseconds of processor time at each check.
#[derive(Default)]
pub struct Salted(Mutex<Option<(Vec<u8>, Vec<u8>)>>);

/// A login that has begun.
pub struct Scram {
    hash: Hash,
    first_bare: String,
    nonce: String,
    binding: Binding,
}

/// A login to which only the server's proof is missing.
pub struct Proof {
    server_key: hmac::Key,
    said: Vec<u8>,
}

impl Scram {
    /// A login of this user; empty where the protocol has named the user already.
    pub fn new(hash: Hash, user: &[u8]) -> Result<Self, Outcome> {
        let mut random = [0; 18];
        let filled = SystemRandom::new().fill(&mut random);
        filled.map_err(|_| Outcome::alive(Cause::Protocol, "no random numbers to log in with"))?;
        Ok(Self::with_nonce(hash, user, base64::encode(&random)))
    }

    fn with_nonce(hash: Hash, user: &[u8], nonce: String) -> Self {
        let user = String::from_utf8_lossy(user).replace('=', "=3D").replace(',', "=2C");
        Self { hash, first_bare: format!("n={user},r={nonce}"), nonce, binding: Binding::None }
    }

    /// The login, bound to its connection.
    pub fn bound(self, binding: Binding) -> Self {
        Self { binding, ..self }
    }

    /// What the client says first.
    pub fn first(&self) -> Vec<u8> {
        format!("{}{}", self.binding.header(), self.first_bare).into_bytes()
    }

    /// What the client says to the server's first message, and what is needed to judge the server's last one.
    pub fn answer(
        self,
        server_first: &[u8],
        password: &[u8],
        salted: &Salted,
        deadline: Deadline,
    ) -> Result<(Vec<u8>, Proof), Outcome> {
        let Challenge { nonce, salt, rounds } =
            Challenge::parse(server_first, &self.nonce).ok_or_else(foreign)?;
        if rounds < FEWEST_ROUNDS {
            let reason = "login not made: the server asks for less than 4096 rounds of SCRAM";
            return Err(Outcome::alive(Cause::Protocol, reason));
        }
        let salted = salted.of(self.hash, password, &salt, rounds, deadline)?;
        let key = |name: &[u8]| hmac::sign(&hmac::Key::new(self.hash.hmac(), &salted), name);
        let client_key = key(b"Client Key");
        let stored_key = digest::digest(self.hash.hmac().digest_algorithm(), client_key.as_ref());
        let unproven = format!("c={},r={nonce}", self.binding.proof());
        let said = [self.first_bare.as_bytes(), server_first, unproven.as_bytes()].join(&b","[..]);
        let signature = hmac::sign(&hmac::Key::new(self.hash.hmac(), stored_key.as_ref()), &said);
        let proof = exclusive_or(client_key.as_ref(), signature.as_ref());
        let server_key = hmac::Key::new(self.hash.hmac(), key(b"Server Key").as_ref());
        Ok((format!("{unproven},p={}", base64::encode(&proof)).into_bytes(), Proof { server_key, said }))
    }
}

impl Proof {
    /// Whether the server knows the password: one that does not is not the server that it claims to be.
    pub fn verify(&self, server_final: &[u8]) -> Result<(), Outcome> {
        let mut fields = server_final.split(|&byte| byte == b',');
        match fields.next().and_then(|field| field.split_at_checked(2)) {
            Some((b"v=", signature)) => {
                let signature = base64::decode(signature).unwrap_or_default();
                hmac::verify(&self.server_key, &self.said, &signature).map_err(|_| {
                    Outcome::fail(Cause::Identity, "server could not prove that it knows the password")
                })
            }
            Some((b"e=", _)) => Err(Outcome::alive(Cause::Protocol, "login refused")),
            _ => Err(Outcome { cause: Some(Cause::Identity), ..foreign().into() }),
        }
    }
}

/// The server's first message, taken apart.
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    rounds: u32,
}

impl<'a> Challenge<'a> {
    /// None for anything but a challenge whose nonce continues ours: another one would be a replay.
    fn parse(message: &'a [u8], ours: &str) -> Option<Self> {
        let text = std::str::from_utf8(message).ok().filter(|text| text.len() <= LONGEST)?;
        let mut fields = text.split(',');
        let nonce = fields.next()?.strip_prefix("r=")?;
        let salt = base64::decode(fields.next()?.strip_prefix("s=")?.as_bytes())?;
        let rounds = fields.next()?.strip_prefix("i=")?;
        let plain = rounds.bytes().all(|byte| byte.is_ascii_digit()) && !salt.is_empty();
        let rounds = rounds.parse().ok().filter(|&rounds| plain && rounds > 0)?;
        (nonce.len() > ours.len() && nonce.starts_with(ours)).then_some(Self { nonce, salt, rounds })
    }
}

impl Salted {
    /// `Hi` of the RFC, which is PBKDF2 with one block. Not that of ring: it cannot be stopped at the deadline.
    fn of(
        &self,
        hash: Hash,
        password: &[u8],
        salt: &[u8],
        rounds: u32,
        deadline: Deadline,
    ) -> Result<Vec<u8>, Outcome> {
        let key = hmac::Key::new(hash.hmac(), password);
        let lengths = [salt.len().to_be_bytes(), (rounds as usize).to_be_bytes()].concat();
        let inputs =
            [hash.hmac().digest_algorithm().output_len().to_be_bytes().as_slice(), &lengths, salt, password]
                .concat();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, salted)) = last.as_ref().filter(|(known, _)| *known == inputs) {
            return Ok(salted.clone());
        }
        // The check cannot be made, which says nothing of the server: no reason to restart it.
        let too_many = || {
            Outcome::alive(
                Cause::Protocol,
                format!("login takes {rounds} rounds of SCRAM, too many for the time"),
            )
        };
        if rounds > MOST_ROUNDS {
            return Err(too_many());
        }
        let mut block = hmac::sign(&key, &[salt, &[0, 0, 0, 1]].concat());
        let mut salted = block.as_ref().to_vec();
        for round in 1..rounds {
            if round % ROUNDS_AT_ONCE == 0 {
                deadline.remaining().map_err(|_| too_many())?;
            }
            block = hmac::sign(&key, block.as_ref());
            salted.iter_mut().zip(block.as_ref()).for_each(|(byte, other)| *byte ^= other);
        }
        *last = Some((inputs, salted.clone()));
        Ok(salted)
    }
}

fn exclusive_or(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

fn foreign() -> ProtocolError {
    ProtocolError::not_of("SCRAM")
}

#[cfg(test)]
mod tests;
