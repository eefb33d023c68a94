//! Questions to a server that let us in, by the Simple Query protocol, which answers in text.

use std::time::Duration;

use super::message::{Error, Phase, Wire, foreign, message};
use super::verdict;
use crate::check::{Cause, Outcome};
use crate::checks::replication::Replication;
use crate::net::codec::reader::Reader;
use crate::net::{Failure, quote};
use crate::scheme::format_duration;

const RECOVERY: &str = "SELECT pg_is_in_recovery()";

/// Milliseconds. A replica that has replayed all that it received lags by nothing, however long ago that was; one that
/// has not lags since the last transaction that it replayed.
const LAG: &str = "SELECT pg_is_in_recovery(), CASE WHEN NOT pg_is_in_recovery() \
    OR pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0 ELSE \
    ceil(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END";

/// One row as texts, none for NULL.
type Row = Vec<Option<Vec<u8>>>;

/// Whether the server is what it should be and has replayed what it should have, in words.
pub fn replication(wire: &mut Wire, wanted: Replication) -> Result<String, Failure> {
    let row = only_row(wire, if wanted.max_lag.is_some() { LAG } else { RECOVERY })?;
    let is_replica = match row.first() {
        Some(Some(text)) if text == b"t" => true,
        Some(Some(text)) if text == b"f" => false,
        _ => return Err(foreign().into()),
    };
    let role = wanted.role(is_replica)?;
    let Some(max_lag) = wanted.max_lag.filter(|_| is_replica) else { return Ok(format!("is a {role}")) };
    let Some(text) = row.get(1).ok_or_else(foreign)? else {
        return Err(Outcome::alive(Cause::Unhealthy, "replica has replayed no transaction yet").into());
    };
    let lag = std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok()).ok_or_else(foreign)?;
    // The clock of the primary may be ahead of ours.
    let lag = Duration::from_millis(u64::try_from(lag).unwrap_or_default());
    let shown = format!("replica is {} behind", format_duration(lag));
    if lag > max_lag {
        let expected = format_duration(max_lag);
        return Err(Outcome::alive(Cause::Unhealthy, format!("{shown}, expected at most {expected}")).into());
    }
    Ok(shown)
}

/// Asks the user's query, and compares the first column of its one row, in words.
pub fn answer(wire: &mut Wire, text: &str, expect: Option<&str>) -> Result<String, Failure> {
    // A check that gives up leaves its session behind, which would wait on: behind a lock one more each period, until
    // the server is full. LOCAL, since the sessions of a pooler are shared. And before our own deadline, since a server
    // that can say that it gave up is alive.
    let milliseconds =
        wire.conversation.deadline().remaining().map_or(1, |left| (left.as_millis() * 9 / 10).max(1));
    let row = only_row(wire, &format!("SET LOCAL statement_timeout = {milliseconds}; {text}"))?;
    let Some(expected) = expect else { return Ok("query gave a row".into()) };
    let received = match row.first() {
        Some(Some(text)) if text == expected.as_bytes() => return Ok("query gave what it should".into()),
        Some(Some(text)) => wire.conversation.redaction().value(text),
        Some(None) => "NULL".into(),
        None => "no column".into(),
    };
    Err(Outcome::alive(
        Cause::Unhealthy,
        format!("query gave {received}, expected {:?}", quote(expected.as_bytes())),
    )
    .into())
}

fn only_row(wire: &mut Wire, text: &str) -> Result<Row, Failure> {
    rows(wire, text).map_err(|stop| match stop {
        Error::Server(error) => verdict::of_query(&error).into(),
        Error::Failure(failure) => failure,
    })
}

/// Reads up to where the server is ready again.
fn rows(wire: &mut Wire, text: &str) -> Result<Row, Error> {
    let unlike = |reason: &str| Error::from(Outcome::alive(Cause::Unhealthy, reason));
    wire.send(&message(b'Q', &[text.as_bytes(), b"\0"].concat()))?;
    wire.phase = Phase::Query;
    let mut only = None;
    loop {
        let message = wire.next()?;
        match (message.kind, message.body.as_slice()) {
            (b'D', body) => {
                let row = row(body).ok_or_else(foreign)?;
                if only.replace(row).is_some() {
                    return Err(unlike("query gave more than one row, expected one"));
                }
            }
            (b'T', [_, _, ..]) | (b'I', []) | (b'S' | b'A' | b'C', [.., 0]) => {}
            (b'Z', b"I" | b"T" | b"E") => {
                return only.ok_or_else(|| unlike("query gave no row, expected one"));
            }
            (b'G' | b'H' | b'W', _) => {
                return Err(Outcome::alive(
                    Cause::Protocol,
                    "query copies data, expected one that gives a row",
                )
                .into());
            }
            _ => return Err(foreign().into()),
        }
    }
}

/// The columns of a DataRow: their number, then each with its length, -1 for NULL.
pub fn row(body: &[u8]) -> Option<Row> {
    let mut rest = Reader::new(body);
    let mut row = Vec::new();
    for _ in 0..rest.be(2)? {
        let length = i32::from_be_bytes(rest.array()?);
        let text = rest.take(usize::try_from(length).unwrap_or_default())?;
        row.push((length >= 0).then(|| text.to_vec()));
    }
    rest.is_empty().then_some(row)
}
