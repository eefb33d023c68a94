//! DNS as a client (RFC 1035): one question, one answer, by UDP or TCP.

mod exchange;
mod hosts;
mod message;
mod name;
pub mod resolve;
#[cfg(test)]
mod tests;

pub use exchange::{Transport, ask};
pub use message::{Query, Rcode, Reply, Type};
pub use name::Name;
