//! `tcp://`: a connection is accepted, over TCP or on a Unix socket.

use crate::check::{Check, Deadline, Outcome};
use crate::net::{Conversation, Endpoint};
use crate::scheme::{CheckUrl, ParseError, PathRule, Scheme, Target};

pub const SCHEME: Scheme = Scheme {
    scheme: "tcp",
    summary: "A connection is accepted",
    target: Target::Address { port: None },
    path: PathRule::Socket,
    ..Scheme::BARE
};

/// Connects and closes: the kernel accepts for the program, so this proves a listener, not a program that answers.
pub struct Tcp {
    endpoint: Endpoint,
}

impl Tcp {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { endpoint: Endpoint::from_url(url)? })
    }
}

impl Check for Tcp {
    fn run(&self, deadline: Deadline) -> Outcome {
        Conversation::hold(&self.endpoint, deadline, |conversation| {
            drop(conversation.open(0)?);
            Ok(Outcome::pass("connected"))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::check::{Cause, Verdict};

    fn run(port: u16) -> Outcome {
        let check = CheckUrl { host: "127.0.0.1".into(), port: Some(port), ..CheckUrl::default() };
        Tcp::from_url(&check).unwrap().run(Deadline::after(Duration::from_secs(2)))
    }

    #[test]
    fn a_listener_passes_and_its_absence_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(run(port).verdict, Verdict::Pass);
        drop(listener);
        assert_eq!(run(port).cause, Some(Cause::Connect));
    }
}
