//! How long the certificate of a server still lasts.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::ClientConnection;

use super::certificate::Validity;

/// In seconds.
const DAY: i64 = 86_400;

thread_local! {
    static EARLIEST: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Notes when the first certificate expires that the peer of a session showed.
pub fn note(session: &ClientConnection) {
    let chain = session.peer_certificates().unwrap_or_default();
    let first = chain.iter().filter_map(Validity::of).map(|validity| validity.until).min();
    EARLIEST.set([EARLIEST.get(), first].into_iter().flatten().min());
}

/// When the first certificate expires, in seconds since 1970, of all that servers showed to this thread.
pub fn earliest_expiry() -> Option<i64> {
    EARLIEST.get()
}

/// What is left of the certificate that the peer of a session showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(i64);

impl Lifetime {
    /// None where the certificate does not say it, or not well.
    pub fn of(session: &ClientConnection) -> Option<Self> {
        let leaf = session.peer_certificates()?.first().and_then(Validity::of)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs().cast_signed());
        Some(Self(leaf.until - now))
    }

    /// `certificate expires in 12 days`.
    pub fn text(self) -> String {
        match self.0 {
            ..0 => format!("certificate expired {} days ago", -self.0 / DAY),
            left => format!("certificate expires in {} days", left / DAY),
        }
    }

    /// Whether less than so many days are left, begun ones not counted.
    pub fn is_below(self, days: u32) -> bool {
        self.0 < i64::from(days) * DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_days_count() {
        for (left, days, is_below, text) in [
            (10 * DAY, 10, false, "certificate expires in 10 days"),
            (10 * DAY - 1, 10, true, "certificate expires in 9 days"),
            (0, 0, false, "certificate expires in 0 days"),
            (-2 * DAY, 0, true, "certificate expired 2 days ago"),
        ] {
            assert_eq!((Lifetime(left).is_below(days), &*Lifetime(left).text()), (is_below, text), "{left}");
        }
    }
}
