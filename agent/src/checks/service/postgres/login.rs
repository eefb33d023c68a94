//! The login: <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP>.

use super::message::{Error, Phase, Wire, foreign, message, texts};
use crate::check::{Cause, Outcome};
use crate::net::auth::md5_hex;
use crate::net::auth::scram::{Binding, Hash, Salted, Scram};

const MECHANISM: &[u8] = b"SCRAM-SHA-256";
/// Offered over TLS: the login is bound to the connection.
const MECHANISM_PLUS: &[u8] = b"SCRAM-SHA-256-PLUS";

/// How far the check came.
#[derive(Debug, PartialEq, Eq)]
pub enum AuthState {
    /// The server is ready for a query.
    Ready,
    /// It asks for this, and nothing was said to that yet.
    Asks(&'static str),
}

/// Who logs in, and over what.
pub struct Credentials<'a> {
    pub user: &'a [u8],
    pub password: Option<&'a [u8]>,
    /// An outcome where the server is not to hear the password as it is.
    pub told: &'a dyn Fn() -> Result<(), Outcome>,
    pub salted: &'a Salted,
}

/// What the server asks for.
enum Request<'a> {
    Nothing,
    ClearText,
    Md5(&'a [u8]),
    Sasl(Vec<&'a [u8]>),
    Other(&'static str),
}

impl<'a> Request<'a> {
    fn parse(body: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = body.split_first_chunk()?;
        match (u32::from_be_bytes(kind), rest.len()) {
            (0, 0) => Some(Self::Nothing),
            (2, 0) => Some(Self::Other("Kerberos")),
            (3, 0) => Some(Self::ClearText),
            (5, 4) => Some(Self::Md5(rest)),
            (6, 0) => Some(Self::Other("SCM")),
            (7, 0) => Some(Self::Other("GSSAPI")),
            (9, 0) => Some(Self::Other("SSPI")),
            // The names of the mechanisms, and an empty one behind them.
            (10, 2..) => rest.strip_suffix(&[0]).and_then(texts).map(Self::Sasl),
            _ => None,
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Self::Other(_) => "a login",
            _ => "a password",
        }
    }
}

/// Goes through the login, up to where the server is ready or asks for what the check does not have.
pub fn enter(wire: &mut Wire, credentials: &Credentials) -> Result<AuthState, Error> {
    let mut body = authentication(wire)?;
    let request = Request::parse(&body).ok_or_else(foreign)?;
    wire.conversation.alive("the connection was answered");
    if let (Some(password), false) = (credentials.password, matches!(request, Request::Nothing)) {
        log_in(wire, &request, password, credentials)?;
        body = authentication(wire)?;
        if !matches!(Request::parse(&body), Some(Request::Nothing)) {
            return Err(foreign().into());
        }
    } else if !matches!(request, Request::Nothing) {
        return Ok(AuthState::Asks(request.what()));
    }
    wire.phase = Phase::Inside;
    loop {
        let message = wire.next()?;
        match (message.kind, message.body.as_slice()) {
            (b'Z', b"I") => return Ok(AuthState::Ready),
            (b'S' | b'A', [.., 0]) => {}
            // The key that cancels a query: 4 bytes of version 3.0 and longer ones later.
            (b'K', body) if (8..=260).contains(&body.len()) => {}
            _ => return Err(foreign().into()),
        }
    }
}

fn log_in(
    wire: &mut Wire,
    request: &Request,
    password: &[u8],
    credentials: &Credentials,
) -> Result<(), Error> {
    let cannot = |reason: &str| Error::from(Outcome::alive(Cause::Protocol, reason));
    match request {
        Request::Nothing => {}
        Request::ClearText => {
            (credentials.told)()?;
            wire.conversation.note_secret();
            wire.send(&message(b'p', &[password, b"\0"].concat()))?;
        }
        Request::Md5(salt) => wire.send(&message(b'p', &md5_answer(credentials.user, password, salt)))?,
        Request::Sasl(offered) if [MECHANISM, MECHANISM_PLUS].iter().any(|name| offered.contains(name)) => {
            scram(wire, offered, password, credentials.salted)?;
        }
        Request::Sasl(_) => return Err(cannot("asks for a login other than by SCRAM-SHA-256")),
        Request::Other(name) => {
            return Err(cannot(&format!("asks for a login by {name}, not for a password")));
        }
    }
    Ok(())
}

/// `md5` and the digest of the salt and the digest that the server keeps.
fn md5_answer(user: &[u8], password: &[u8], salt: &[u8]) -> Vec<u8> {
    let stored = md5_hex(&[password, user]);
    format!("md5{}\0", md5_hex(&[stored.as_bytes(), salt])).into_bytes()
}

/// The server knows the user by now, and ignores the one in SCRAM's own first message.
fn scram(wire: &mut Wire, offered: &[&[u8]], password: &[u8], salted: &Salted) -> Result<(), Error> {
    let plus = offered.contains(&MECHANISM_PLUS);
    let binding = match wire.server_end_point() {
        Some(certificate) if plus => Binding::ServerEndPoint(certificate),
        Some(_) => Binding::NotOffered,
        None => Binding::None,
    };
    let name = if matches!(binding, Binding::ServerEndPoint(_)) { MECHANISM_PLUS } else { MECHANISM };
    if !offered.contains(&name) {
        let reason = "asks for SCRAM with channel binding, which the connection does not allow";
        return Err(Outcome::alive(Cause::Protocol, reason).into());
    }
    let exchange = Scram::new(Hash::Sha256, b"")?.bound(binding);
    let first = exchange.first();
    let length = u32::try_from(first.len()).unwrap_or_default().to_be_bytes();
    wire.send(&message(b'p', &[name, b"\0", &length, &first].concat()))?;
    let challenge = sasl(&authentication(wire)?, 11)?;
    let (answer, proof) = exchange.answer(&challenge, password, salted, wire.conversation.deadline())?;
    wire.send(&message(b'p', &answer))?;
    let last = authentication(wire)?;
    // One that lets us in without a proof is not the server that it claims to be.
    let is_let_in = matches!(Request::parse(&last), Some(Request::Nothing));
    let signature = sasl(&last, 12)
        .map_err(|odd| if is_let_in { Outcome { cause: Some(Cause::Identity), ..odd } } else { odd })?;
    Ok(proof.verify(&signature)?)
}

fn sasl(body: &[u8], kind: u32) -> Result<Vec<u8>, Outcome> {
    body.strip_prefix(&kind.to_be_bytes()).map(<[u8]>::to_vec).ok_or_else(|| foreign().into())
}

/// The body of the next authentication message.
fn authentication(wire: &mut Wire) -> Result<Vec<u8>, Error> {
    loop {
        let message = wire.next()?;
        match message.kind {
            b'R' => return Ok(message.body),
            // Which older version of the protocol it speaks: ours is the oldest.
            b'v' => {}
            _ => return Err(foreign().into()),
        }
    }
}
