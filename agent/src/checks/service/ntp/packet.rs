//! The question and the answer (RFC 5905 §7.3), and the offset between the two clocks (§8).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// The header, without extension fields and authentication.
pub const LENGTH: usize = 48;

/// From 1900, in which NTP begins, to 1970.
const EPOCH: u64 = 2_208_988_800;

/// Version 4, of a client.
const CLIENT: u8 = 4 << 3 | 3;
const SERVER: u8 = 4;

/// What a server said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 3 for a clock that is not synchronised.
    pub leap: u8,
    pub stratum: u8,
    pub reference: [u8; 4],
    /// By how much the server's clock is ahead of ours.
    pub offset_us: i64,
}

impl Answer {
    /// The code of a kiss-o'-death (§7.4): the server does not serve this client now.
    pub fn kiss(&self) -> Option<&[u8]> {
        let is_code = self.stratum == 0 && self.reference.iter().all(u8::is_ascii_uppercase);
        is_code.then_some(&self.reference)
    }
}

/// A question that only its answer refers to.
pub struct Question {
    bytes: [u8; LENGTH],
    sent: u64,
}

impl Question {
    /// Asked now. In place of the time it has a number that nobody can guess, which the server sends back: who cannot read
    /// the question cannot answer it, and nobody learns of our clock.
    pub fn new() -> Self {
        // Seeded by the kernel: as hard to guess as a hash map's order.
        let nonce = RandomState::new().build_hasher().finish();
        Self::with(if cfg!(fuzzing) { 0 } else { nonce }, now())
    }

    pub fn with(nonce: u64, sent: u64) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[0] = CLIENT;
        bytes[40..].copy_from_slice(&nonce.to_be_bytes());
        Self { bytes, sent }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The answer in a datagram that came just now; none if it answers something else.
    pub fn read(&self, datagram: &[u8]) -> Option<Answer> {
        self.read_at(datagram, now())
    }

    pub fn read_at(&self, datagram: &[u8], arrived: u64) -> Option<Answer> {
        let header = datagram.first_chunk::<LENGTH>()?;
        if header[0] & 7 != SERVER || header[24..32] != self.bytes[40..] {
            return None;
        }
        let (received, sent) = (number(&header[32..40])?, number(&header[40..])?);
        Some(Answer {
            leap: header[0] >> 6,
            stratum: header[1],
            reference: *header[12..].first_chunk()?,
            offset_us: offset_us([self.sent, received, sent, arrived]),
        })
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// Of the four times: the question's departure and arrival, the answer's departure and arrival. Differences hold across
/// the end of an era, in 2036, as long as the clocks are within 68 years of each other.
fn offset_us([sent, received, answered, arrived]: [u64; 4]) -> i64 {
    let there = i128::from(received.wrapping_sub(sent).cast_signed());
    let back = i128::from(answered.wrapping_sub(arrived).cast_signed());
    let micros = ((there + back) / 2 * 1_000_000) >> 32;
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// The time in seconds since 1900, of which the last 32 bits are a fraction.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs().wrapping_add(EPOCH) << 32) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    const SECOND: u64 = 1 << 32;

    fn answer(nonce: u64, received: u64, sent: u64) -> Vec<u8> {
        let mut bytes = vec![0; LENGTH];
        bytes[..2].copy_from_slice(&[0b00_100_100, 2]);
        bytes[12..16].copy_from_slice(b"\x7f\0\0\x01");
        bytes[24..32].copy_from_slice(&nonce.to_be_bytes());
        bytes[32..40].copy_from_slice(&received.to_be_bytes());
        bytes[40..].copy_from_slice(&sent.to_be_bytes());
        bytes
    }

    #[test]
    fn the_offset_is_half_of_what_both_ways_say() {
        let t = 1 << 60;
        assert_eq!(offset_us([t, t + 5 * SECOND, t + 5 * SECOND, t]), 5_000_000);
        assert_eq!(offset_us([t + 3 * SECOND, t, t, t + 4 * SECOND]), -3_500_000);
        assert_eq!(offset_us([t, t + SECOND, t + SECOND, t + 2 * SECOND]), 0);
        // Into the next era.
        assert_eq!(offset_us([u64::MAX, SECOND - 1, SECOND - 1, u64::MAX]), 1_000_000);
        assert_eq!(offset_us([0, 1 << 63, 1 << 63, 0]), -(1_000_000 << 31));
    }

    #[test]
    fn an_answer_has_our_nonce_and_is_a_server_s() {
        let question = Question::with(7, SECOND);
        let good = answer(7, 2 * SECOND, 2 * SECOND);
        let expected = Answer { leap: 0, stratum: 2, reference: [127, 0, 0, 1], offset_us: 500_000 };
        assert_eq!(question.read_at(&good, 2 * SECOND), Some(expected));
        assert_eq!(question.read_at(&[&good[..], b"extension"].concat(), 2 * SECOND), Some(expected));
        assert_eq!(question.read_at(&good[..47], 0), None);
        assert_eq!(question.read_at(&answer(8, 0, 0), 0), None);
        assert_eq!(question.read_at(question.bytes(), 0), None);
        for mode in [0, 1, 2, 3, 5, 6, 7] {
            let mut other = good.clone();
            other[0] = 4 << 3 | mode;
            assert_eq!(question.read_at(&other, 0), None, "{mode}");
        }
    }

    #[test]
    fn each_question_has_a_nonce_of_its_own() {
        let (one, other) = (Question::new(), Question::new());
        assert_ne!(one.bytes()[40..], other.bytes()[40..]);
        assert_eq!(one.bytes()[..40], other.bytes()[..40]);
        assert_eq!(one.bytes()[0], 0x23);
    }

    #[test]
    fn no_answer_makes_it_panic() {
        let mut random = Random(42);
        let question = Question::with(7, 0);
        for _ in 0..10_000 {
            let _ = question.read_at(&random.damaged(&answer(7, 1 << 63, 5)), 1 << 62);
        }
    }
}
