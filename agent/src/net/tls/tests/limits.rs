//! Servers of whose TLS rustls speaks or reads no part: no fault of theirs.

use super::*;

/// A peer that reads the greeting, answers it with an alert, and goes.
fn refusing(alert: u8) -> u16 {
    server(move |mut stream| {
        let _ = stream.read(&mut [0; 2048]);
        let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]);
    })
}

#[test]
fn a_peer_that_refuses_us_in_tls_is_alive() {
    for (alert, words) in [
        (40, "handshake failure"),
        (42, "bad certificate"),
        (47, "illegal parameter"),
        (70, "protocol version"),
        (71, "insufficient security"),
        (109, "missing extension"),
        (110, "unsupported extension"),
        (112, "unrecognised name"),
        (116, "client certificate"),
        (120, "no application protocol"),
    ] {
        let outcome = with(&[], refusing(alert)).unwrap_err();
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)), "{outcome:?}");
        assert!(outcome.reason.contains(words), "{outcome:?}");
    }
    assert_eq!(with(&[], refusing(80)), refused("peer refused the TLS handshake: internal error"));
}

#[test]
fn a_peer_that_lacks_the_protocol_of_the_check_is_not_that_server() {
    let endpoint = Endpoint::over_tls(&check("tls", refusing(120), &[])).unwrap().offering(&[b"h2"]);
    let outcome = endpoint.open(soon(), 0).map_or_else(|outcome| outcome, |_| Outcome::pass(""));
    assert_eq!(Err(outcome), refused("peer does not speak the protocol over TLS (ALPN)"));
}

#[test]
fn a_server_of_tls_1_1_is_alive() {
    // A ServerHello that chooses version 1.1, 32 random bytes, no session, AES128-SHA, no compression.
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(&[0, 0, 0x2f, 0]);
    let outcome = with(&[], says(&hello)).unwrap_err();
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)), "{outcome:?}");
    assert!(outcome.reason.starts_with("no TLS version or cipher in common"), "{outcome:?}");
}

/// What a check says to its peer first.
fn greeting(host: &str, options: &[(&str, &str)]) -> Vec<u8> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let port = server(move |mut stream| {
        let mut greeting = vec![0; 4096];
        let count = stream.read(&mut greeting).unwrap();
        greeting.truncate(count);
        sender.send(greeting).unwrap();
    });
    let url = crate::scheme::CheckUrl { host: host.into(), ..check("tls", port, options) };
    let tls = Tls::from_url(&url).unwrap();
    assert!(exchange(&tls, port).is_err());
    receiver.recv_timeout(Duration::from_secs(5)).unwrap()
}

#[test]
fn a_peer_is_told_only_a_name_that_was_given() {
    let tells = |host: &str, options: &[(&str, &str)], name: &str| {
        greeting(host, options).windows(name.len()).any(|window| window == name.as_bytes())
    };
    assert!(!tells("", &[], "localhost"));
    assert!(!tells("", &[("ca", &file("ca.crt"))], "localhost"));
    assert!(!tells("pod", &[], "localhost"));
    assert!(!tells("127.0.0.1", &[], "127.0.0.1"));
    assert!(tells("localhost", &[], "localhost"));
    assert!(tells("", &[("server-name", "api.test")], "api.test"));
}

#[test]
fn a_certificate_that_cannot_be_verified_is_no_bad_one() {
    assert!(super::super::certificate::has_unread_key(&certificate("rsa-1024.crt")));
    assert!(!super::super::certificate::has_unread_key(&certificate("server.crt")));
    for version in [&TLS12, &TLS13] {
        let outcome = with(&[("ca", "ca.crt")], tls_server("version-1.crt", version, false)).unwrap_err();
        let reason = "certificate cannot be verified: it is of X.509 version 1";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    }
    let mut random = Random(11);
    let good = certificate("rsa-1024.crt");
    for _ in 0..20_000 {
        super::super::certificate::has_unread_key(&random.damaged(&good).into());
    }
}
