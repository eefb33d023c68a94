//! Where a value comes from that the check names and does not hold.

use std::env::var_os;
use std::os::unix::ffi::OsStringExt;

use crate::check::{Cause, Outcome};
use crate::net::io::files;
use crate::scheme::CheckUrl;

/// Credentials of NATS hold a JWT that lists all that its user may do.
pub const FILE_LIMIT: u64 = 16 * 1024;

/// A text, or `$NAME` of an environment variable; or a file. Nothing is read before it is needed, and each time anew, since
/// files are rotated.
pub enum Source {
    Text(String),
    File(String),
}

impl Source {
    /// Where the option of this name, or its twin that ends in `-file`, says that the value is.
    pub fn of_option(url: &CheckUrl, name: &str) -> Option<Self> {
        let text = url.option(name).map(|text| Self::Text(text.to_owned()));
        text.or_else(|| Some(Self::File(url.option(&format!("{name}-file"))?.to_owned())))
    }

    /// The value; of a file without the line end that editors put behind it.
    pub fn read(&self) -> Result<Vec<u8>, Outcome> {
        match self {
            Self::Text(text) => value(text),
            Self::File(path) => {
                let mut bytes = files::read(path, FILE_LIMIT)?;
                while let [.., b'\n' | b'\r'] = bytes[..] {
                    bytes.pop();
                }
                Ok(bytes)
            }
        }
    }

    /// Whether the check does not hold the value, so that it is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::File(_)) || matches!(self, Self::Text(text) if text.starts_with('$'))
    }
}

fn value(text: &str) -> Result<Vec<u8>, Outcome> {
    let Some(name) = text.strip_prefix('$') else { return Ok(text.as_bytes().to_vec()) };
    var_os(name)
        .map(OsStringExt::into_vec)
        // The check cannot be made, which says nothing of the program: no reason to restart it.
        .ok_or_else(|| Outcome::alive(Cause::Protocol, format!("environment variable {name} is not set")))
}
