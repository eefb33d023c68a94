//! Credentials, read when they are needed and from nowhere that a process list, an event or a log shows.

use super::source::Source;
use crate::check::Outcome;
use crate::scheme::CheckUrl;

/// Where the user and the password of a check come from.
pub struct Login {
    user: Source,
    password: Option<Source>,
    /// Whether the password may be said as it is to any peer.
    pub allows_cleartext: bool,
}

impl Login {
    /// The login of a check; nothing is read yet.
    pub fn from_url(url: &CheckUrl) -> Self {
        let password = match url.password.as_str() {
            "" => url.option("password-file").map(|path| Source::File(path.to_owned())),
            text => Some(Source::Text(text.to_owned())),
        };
        let allows_cleartext = url.option("allow-cleartext").is_some();
        Self { user: Source::Text(url.user.clone()), password, allows_cleartext }
    }

    /// The user, if one was given; its `$NAME` is looked up, and an empty one is none.
    pub fn user(&self) -> Result<Option<Vec<u8>>, Outcome> {
        Ok(Some(self.user.read()?).filter(|user| !user.is_empty()))
    }

    /// The password, if one was given. An empty one is none: so an
    /// installation without a password has it, as the key of its Secret.
    pub fn password(&self) -> Result<Option<Vec<u8>>, Outcome> {
        let password = self.password.as_ref().map(Source::read).transpose()?;
        Ok(password.filter(|secret| !secret.is_empty()))
    }
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
