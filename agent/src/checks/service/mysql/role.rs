//! Whether a server is the primary or a replica, and how far a replica is behind.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html>, <https://mariadb.com/kb/en/show-replica-status/>

use std::io::{Read, Write};
use std::time::Duration;

use super::error::Error;
use super::session::Session;
use super::table::Table;
use crate::check::{Cause, Outcome};
use crate::checks::replication::Replication;
use crate::net::{Failure, quote};
use crate::scheme::format_duration;

/// MariaDB tells of all its connections only by the first, MySQL knows the third until 8.3 and the second since 8.0.22.
const STATEMENTS: [&str; 3] = ["SHOW ALL SLAVES STATUS", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"];

const SYNTAX: u16 = 1064;

/// The user has neither `REPLICATION CLIENT` nor, in MariaDB, `SLAVE MONITOR`.
const NOT_ALLOWED: u16 = 1227;

/// What the server is, if it is as wanted.
pub fn ask<S: Read + Write>(
    wanted: Replication,
    session: &mut Session<'_, S>,
    mariadb: bool,
) -> Result<String, Failure> {
    // Who may not see the state of replication is counted each time that it asks, so that comes last.
    let read_only = wanted.replica.is_some() && read_only(session)?;
    let status = match (wanted.replica, wanted.max_lag) {
        (None, None) => return Ok(String::new()),
        (Some(_), None) if read_only => None,
        _ => Some(status(session, mariadb)?),
    };
    let mut shown = String::new();
    if wanted.replica.is_some() {
        let rows = matches!(&status, Some(Ok(table)) if table.rows() > 0);
        shown = format!(", {}", wanted.role(read_only || rows)?);
    }
    if let (Some(most), Some(status)) = (wanted.max_lag, status) {
        let table = status.map_err(|error| session.judge(&error))?;
        shown.push_str(&lag(wanted, &table, most)?);
    }
    Ok(shown)
}

/// How far a replica is behind its sources; a server that replicates from none is not behind.
fn lag(wanted: Replication, table: &Table, most: Duration) -> Result<String, Failure> {
    if table.rows() == 0 {
        return match wanted.replica {
            Some(true) => {
                Err(Outcome::alive(Cause::Unhealthy, "is read-only, but replicates from no source").into())
            }
            _ => Ok(String::new()),
        };
    }
    let mut behind = 0;
    for row in 0..table.rows() {
        let seconds = table.named(row, &["Seconds_Behind_Source", "Seconds_Behind_Master"]);
        let seconds = seconds.ok_or_else(|| Outcome::alive(Cause::Protocol, "the server tells no lag"))?;
        let seconds = seconds.and_then(|text| str::from_utf8(text).ok()?.parse::<u64>().ok());
        match (seconds, stopped(table, row)) {
            (Some(seconds), None) => behind = behind.max(seconds),
            (_, stopped) => return Err(stopped.unwrap_or_else(unknown).into()),
        }
    }
    if Duration::from_secs(behind) > most {
        let reason = format!("is {behind}s behind, expected at most {}", format_duration(most));
        return Err(Outcome::alive(Cause::Unhealthy, reason).into());
    }
    Ok(format!(", {behind}s behind"))
}

/// A thread that does not run or is not connected; MySQL tells of no lag while it looks for a source in vain.
fn stopped(table: &Table, row: usize) -> Option<Outcome> {
    let thread = |names: &[&str]| table.named(row, names).flatten();
    let io = thread(&["Replica_IO_Running", "Slave_IO_Running"])?;
    let sql = thread(&["Replica_SQL_Running", "Slave_SQL_Running"])?;
    if io == b"Yes" && sql == b"Yes" {
        return None;
    }
    let threads = format!("IO thread: {}, SQL thread: {}", quote(io), quote(sql));
    Some(Outcome::alive(Cause::Unhealthy, format!("replication is stopped ({threads})")))
}

fn unknown() -> Outcome {
    Outcome::alive(Cause::Unhealthy, "it is not known how far the replica is behind")
}

/// The state of replication, or the error that this user may not see it.
fn status<S: Read + Write>(
    session: &mut Session<'_, S>,
    mariadb: bool,
) -> Result<Result<Table, Error>, Failure> {
    let [all, now, formerly] = STATEMENTS;
    let mut last = session.query(if mariadb { all } else { now })?;
    // Versions of old, and whatever calls itself otherwise than what is behind it.
    if last.as_ref().is_err_and(|error| error.code == SYNTAX) {
        last = session.query(formerly)?;
    }
    match last {
        Err(error) if error.code != NOT_ALLOWED => Err(session.judge(&error).into()),
        other => Ok(other),
    }
}

fn read_only<S: Read + Write>(session: &mut Session<'_, S>) -> Result<bool, Failure> {
    let table = session.query("SELECT @@global.read_only")?.map_err(|error| session.judge(&error))?;
    Ok(!matches!(table.cell(0, 0).flatten(), Some(b"0" | b"OFF")))
}
