//! The path of a check as a name of the server's own: a database, a virtual host.

use super::address::password_written_out;
use super::{ParseError, percent, quoted};

/// The name in the path, decoded, if there is one, of at most so many bytes; `what` ends the sentence of an error.
pub fn path_name(path: &str, longest: usize, what: &str) -> Result<Option<String>, ParseError> {
    // What was meant as the end of a login.
    if path.contains('@') {
        return Err(password_written_out());
    }
    match percent::decode(path.strip_prefix('/').unwrap_or_default()) {
        Some(name) if name.len() <= longest && !name.chars().any(char::is_control) => {
            Ok(Some(name).filter(|name| !name.is_empty()))
        }
        _ => Err(ParseError(format!("path is {}, expected the name of a {what}", quoted(path)))),
    }
}

/// As `path_name`, for a database.
pub fn database(path: &str) -> Result<Option<String>, ParseError> {
    path_name(path, usize::MAX, "database")
}
