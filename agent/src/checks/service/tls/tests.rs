use rustls::version::{TLS12, TLS13};

use super::*;
use crate::check::{Cause, Verdict};
use crate::net::test_server::{check, says, soon};
use crate::net::tls::tls_server;

fn run(port: u16) -> Outcome {
    Tls::from_url(&check("tls", port, &[])).unwrap().run(soon())
}

#[test]
fn the_version_and_the_days_left_are_told() {
    let fresh = run(tls_server("server.crt", &TLS13, false));
    assert_eq!(fresh.verdict, Verdict::Pass);
    assert!(fresh.reason.starts_with("TLS 1.3, certificate expires in "), "{fresh:?}");
    let stale = run(tls_server("expired.crt", &TLS12, false));
    assert!(stale.reason.starts_with("TLS 1.2, certificate expired "), "{stale:?}");
}

#[test]
fn a_server_that_wants_a_certificate_after_the_handshake_is_alive_only() {
    let outcome = run(tls_server("server.crt", &TLS13, true));
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "peer asks for a client certificate"));
}

#[test]
fn a_server_without_tls_fails() {
    assert_eq!(run(says(b"+PONG\r\n")).verdict, Verdict::Fail);
}
