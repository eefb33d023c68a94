//! The header by which a request of HTTP says whose it is: Basic (RFC 7617) or Bearer (RFC 6750).

use super::login::Login;
use super::source::Source;
use crate::check::Outcome;
use crate::net::codec::base64;
use crate::scheme::CheckUrl;

/// A login, or a token, or neither.
pub struct Authorization {
    login: Login,
    token: Option<Source>,
}

impl Authorization {
    pub fn from_url(url: &CheckUrl) -> Self {
        Self { login: Login::from_url(url), token: Source::of_option(url, "token") }
    }

    /// What it is, as a message names it.
    pub fn name(&self) -> &'static str {
        if self.token.is_some() { "the token" } else { "the password" }
    }

    /// The value of the header as it is now; none without a login and a token, of which an empty one is none.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Outcome> {
        if let Some(token) = &self.token {
            let token = token.read()?;
            return Ok((!token.is_empty()).then(|| [b"Bearer ", &token[..]].concat()));
        }
        match (self.login.user()?, self.login.password()?) {
            (None, None) => Ok(None),
            (user, password) => Ok(Some(basic(&user.unwrap_or_default(), &password.unwrap_or_default()))),
        }
    }
}

/// The value of the header for a user and a password.
pub fn basic(user: &[u8], password: &[u8]) -> Vec<u8> {
    let login = [user, b":", password].concat();
    [b"Basic ", base64::encode(&login).as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::check;

    #[test]
    fn a_login_is_basic_and_a_token_is_bearer() {
        let mut url = check("http", 1, &[]);
        assert_eq!(Authorization::from_url(&url).read(), Ok(None));
        (url.user, url.password) = ("Aladdin".into(), "open sesame".into());
        let basic = b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_vec();
        assert_eq!(Authorization::from_url(&url).read(), Ok(Some(basic)));
        let url = check("http", 1, &[("token", "$CARGO_PKG_NAME")]);
        assert_eq!(Authorization::from_url(&url).read(), Ok(Some(b"Bearer health-probe".to_vec())));
        let url = check("http", 1, &[("token-file", "/dev/null")]);
        assert_eq!(Authorization::from_url(&url).read(), Ok(None));
    }
}
