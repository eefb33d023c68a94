//! What a SQLSTATE says: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use super::message::ServerError;
use crate::check::{Cause, Outcome};

/// What a check names and wants, which decides whose mistake a refusal is.
pub struct Wants {
    /// A user or a password.
    pub login: bool,
    /// A database.
    pub database: bool,
    /// Something that only a server tells that lets us in.
    pub inside: bool,
}

/// The outcome of an error in place of a connection that is ready.
pub fn of_entry(error: &ServerError, wants: &Wants) -> Outcome {
    let text = shown(error);
    match (class(error), error.code.as_str()) {
        // PgBouncer has no other code for this.
        ("08", _) if text.contains("authentication failed") => Outcome::alive(Cause::Protocol, text),
        // PgCat has none but this for whatever it is that it cannot do.
        (_, "58000") => Outcome::alive(Cause::Unhealthy, text),
        _ if is_busy(error) => Outcome::alive(Cause::Unhealthy, text),
        ("XX" | "58", _) => Outcome::fail(Cause::Unhealthy, text),
        ("28", _) if wants.login => Outcome::alive(Cause::Protocol, text),
        (_, "3D000") if wants.database => Outcome::alive(Cause::Protocol, text),
        _ if wants.inside => Outcome::alive(Cause::Protocol, text),
        _ => Outcome::pass(format!("accepts connections, but not ours: {text}")),
    }
}

/// The outcome of an error in place of the answer to a query.
pub fn of_query(error: &ServerError) -> Outcome {
    let text = shown(error);
    match class(error) {
        _ if is_busy(error) || error.code == "57014" => Outcome::alive(Cause::Unhealthy, text),
        // Rolled back in favour of another one, or of the replay.
        "40" => Outcome::alive(Cause::Unhealthy, text),
        // The query is wrong, or is not for this user or for a replica: the mistake of the check.
        "0A" | "25" | "28" | "42" => Outcome::alive(Cause::Protocol, text),
        // It has an internal error, or cannot read or write its files.
        "XX" | "58" | "F0" => Outcome::fail(Cause::Unhealthy, text),
        // What the query came to: a division by zero, or an exception that a function of the user raises.
        _ => Outcome::alive(Cause::Unhealthy, text),
    }
}

/// It starts, stops or is full, or cannot reach what is behind it (poolers have nothing but 08P01 for that).
fn is_busy(error: &ServerError) -> bool {
    matches!(class(error), "" | "08" | "53" | "55") || error.code.starts_with("57P")
}

fn class(error: &ServerError) -> &str {
    error.code.get(..2).unwrap_or_default()
}

/// The words of the server with their code behind them.
fn shown(ServerError { code, message }: &ServerError) -> String {
    match (message.as_str(), code.as_str()) {
        ("", "") => "refused".into(),
        ("", code) => format!("refused with SQLSTATE {code}"),
        (message, "") => message.into(),
        (message, code) => format!("{message} ({code})"),
    }
}
