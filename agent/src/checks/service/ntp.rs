//! NTP (RFC 5905): one question of a client, and what the answer says of the server's clock.
//!
//! Any answer proves that the server is alive: one that is not synchronised, or sends a kiss-o'-death to a client that asks
//! too often, would not be mended by a restart.

mod packet;

use std::io::Result;
use std::net::SocketAddr;
use std::time::Duration;

use self::packet::{Answer, Question};
use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::io::datagram;
use crate::net::{addresses, first_that_answers, quote};
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, Target, format_duration, parse_duration};

pub const SCHEME: Scheme = Scheme {
    scheme: "ntp",
    summary: "A synchronised NTP server answers; one that is not, a kiss-o'-death and a clock that is too far off are alive but not ready",
    target: Target::Address { port: Some(123) },
    connects: false,
    options: &[
        ("max-offset", OptionType::Duration),
        (
            "max-stratum",
            OptionType::Choice(&[
                "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
            ]),
        ),
    ],
    ..Scheme::BARE
};

/// A server counts a client that asks twice in less than this as abusive (MINPOLL of RFC 5905), so that what got lost is
/// left to the next run.
const PATIENCE: Duration = Duration::from_secs(16);

/// A server at this stratum, or at 0, has no time to give.
const UNSYNCHRONISED: u8 = 16;

/// A check of one time server.
pub struct Ntp {
    host: String,
    port: u16,
    max_offset: Option<Duration>,
    max_stratum: u8,
}

impl Ntp {
    pub fn from_url(url: &CheckUrl) -> std::result::Result<Self, ParseError> {
        let stratum = url.option("max-stratum").and_then(|text| text.parse().ok());
        Ok(Self {
            host: url.host.clone(),
            port: url.port.unwrap_or(123),
            max_offset: url.option("max-offset").and_then(parse_duration),
            max_stratum: stratum.unwrap_or(UNSYNCHRONISED - 1),
        })
    }

    fn judge(&self, answer: &Answer) -> Outcome {
        let alive = |reason: String| Outcome::alive(Cause::Unhealthy, reason);
        let Answer { leap, stratum, offset_us, .. } = *answer;
        let offset = milliseconds(offset_us);
        if let Some(kiss) = answer.kiss() {
            return alive(format!("kiss-o'-death {}", quote(kiss)));
        }
        if leap == 3 {
            return alive("not synchronised: leap 3".into());
        }
        if stratum == 0 || stratum >= UNSYNCHRONISED {
            return alive(format!("not synchronised: stratum {stratum}"));
        }
        if stratum > self.max_stratum {
            return alive(format!("stratum {stratum}, expected at most {}", self.max_stratum));
        }
        match self.max_offset {
            Some(most) if u128::from(offset_us.unsigned_abs()) > most.as_micros() => {
                alive(format!("offset {offset}, expected at most {}", format_duration(most)))
            }
            _ => Outcome::pass(format!("stratum {stratum}, offset {offset}")),
        }
    }
}

fn ask(server: SocketAddr, deadline: Deadline) -> Result<Answer> {
    let question = Question::new();
    datagram::ask(server, &[question.bytes()], PATIENCE, deadline, |datagram| Ok(question.read(datagram)))
}

fn milliseconds(offset_us: i64) -> String {
    let (sign, size) = (if offset_us < 0 { '-' } else { '+' }, offset_us.unsigned_abs());
    format!("{sign}{}.{:03} ms", size / 1_000, size % 1_000)
}

impl Check for Ntp {
    /// Pass on the answer of a synchronised server that is near enough.
    fn run(&self, deadline: Deadline) -> Outcome {
        let answer = addresses(&self.host, deadline).and_then(|servers| {
            first_that_answers(&servers, |server| ask(SocketAddr::new(server, self.port), deadline))
        });
        answer.map_or_else(|outcome| outcome, |answer| self.judge(&answer))
    }
}

#[cfg(test)]
mod tests;
