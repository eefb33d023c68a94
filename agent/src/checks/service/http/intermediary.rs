//! Whose answer it is: the application's own keeps the kubelet's meaning, and what something before it says in its place is
//! no word about the application.

use crate::check::Cause;

/// Why a status is that of a login, a proxy or a limiter (RFC 9110 §15.5, RFC 6585 §4): where one gives it, the application is
/// there, and has not said that it is broken. None for any other status, 502 to 504 too: the kubelet fails on them, and an
/// application that gives 503 of itself mostly means it.
pub fn in_place_of_application(status: u16) -> Option<Cause> {
    match status {
        401 | 403 | 407 => Some(Cause::Protocol),
        429 => Some(Cause::Unhealthy),
        _ => None,
    }
}
