//! DNS as a client (RFC 1035): one question, one answer, by UDP or TCP.

mod exchange;
mod hosts;
mod message;
mod name;
pub mod resolve;
#[cfg(test)]
mod tests;

pub use exchange::{Answer, Transport, Way, ask, ask_it_and_of_itself};
pub use message::{Class, Query, Rcode, Reply, Type};
pub use name::Name;
