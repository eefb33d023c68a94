//! To whom a password is said as it is: the one place that decides this, for every protocol (docs/decisions/0028).

use super::login::Login;
use crate::check::{Cause, Outcome};
use crate::net::io::conversation::Conversation;
use crate::net::io::endpoint::{Endpoint, Peer};

/// Why a password would be said as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// The protocol has no other login, as the author of the check knew.
    OnlyLogin,
    /// The server asks for it, where it could ask for a proof: what asks may be no server at all.
    Asked,
}

/// A user and a password, as far as there are any.
type Pair = (Option<Vec<u8>>, Option<Vec<u8>>);

impl Login {
    /// The login of a protocol that knows none but in clear text. Where the peer is not to hear it, the check goes on without
    /// a login, since what the peer then says still tells whether it is alive, and comes to no more than alive.
    pub fn in_clear(&self, conversation: &Conversation) -> Result<Pair, Outcome> {
        let (user, password) = (self.user()?, self.password()?);
        match password.is_none() || hears(conversation, "the password", self.allows_cleartext) {
            true => Ok((user, password)),
            false => Ok((None, None)),
        }
    }

    /// An outcome where a peer that asks for the password as it is does not get it.
    pub fn tell(&self, endpoint: &Endpoint) -> Result<(), Outcome> {
        match tells(endpoint.peer(), Need::Asked, self.allows_cleartext) {
            true => Ok(()),
            false => Err(withheld("asks for the password in clear text, and is not verified")),
        }
    }
}

/// Whether the peer hears a secret in a protocol that knows none but in clear text. Where it is not to, the check goes on
/// without the secret, and comes to no more than alive.
pub fn hears(conversation: &Conversation, secret: &str, is_allowed: bool) -> bool {
    let hears = tells(conversation.endpoint().peer(), Need::OnlyLogin, is_allowed);
    if !hears {
        let reason = format!("{secret} was not sent, since the peer is not verified");
        conversation.pass_at_most(withheld(&reason));
    }
    hears
}

fn withheld(reason: &str) -> Outcome {
    Outcome::alive(Cause::Protocol, format!("{reason}: expected tls with ca, or allow-cleartext"))
}

fn tells(peer: Peer, need: Need, allowed: bool) -> bool {
    match peer {
        Peer::Verified | Peer::Socket => true,
        // Only the Pod itself listens on its loopback. That is no proof: the application may be away.
        Peer::Loopback => allowed || need == Need::OnlyLogin,
        Peer::Unverified => allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_told_by_who_hears_it_and_why() {
        use Peer::{Loopback, Socket, Unverified, Verified};
        for (peer, only, asked) in [
            (Verified, true, true),
            (Socket, true, true),
            (Loopback, true, false),
            (Unverified, false, false),
        ] {
            assert_eq!(tells(peer, Need::OnlyLogin, false), only, "{peer:?}");
            assert_eq!(tells(peer, Need::Asked, false), asked, "{peer:?}");
            assert!(tells(peer, Need::OnlyLogin, true) && tells(peer, Need::Asked, true), "{peer:?}");
        }
    }
}
