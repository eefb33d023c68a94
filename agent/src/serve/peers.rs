//! How often which address may connect. Pure: the time is always an argument.
//!
//! The agent cannot know the address of the kubelet: networks use that of the node, of its bridge or of a proxy. It knows
//! an address by what it does. One that has asked as the kubelet asks, seldom enough, has *proven* itself.

use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Of one address: what the kubelet asks for a Pod with some ten containers comes nowhere near it.
const OF_ONE: Rate = Rate { interval: Duration::from_millis(20), burst: 100 };

/// Of all addresses together that have not proven themselves.
const OF_ALL: Rate = Rate { interval: Duration::from_millis(5), burst: 400 };

/// For how long an address that connects too often is shut out.
pub const SHUT_OUT: Duration = Duration::from_secs(30);

/// An address that has not asked as the kubelet for so long has to prove itself anew.
const PROOF_LASTS: Duration = Duration::from_secs(600);

const MOST_KNOWN: usize = 32;
const MOST_PROVEN: usize = 8;

/// Every rule is a part of a program that the kernel runs over each packet.
const MOST_RULES: usize = 16;

/// Sustained, one in each interval; at once, so many.
struct Rate {
    interval: Duration,
    burst: u32,
}

/// A token bucket, as the time at which it is full again.
struct Bucket(Instant);

/// What is known of the addresses that connected last.
pub struct Peers {
    known: Vec<Peer>,
    all: Bucket,
    crowded_until: Option<Instant>,
}

struct Peer {
    address: IpAddr,
    bucket: Bucket,
    seen: Instant,
    /// When it last asked as the kubelet does.
    proven: Option<Instant>,
    shut_until: Option<Instant>,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// The address is shut out already.
    Shut,
    /// The address has just been shut out.
    TooOften,
    /// All that have not proven themselves have just been shut out.
    Crowded,
}

/// Whom the kernel is to keep out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub shut: Vec<IpAddr>,
    /// While there are any, all others are kept out.
    pub only: Vec<IpAddr>,
}

impl Peers {
    pub fn new(now: Instant) -> Self {
        Self { known: Vec::new(), all: Bucket(now), crowded_until: None }
    }

    /// Whether an address is shut out.
    pub fn is_shut(&self, address: IpAddr, now: Instant) -> bool {
        self.known.iter().any(|peer| peer.address == address && peer.is_shut(now))
    }

    /// Counts a connection of an address, and says whether it is served.
    pub fn admit(&mut self, address: IpAddr, now: Instant) -> Admission {
        let proven = self.known.iter().filter(|peer| peer.is_proven(now)).count();
        let crowded = self.crowded_until.is_some_and(|until| now < until);
        let trusted = match self.peer(address, now) {
            Some(peer) if peer.is_shut(now) => return Admission::Shut,
            Some(peer) => {
                let (is_proven, within) = (peer.is_proven(now), peer.bucket.take(&OF_ONE, now));
                peer.seen = now;
                // The only one that asks as the kubelet does is where the kubelet is, beside others (NAT, a proxy).
                let is_spared = is_proven && proven == 1;
                if !within && !is_spared {
                    peer.shut_out(now);
                    return Admission::TooOften;
                }
                is_proven
            }
            None => false,
        };
        // Before one has proven itself, it could be the kubelet that is kept out.
        if trusted || proven == 0 {
            return Admission::Admitted;
        }
        if crowded {
            return Admission::Shut;
        }
        if self.all.take(&OF_ALL, now) {
            return Admission::Admitted;
        }
        self.crowded_until = Some(now + SHUT_OUT);
        Admission::Crowded
    }

    /// Notes that an address asked as the kubelet does. Those that proved themselves first keep their places.
    pub fn prove(&mut self, address: IpAddr, now: Instant) {
        let proven = self.known.iter().filter(|peer| peer.is_proven(now)).count();
        if let Some(peer) = self.known.iter_mut().find(|peer| peer.address == address)
            && (proven < MOST_PROVEN || peer.is_proven(now))
            && !peer.is_shut(now)
        {
            peer.proven = Some(now);
        }
    }

    /// Whom the kernel is to keep out from now on.
    pub fn rules(&self, now: Instant) -> Rules {
        let of = |kept: fn(&Peer, Instant) -> bool| {
            let kept = self.known.iter().filter(move |peer| kept(peer, now));
            kept.map(|peer| peer.address).take(MOST_RULES).collect()
        };
        let crowded = self.crowded_until.is_some_and(|until| now < until);
        Rules { shut: of(Peer::is_shut), only: if crowded { of(Peer::is_proven) } else { Vec::new() } }
    }

    /// When the rules change without a connection.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let ends = self.known.iter().filter_map(|peer| peer.shut_until).chain(self.crowded_until);
        ends.filter(|&end| end > now).min()
    }

    /// What is known of an address; none where all places are taken by those that have to be remembered.
    fn peer(&mut self, address: IpAddr, now: Instant) -> Option<&mut Peer> {
        if let Some(index) = self.known.iter().position(|peer| peer.address == address) {
            return self.known.get_mut(index);
        }
        if self.known.len() == MOST_KNOWN {
            let may_go = |peer: &&(usize, &Peer)| !peer.1.is_shut(now) && !peer.1.is_proven(now);
            let oldest = self.known.iter().enumerate().collect::<Vec<_>>();
            let (index, _) = *oldest.iter().filter(may_go).min_by_key(|(_, peer)| peer.seen)?;
            self.known.swap_remove(index);
        }
        self.known.push(Peer { address, bucket: Bucket(now), seen: now, proven: None, shut_until: None });
        self.known.last_mut()
    }
}

impl Peer {
    fn is_proven(&self, now: Instant) -> bool {
        self.proven.is_some_and(|at| now.saturating_duration_since(at) < PROOF_LASTS)
    }

    fn is_shut(&self, now: Instant) -> bool {
        self.shut_until.is_some_and(|until| now < until)
    }

    /// Its bucket is empty when it comes back, so that one that goes on is shut out again at once.
    fn shut_out(&mut self, now: Instant) {
        let until = now + SHUT_OUT;
        self.bucket = Bucket(until + OF_ONE.interval * OF_ONE.burst);
        (self.shut_until, self.proven) = (Some(until), None);
    }
}

impl Bucket {
    fn take(&mut self, rate: &Rate, now: Instant) -> bool {
        let full = self.0.max(now) + rate.interval;
        let fits = full.saturating_duration_since(now) <= rate.interval * rate.burst;
        if fits {
            self.0 = full;
        }
        fits
    }
}

#[cfg(test)]
mod tests;
