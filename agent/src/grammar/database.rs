//! The path of a check as the name of a database.

use super::address::password_written_out;
use super::{Refusal, percent, quoted};

/// The name in the path, decoded, if there is one.
pub fn database(path: &str) -> Result<Option<String>, Refusal> {
    // What was meant as the end of a login.
    if path.contains('@') {
        return Err(password_written_out());
    }
    match percent::decode(path.strip_prefix('/').unwrap_or_default()) {
        Some(name) if !name.chars().any(char::is_control) => Ok(Some(name).filter(|name| !name.is_empty())),
        _ => Err(Refusal(format!("path is {}, expected the name of a database", quoted(path)))),
    }
}
