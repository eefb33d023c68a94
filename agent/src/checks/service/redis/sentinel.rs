//! What a Sentinel knows of a master: whether it is down, and whether enough Sentinels are there to fail it over.
//!
//! <https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/>. Sentinel is the server of Redis in another mode:
//! the same protocol, login and errors. All that may be wrong is wrong with other servers, so the Sentinel is alive.

use std::io::{self, Read};

use super::errors::{judge, refused};
use super::reply::{Reply, read, strings};
use crate::check::{Cause, Outcome};
use crate::net::{ProtocolError, Redaction};
use crate::scheme::{CheckUrl, ParseError};

/// Refuses what a Sentinel has not.
pub fn fits(url: &CheckUrl) -> Result<(), ParseError> {
    let of_data = |name: &str| matches!(name, "cluster-state" | "max-lag" | "role");
    match url.options.iter().find(|(name, _)| of_data(name)) {
        Some((name, _)) if url.option("sentinel").is_some() => {
            Err(ParseError(format!("option {name} is given with sentinel, expected one of the two")))
        }
        _ => Ok(()),
    }
}

/// Reads the replies to `SENTINEL MASTER` and `SENTINEL CKQUORUM`, up to the first that is not as it should be.
pub fn hear(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
    name: &str,
    redaction: Redaction,
) -> io::Result<Outcome> {
    let head = read(stream, buffer)?;
    let fields = match strings(stream, buffer, head)? {
        Ok(fields) => fields,
        Err(Reply::Line(line)) if line == b"-ERR No such master with that name" => {
            return Ok(Outcome::alive(Cause::Unhealthy, format!("no master {name} is known")));
        }
        Err(other) => return Ok(refused("SENTINEL", &other, redaction)),
    };
    let state = match state(&fields) {
        Some(State::Down) => {
            let reason = format!("master {name} is down, as enough Sentinels say (o_down)");
            return Ok(Outcome::alive(Cause::Unhealthy, reason));
        }
        Some(State::Unseen) => "is out of this Sentinel's sight (s_down)",
        Some(State::Up) => "is up",
        None => {
            let error = ProtocolError::because("answer is not of Redis: SENTINEL MASTER without flags");
            return Ok(error.into());
        }
    };
    Ok(match read(stream, buffer)? {
        Reply::Line(line) if line.starts_with(b"+OK ") => {
            Outcome::pass(format!("PONG, master {name} {state}, the quorum can be reached"))
        }
        Reply::Line(line) if line.starts_with(b"-NOQUORUM ") => judge(&Reply::Line(line), redaction),
        other => refused("SENTINEL", &other, redaction),
    })
}

/// What a Sentinel thinks of a master.
enum State {
    Up,
    /// This Sentinel does not reach it, which may be its own fault.
    Unseen,
    /// So many Sentinels do not reach it as the quorum is.
    Down,
}

/// The state by the field `flags`, among fields that follow their names.
fn state(fields: &[Vec<u8>]) -> Option<State> {
    let flags =
        fields.chunks_exact(2).find(|pair| pair.first().is_some_and(|name| name == b"flags"))?.last()?;
    let has = |flag: &[u8]| flags.split(|&byte| byte == b',').any(|known| known == flag);
    Some(match (has(b"o_down"), has(b"s_down")) {
        (true, _) => State::Down,
        (_, true) => State::Unseen,
        _ => State::Up,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;
    use crate::net::test_server::Random;

    fn master(flags: &str) -> String {
        format!(
            "*6\r\n$4\r\nname\r\n$1\r\nm\r\n$5\r\nflags\r\n${}\r\n{flags}\r\n$6\r\nquorum\r\n$1\r\n2\r\n",
            flags.len()
        )
    }

    fn hears(replies: &[u8], redaction: Redaction) -> io::Result<Outcome> {
        hear(&mut &replies[..], &mut Vec::new(), "m", redaction)
    }

    #[test]
    fn a_master_that_is_down_or_a_quorum_that_is_gone_is_no_fault_of_the_sentinel() {
        use Cause::{Protocol, Unhealthy};
        const OK: &str = "+OK 3 usable Sentinels. Quorum and failover authorization can be reached";
        for (flags, quorum, outcome) in [
            ("master", OK, Outcome::pass("PONG, master m is up, the quorum can be reached")),
            (
                "s_down,master,disconnected",
                OK,
                Outcome::pass(
                    "PONG, master m is out of this Sentinel's sight (s_down), the quorum can be reached",
                ),
            ),
            (
                "s_down,o_down,master",
                OK,
                Outcome::alive(Unhealthy, "master m is down, as enough Sentinels say (o_down)"),
            ),
            ("master", "-NOQUORUM 1 usable", Outcome::alive(Unhealthy, "NOQUORUM 1 usable")),
            ("master", "-NOPERM no", Outcome::alive(Protocol, "NOPERM no")),
            ("master", "-ERR s3cret", Outcome::alive(Protocol, "SENTINEL is answered with ERR")),
        ] {
            let replies = format!("{}{quorum}\r\n", master(flags));
            assert_eq!(hears(replies.as_bytes(), Redaction::Full).unwrap(), outcome, "{flags} {quorum}");
        }
    }

    #[test]
    fn a_master_that_is_not_known_is_named() {
        let outcome = hears(b"-ERR No such master with that name\r\n", Redaction::Full).unwrap();
        assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, "no master m is known"));
        let outcome = hears(b"-ERR unknown command 'SENTINEL'\r\n", Redaction::None).unwrap();
        let reason = "SENTINEL is answered with ERR unknown command 'SENTINEL'";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    }

    #[test]
    fn no_reply_makes_it_panic_or_read_without_end() {
        for odd in
            ["*129\r\n", "*-1\r\n", "*99999999999999999999\r\n", "*0\r\n", "*1\r\n:1\r\n", "*1\r\n$-1\r\n"]
        {
            let outcome = hears(odd.as_bytes(), Redaction::Full).unwrap();
            assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{odd}");
        }
        let mut random = Random(26_379);
        let good = format!("{}+OK 3 usable\r\n", master("s_down,master"));
        for _ in 0..20_000 {
            let _ = hears(&random.damaged(good.as_bytes()), Redaction::None);
        }
    }
}
