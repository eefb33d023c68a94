//! MD5, which protects nothing any more: an older login of PostgreSQL, and what MongoDB's SCRAM-SHA-1 begins with.

/// The digest of the pieces, one after the other, in 32 hexadecimal digits.
pub fn hex(pieces: &[&[u8]]) -> String {
    format!("{:x}", md5::compute(pieces.concat()))
}
