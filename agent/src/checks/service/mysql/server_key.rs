//! The RSA key of a server, by which it is told a password over a connection that anybody may read.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>

use crate::check::{Cause, Outcome};
use crate::net::auth::rsa::{EXPECTED, PublicKey};

/// What a client says to have the server's key, for each plugin.
pub const KEY_OF_SHA256: u8 = 0x01;
pub const KEY_OF_CACHING_SHA2: u8 = 0x02;

/// Where the key comes from.
#[derive(Clone, Debug)]
pub enum ServerKey {
    /// Only that server can read what is encrypted by it.
    Known(PublicKey),
    /// The peer says which, whoever it is.
    Asked,
    None,
}

impl ServerKey {
    /// The key of a file, if there is one.
    pub fn of(path: Option<&str>) -> Result<Self, Outcome> {
        Ok(path.map(PublicKey::from_file).transpose()?.map_or(Self::None, Self::Known))
    }

    /// This one, or that of the peer where there is none and it may be asked.
    pub fn or_asked(self, may_ask: bool) -> Self {
        match self {
            Self::None if may_ask => Self::Asked,
            key => key,
        }
    }
}

/// The key that a peer says, and that can be used.
pub fn said(pem: &[u8]) -> Result<PublicKey, Outcome> {
    PublicKey::from_pem(pem).ok_or_else(|| {
        Outcome::alive(Cause::Protocol, format!("the server's public key is not usable, {EXPECTED}"))
    })
}

/// The password for the one who has the private key, and for the connection of this nonce.
pub fn sealed(password: &[u8], nonce: &[u8], key: &PublicKey) -> Result<Vec<u8>, Outcome> {
    let masked = password.iter().chain(b"\0").zip(nonce.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    let message: Vec<u8> = masked.collect();
    // Without a nonce there would be nothing of the password in it.
    key.encrypt(&message).filter(|_| !nonce.is_empty()).ok_or_else(|| {
        Outcome::alive(Cause::Protocol, "the password is too long for the server's public key")
    })
}
