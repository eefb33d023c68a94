//! Logins.

pub mod login;
pub mod md5;
pub mod scram;
