//! Credentials, read when they are needed and from nowhere that a process list, an event or a log shows.

use std::env::var_os;
use std::os::unix::ffi::OsStringExt;

use crate::check::{Cause, Outcome};
use crate::net::io::files;
use crate::scheme::CheckUrl;

const PASSWORD_LIMIT: u64 = 4096;

/// Where the user and the password of a check come from.
pub struct Login {
    user: String,
    password: String,
    file: Option<String>,
    /// Whether the password may be said as it is to any peer.
    pub allows_cleartext: bool,
}

impl Login {
    /// The login of a check; nothing is read yet.
    pub fn from_url(url: &CheckUrl) -> Self {
        let file = url.option("password-file").map(str::to_owned);
        let allows_cleartext = url.option("allow-cleartext").is_some();
        Self { user: url.user.clone(), password: url.password.clone(), file, allows_cleartext }
    }

    /// The user, if one was given; its `$NAME` is looked up, and an empty one is none.
    pub fn user(&self) -> Result<Option<Vec<u8>>, Outcome> {
        if self.user.is_empty() {
            return Ok(None);
        }
        Ok(Some(value(&self.user)?).filter(|user| !user.is_empty()))
    }

    /// The password, if one was given, without the line end that editors put behind it. An empty one is none: so an
    /// installation without a password has it, as the key of its Secret.
    pub fn password(&self) -> Result<Option<Vec<u8>>, Outcome> {
        Ok(self.secret()?.filter(|secret| !secret.is_empty()))
    }

    fn secret(&self) -> Result<Option<Vec<u8>>, Outcome> {
        if !self.password.is_empty() {
            return value(&self.password).map(Some);
        }
        let Some(path) = &self.file else { return Ok(None) };
        let mut password = files::read(path, PASSWORD_LIMIT)?;
        while let [.., b'\n' | b'\r'] = password[..] {
            password.pop();
        }
        Ok(Some(password))
    }
}

fn value(text: &str) -> Result<Vec<u8>, Outcome> {
    let Some(name) = text.strip_prefix('$') else { return Ok(text.as_bytes().to_vec()) };
    var_os(name)
        .map(OsStringExt::into_vec)
        // The check cannot be made, which says nothing of the program: no reason to restart it.
        .ok_or_else(|| Outcome::alive(Cause::Protocol, format!("environment variable {name} is not set")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::check;

    #[test]
    fn an_empty_secret_is_none() {
        let path = std::env::temp_dir().join(format!("health-probe-empty-{}", std::process::id()));
        for (text, expected) in [("", None), ("\n", None), ("horse\n", Some(b"horse".to_vec()))] {
            std::fs::write(&path, text).unwrap();
            let url = check("redis", 1, &[("password-file", path.to_str().unwrap())]);
            assert_eq!(Login::from_url(&url).password(), Ok(expected), "{text:?}");
        }
        std::fs::remove_file(path).unwrap();
        let mut url = check("redis", 1, &[]);
        url.password = "$HEALTH_PROBE_NO_SUCH".into();
        assert!(Login::from_url(&url).password().is_err());
    }
}
