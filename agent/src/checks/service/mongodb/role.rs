//! What a server says of itself in its answer to `hello`:
//! <https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md>.

use std::time::Duration;

use super::bson::Document;
use crate::check::{Cause, Outcome};
use crate::checks::replication::Replication;
use crate::net::quote;
use crate::scheme::format_duration;

/// What a server is in its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Standalone,
    Mongos,
    Primary,
    Secondary,
    Arbiter,
    /// A member that starts, recovers, rolls back, or is out of its set.
    Other,
    /// It is to be a member of a set that does not exist yet.
    Uninitiated,
}

impl Role {
    pub fn of(hello: Document<'_>) -> Self {
        let writable = hello.flag("isWritablePrimary") || hello.flag("ismaster");
        match hello.text("setName") {
            _ if hello.text("msg") == Some(b"isdbgrid") => Self::Mongos,
            _ if hello.flag("isreplicaset") => Self::Uninitiated,
            None if writable => Self::Standalone,
            None => Self::Other,
            Some(_) if writable => Self::Primary,
            Some(_) if hello.flag("arbiterOnly") => Self::Arbiter,
            Some(_) if hello.flag("secondary") => Self::Secondary,
            Some(_) => Self::Other,
        }
    }
}

/// Whether the server is in a state to work, in that role, and not too far behind.
pub fn judge(wanted: Replication, hello: Document<'_>) -> Outcome {
    let set = quote(hello.text("setName").unwrap_or_default());
    let hidden = if hello.flag("hidden") { "hidden " } else { "" };
    let role = Role::of(hello);
    let shown = match role {
        Role::Standalone => "standalone".into(),
        Role::Mongos => "mongos".into(),
        Role::Primary => format!("primary of {set}"),
        Role::Secondary => format!("{hidden}secondary of {set}"),
        Role::Arbiter => format!("arbiter of {set}"),
        Role::Other if set.is_empty() => return unwell("neither primary nor secondary"),
        Role::Other => {
            return unwell(format!("neither primary nor secondary of {set}: starting or recovering"));
        }
        Role::Uninitiated => return unwell("replica set is not initiated, or this is no member of it"),
    };
    match (wanted.replica, role) {
        (Some(true), Role::Secondary) | (None, _) => {}
        (Some(false), Role::Standalone | Role::Mongos | Role::Primary) => {}
        (Some(true), _) => return unwell(format!("{shown}, expected a secondary")),
        (Some(false), _) => return unwell(format!("{shown}, expected a primary")),
    }
    match wanted.max_lag {
        Some(max_lag) if role == Role::Secondary => lag(hello, &shown, max_lag),
        _ => Outcome::pass(shown),
    }
}

/// By how much a secondary is behind, which alone it can only tell by the clock: `lastWriteDate` is the time on the
/// primary's clock of the last write that was applied here, and `localTime` this one's. So the difference holds that
/// of the two clocks, and the up to ten seconds after which an idle primary writes a no-op.
fn lag(hello: Document<'_>, shown: &str, max_lag: Duration) -> Outcome {
    let written = hello.document("lastWrite").and_then(|last| last.date("lastWriteDate"));
    let Some((now, written)) = hello.date("localTime").zip(written) else {
        return Outcome::alive(Cause::Protocol, format!("{shown}, which does not tell its last write"));
    };
    let age = Duration::from_millis(now.saturating_sub(written).try_into().unwrap_or_default());
    let shown = format!("{shown}, last write {} ago", format_duration(age));
    if age <= max_lag {
        return Outcome::pass(shown);
    }
    unwell(format!("{shown}, expected within {}", format_duration(max_lag)))
}

fn unwell(reason: impl Into<String>) -> Outcome {
    Outcome::alive(Cause::Unhealthy, reason)
}
