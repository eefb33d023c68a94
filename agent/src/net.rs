//! The network, as far as checks need it.

pub mod auth;
pub mod codec;
pub mod dns;
mod error;
pub mod http1;
pub mod http2;
pub mod io;
pub mod tds;
#[cfg(test)]
pub mod test_server;
pub mod tls;

pub use auth::login::Login;
pub use codec::quote::quote;
pub use error::{OwnLimit, ProtocolError, WORDS_IN_THE_CLEAR, has_gone};
pub use io::conversation::{Conversation, Failure, GracefulClose};
pub use io::deadline_stream::DeadlineStream;
pub use io::dial::{addresses, first_that_answers, names_lead_out};
pub use io::endpoint::{Endpoint, read_until};
pub use io::pod_address::{is_pod, pod_addresses};
pub use io::redaction::Redaction;
pub use io::socket::Socket;
pub use io::stream::Stream;
pub use tls::earliest_expiry;
