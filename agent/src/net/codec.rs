//! Forms in which bytes come and go, whatever the protocol.

pub mod base64;
pub mod ber;
pub mod json;
pub mod quote;
pub mod reader;
pub mod spki;
