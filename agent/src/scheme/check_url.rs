//! A parsed check.

use super::definition::{PathRule, Scheme};
use super::error::{ParseError, quoted};

/// One check as it was written, taken apart but not yet given meaning; the fields are those of `checks.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckUrl {
    /// The text as it was written.
    pub text: String,
    /// The name before `=`, or empty.
    pub name: String,
    pub scheme: String,
    /// A DNS name or an IP address without brackets; empty for loopback.
    pub host: String,
    pub port: Option<u16>,
    /// The path of a Unix socket, or empty.
    pub socket: String,
    /// A literal user, or `$NAME`.
    pub user: String,
    /// Empty or `$NAME`: a password is never written out.
    pub password: String,
    /// As written, percent-encoding kept, with its leading slash; or empty.
    pub path: String,
    /// Option names and decoded values, in the order in which they were written.
    pub options: Vec<(String, String)>,
    pub command: Vec<String>,
    /// The environment variables that the check reads.
    pub env: Vec<String>,
    /// The files that the check reads.
    pub files: Vec<String>,
}

impl CheckUrl {
    /// The value of an option, if it was given.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Notes an environment variable that the check reads.
    pub fn reads(&mut self, variable: &str) {
        if !self.env.iter().any(|known| known == variable) {
            self.env.push(variable.to_owned());
        }
    }

    /// Takes a path that the scheme allows.
    pub fn set_path(&mut self, path: &str, scheme: &Scheme) -> Result<(), ParseError> {
        match scheme.path {
            PathRule::None if !path.is_empty() => {
                Err(ParseError(format!("path is {}, expected none for {}", quoted(path), scheme.scheme)))
            }
            PathRule::Required if path.len() < 2 => {
                Err(ParseError(format!("path is missing, expected one for {}", scheme.scheme)))
            }
            _ => {
                path.clone_into(&mut self.path);
                Ok(())
            }
        }
    }
}
