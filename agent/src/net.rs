//! Connections: to an address, within one deadline, in the clear or over TLS.

pub mod codec;
mod conversation;
mod dial;
pub mod dns;
mod endpoint;
mod error;
pub mod files;
mod hosts;
pub mod http1;
pub mod http2;
mod login;
pub mod md5;
mod quote;
mod resolve;
pub mod scram;
#[cfg(any(test, fuzzing))]
pub mod scripted;
mod socket;
mod stream;
#[cfg(test)]
pub mod test_server;
mod timed;
pub mod tls;

pub use conversation::{Conversation, Failure, Redaction};
pub use dial::{addresses, first_that_answers};
pub use endpoint::{Endpoint, read_until};
pub use error::{NO_TLS, ProtocolError, has_gone};
pub use login::Login;
pub use quote::quote;
pub use socket::Socket;
pub use stream::Stream;
pub use timed::Timed;
