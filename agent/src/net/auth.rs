//! Logins.

pub mod authorization;
pub mod clear_text;
pub mod login;
pub mod rsa;
pub mod scram;
pub mod source;

/// The MD5 digest of the pieces, one after the other, in 32 hexadecimal digits. It protects nothing any more: an older login
/// of PostgreSQL has it, and what MongoDB's SCRAM-SHA-1 begins with.
pub fn md5_hex(pieces: &[&[u8]]) -> String {
    format!("{:x}", md5::compute(pieces.concat()))
}
