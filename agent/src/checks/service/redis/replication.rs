//! The role of a server and how far it is behind, out of `INFO replication`.
//!
//! <https://redis.io/docs/latest/commands/info/>: a replica hears from its primary at least every
//! `repl-ping-replica-period` (10 s), so a shorter lag than that is not seen on a quiet one.

use std::time::Duration;

use super::reply::field;
use crate::check::{Cause, Outcome};
use crate::checks::replication::Replication;
use crate::net::{ProtocolError, quote};
use crate::scheme::format_duration;

/// Alive, not ready, where the server is something else than is wanted, or too far behind.
pub fn judge(wanted: Replication, info: &[u8]) -> Outcome {
    let field = |name: &str| field(info, name);
    let replica = match field("role") {
        Some(b"master") => false,
        Some(b"slave") => true,
        _ => return ProtocolError::because("answer is not of Redis: INFO without a role").into(),
    };
    match (wanted.role(replica), wanted.max_lag) {
        (Err(outcome), _) => outcome,
        (Ok(_), Some(most)) if replica => behind(most, field),
        (Ok(role), _) => Outcome::pass(format!("PONG, {role}")),
    }
}

fn behind<'a>(most: Duration, field: impl Fn(&str) -> Option<&'a [u8]>) -> Outcome {
    if field("master_link_status") != Some(b"up") {
        let since = field("master_link_down_since_seconds").map(|text| format!(" for {} s", quote(text)));
        let reason = format!("the link to the primary is down{}", since.unwrap_or_default());
        return Outcome::alive(Cause::Unhealthy, reason);
    }
    if field("master_sync_in_progress") == Some(b"1") {
        return Outcome::alive(Cause::Unhealthy, "a sync with the primary is in progress");
    }
    let received = field("master_last_io_seconds_ago").and_then(|text| std::str::from_utf8(text).ok());
    match received.and_then(|text| text.parse().ok()).map(Duration::from_secs) {
        Some(ago) if ago <= most => Outcome::pass(format!("PONG, replica, {} s behind", ago.as_secs())),
        Some(ago) => Outcome::alive(
            Cause::Unhealthy,
            format!("{} s behind the primary, expected at most {}", ago.as_secs(), format_duration(most)),
        ),
        None => ProtocolError::because("answer is not of Redis: INFO without the last contact").into(),
    }
}
