//! How passwords are proven without being sent.

use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// The plugins that a first answer can be made for.
pub const NATIVE: &str = "mysql_native_password";
pub const SHA2: &str = "caching_sha2_password";

/// `SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password)))`; nothing for an empty password.
pub fn native(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    scramble(password, |twice| hash(&SHA1_FOR_LEGACY_USE_ONLY, &[nonce, twice]), &SHA1_FOR_LEGACY_USE_ONLY)
}

/// `SHA256(password) XOR SHA256(SHA256(SHA256(password)), nonce)`; nothing for an empty password.
pub fn sha2(password: &[u8], nonce: &[u8]) -> Vec<u8> {
    scramble(password, |twice| hash(&SHA256, &[twice, nonce]), &SHA256)
}

fn scramble(password: &[u8], mask: impl Fn(&[u8]) -> Vec<u8>, algorithm: &'static Algorithm) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = hash(algorithm, &[password]);
    let mask = mask(&hash(algorithm, &[&once]));
    once.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}

fn hash(algorithm: &'static Algorithm, pieces: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(algorithm);
    pieces.iter().for_each(|piece| context.update(piece));
    context.finish().as_ref().to_vec()
}
