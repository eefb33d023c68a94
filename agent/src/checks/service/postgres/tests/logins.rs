use std::io::{Read, Write};

use super::*;
use crate::net::test_server::{hears, server};

#[test]
fn logins_that_the_check_cannot_make_are_alive() {
    for (asks, reason) in [
        (request(7, b""), "asks for a login by GSSAPI, not for a password"),
        (request(10, b"OAUTHBEARER\0\0"), "asks for a login other than by SCRAM-SHA-256"),
    ] {
        assert_eq!(logged_in("other", says(&asks), &[]), Outcome::alive(Cause::Protocol, reason));
    }
}

#[test]
fn a_server_that_asks_for_clear_text_where_nobody_verified_it_gets_none_on_loopback_either() {
    for host in ["", "127.0.0.1", "::ffff:127.0.0.1"] {
        let (port, heard) = hears(&request(3, b""));
        let mut url = check("postgres", port, &[]);
        (url.host, url.user, url.password) = (host.into(), "app".into(), "correct-horse".into());
        let outcome = Postgres::from_url(&url).unwrap().run(soon());
        let reason = "asks for the password in clear text, and is not verified: expected tls with ca, or allow-cleartext";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
        assert!(!heard.lock().unwrap().windows(7).any(|word| word == b"correct"));
    }
}

/// A server that asks for this, and then says what it makes of the answer.
fn asking(asks: Vec<u8>, then: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    server(move |mut stream| {
        let mut received = [0; 512];
        let _ = stream.read(&mut received).unwrap();
        stream.write_all(&asks).unwrap();
        let count = stream.read(&mut received).unwrap();
        stream.write_all(&then(&received[..count])).unwrap();
        while stream.read(&mut received).is_ok_and(|count| count > 0) {}
    })
}

const TOLD: (&str, &str) = ("allow-cleartext", "");

#[test]
fn md5_and_clear_text_are_answered() {
    let ready = |right: bool| if right { welcome() } else { refusal("28P01", "no") };
    // `echo -n s3cretapp | md5sum`, and of that and `salt` once more.
    let digest = b"md5f69b5c3c139fffc980484809e0e6fb64\0";
    let port = asking(request(5, b"salt"), move |received| ready(received == message(b'p', digest)));
    assert_eq!(logged_in("md5", port, &[]), Outcome::pass("login accepted"));
    let port = asking(request(3, b""), move |received| ready(received == message(b'p', b"s3cret\0")));
    assert_eq!(logged_in("clear", port, &[TOLD]), Outcome::pass("login accepted"));
}

#[test]
fn a_peer_that_was_told_the_password_is_not_repeated() {
    let port = asking(request(3, b""), |_| refusal("28P01", "not s3cret"));
    let outcome = logged_in("echo", port, &[TOLD]);
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "refused with SQLSTATE 28P01"));
    let port = asking(request(3, b""), |_| [welcome(), result(&[row(&["s3cret"])])].concat());
    let outcome = logged_in("echo", port, &[TOLD, ("query", "SELECT 1"), ("expect", "1")]);
    let reason = "query gave something else, expected \"1\"";
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
    let port = asking(request(3, b""), <[u8]>::to_vec);
    let reason = "the connection was answered, but answer is not of PostgreSQL";
    assert_eq!(logged_in("echo", port, &[TOLD]), Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn a_server_cannot_leave_its_proof_out() {
    let asks = request(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    let port = asking(asks, |received| {
        let nonce: String = String::from_utf8_lossy(received).rsplit("r=").next().unwrap().into();
        let challenge = format!("r={nonce}x,s=c2FsdA==,i=4096");
        [request(11, challenge.as_bytes()), welcome()].concat()
    });
    assert_eq!(logged_in("proof", port, &[]), Outcome::fail(Cause::Identity, "answer is not of PostgreSQL"));
}

#[test]
fn a_server_that_takes_too_few_rounds_hears_nothing_that_tells_of_the_password() {
    let port = asking(request(10, b"SCRAM-SHA-256\0\0"), |received| {
        let nonce: String = String::from_utf8_lossy(received).rsplit("r=").next().unwrap().into();
        request(11, format!("r={nonce}x,s=c2FsdA==,i=1").as_bytes())
    });
    let reason = "login not made: the server asks for less than 4096 rounds of SCRAM";
    assert_eq!(logged_in("rounds", port, &[]), Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn a_server_without_tls_that_wants_the_login_bound_is_alive() {
    let asks = request(10, b"SCRAM-SHA-256-PLUS\0\0");
    let reason = "asks for SCRAM with channel binding, which the connection does not allow";
    assert_eq!(logged_in("bound", says(&asks), &[]), Outcome::alive(Cause::Protocol, reason));
}
