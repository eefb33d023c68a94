//! Who is let in: what `Peers` decides, done. A connection that is refused is reset, so that nothing is left of it, and the
//! kernel drops what follows it.

use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::Instant;

use super::filter;
use super::metrics::Requests;
use super::peers::{Admission, Peers, Rules, SHUT_OUT};
use crate::scheme::format_duration;
use crate::serve::log;
use crate::sys::socket::reset_on_close;

/// The addresses that connected, and what the kernel was told of them.
pub struct Gate {
    peers: Peers,
    rules: Rules,
    /// Whether one was shut out of whom the kernel does not know.
    pub stale: bool,
}

impl Gate {
    /// Lets everyone in.
    pub fn new(now: Instant) -> Self {
        Self { peers: Peers::new(now), rules: Rules::default(), stale: false }
    }

    /// Whether a connection is to be served; one that is not resets as it closes.
    pub fn admits(
        &mut self,
        stream: &TcpStream,
        peer: IpAddr,
        requests: &mut Requests,
        now: Instant,
    ) -> bool {
        // Thousands can wait in the queue when an address is shut out, before the kubelet's: each may cost only accept and close.
        if self.peers.is_shut(peer, now) {
            return refuse(stream, requests);
        }
        // This host itself: the Pod, or the node of a Pod on its network, and the kernel takes no such packet from outside.
        if stream.local_addr().is_ok_and(|own| own.ip().to_canonical() == peer) {
            return true;
        }
        let admission = self.peers.admit(peer, now);
        match admission {
            Admission::Admitted => return true,
            Admission::Shut => return refuse(stream, requests),
            Admission::TooOften => warn("an address connects too often", &peer.to_string()),
            Admission::Crowded => warn("too many connections from addresses that are not the kubelet's", ""),
        }
        self.stale = true;
        refuse(stream, requests)
    }

    /// Notes that an address asked as the kubelet does.
    pub fn prove(&mut self, peer: IpAddr, now: Instant) {
        self.peers.prove(peer, now);
    }

    /// Tells the kernel of the rules if they are other ones. One that takes no filter lets all come here, to be refused.
    pub fn update(&mut self, listeners: &[TcpListener], now: Instant) {
        self.stale = false;
        let rules = self.peers.rules(now);
        if rules != self.rules {
            drop(filter::apply(&rules, listeners));
            self.rules = rules;
        }
    }

    /// When to update next, if no connection comes before.
    pub fn next_update(&self, now: Instant) -> Option<Instant> {
        self.peers.next_change(now)
    }
}

fn refuse(stream: &TcpStream, requests: &mut Requests) -> bool {
    requests.drop_connection("rate");
    reset_on_close(stream);
    false
}

fn warn(message: &str, peer: &str) {
    log::write("warn", &[("msg", message), ("peer", peer), ("dropped_for", &format_duration(SHUT_OUT))]);
}
