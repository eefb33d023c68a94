use std::io::Read;
use std::sync::mpsc;

use super::*;
use crate::net::test_server::{check, heard_up_to, hears, says, server, soon, withholds};

#[test]
fn the_request_is_what_a_server_expects() {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |mut stream| {
        let mut received = [0; 1024];
        let count = stream.read(&mut received).unwrap();
        let _ = sender.send(String::from_utf8_lossy(&received[..count]).into_owned());
    });
    let mut check = check("http", port, &[("method", "HEAD")]);
    check.path = "/a%20b".into();
    Http::from_url(&check).unwrap().run(soon());
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "HEAD /a%20b HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: health-probe/{version}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(receiver.recv().unwrap(), expected);
}

#[test]
fn the_headers_of_the_check_are_sent_and_take_the_place_of_our_own() {
    let path = std::env::temp_dir().join(format!("health-probe-header-{}", std::process::id()));
    std::fs::write(&path, "correct-horse\n").unwrap();
    let options = [
        ("header.X-Tenant", "blue sky"),
        ("header.accept", "text/plain"),
        ("header.X-Name", "$CARGO_PKG_NAME"),
        ("header-file.X-Key", path.to_str().unwrap()),
    ];
    let (port, heard) = hears(b"HTTP/1.1 200 correct-horse\r\n\r\n");
    let asked = Http::from_url(&check("http", port, &options)).unwrap().run(soon());
    // A peer that was sent a secret may echo it.
    assert_eq!(asked, Outcome::pass("status 200"));
    std::fs::remove_file(path).unwrap();
    let heard = heard_up_to(&heard, "\r\n\r\n");
    let (own, own_name) =
        (concat!("User-Agent: health-probe/", env!("CARGO_PKG_VERSION")), env!("CARGO_PKG_NAME"));
    let expected = format!(
        "GET / HTTP/1.1\r\nHost: localhost:{port}\r\n{own}\r\nX-Tenant: blue sky\r\naccept: text/plain\r\n\
         X-Name: {own_name}\r\nX-Key: correct-horse\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(heard, expected);
}

#[test]
fn no_word_of_a_peer_that_was_sent_a_secret_is_repeated() {
    for answer in ["HTTP/1.1 2 health-probe", "health-probe", "HTTP/1.1 500 health-probe\r\n\r\n"] {
        let outcome = with(&[("header.X-Name", "$CARGO_PKG_NAME")], &format!("{answer}\r\n\r\n"));
        assert!(!outcome.reason.contains("health-probe"), "{outcome:?}");
    }
}

#[test]
fn a_secret_header_is_told_as_a_password_is() {
    let options = [("header.X-Name", "$CARGO_PKG_NAME")];
    for answer in ["200 OK", "500 Sorry", "404 Not Found"] {
        let (port, heard) = hears(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes());
        // An address of this machine, which does not look like one.
        let mut far = CheckUrl { host: "::ffff:127.0.0.1".into(), ..check("http", port, &options) };
        let reason = "a secret header was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
        // What is said to less than was to be asked is nothing against the server.
        assert_eq!(Http::from_url(&far).unwrap().run(soon()), Outcome::alive(Cause::Protocol, reason));
        assert!(!heard_up_to(&heard, "\r\n\r\n").contains("X-Name"));
        far.options.push(("allow-cleartext".into(), String::new()));
        assert_ne!(Http::from_url(&far).unwrap().run(soon()).verdict, Verdict::Alive, "{answer}");
        heard_up_to(&heard, "X-Name: health-probe\r\nConnection: close\r\n\r\n");
    }
}

#[test]
fn a_password_and_a_token_are_told_only_to_whom_they_may_be() {
    withholds("http", b"HTTP/1.1 401 Unauthorized\r\n\r\n", |url| Http::from_url(url).unwrap().run(soon()));
    withholds("http", b"HTTP/1.1 500 Sorry\r\n\r\n", |url| Http::from_url(url).unwrap().run(soon()));
    let far = CheckUrl {
        host: "::ffff:127.0.0.1".into(),
        ..check("http", says(b"HTTP/1.1 404 Not Found\r\n\r\n"), &[("token", "$CARGO_PKG_NAME")])
    };
    let reason =
        "the token was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
    assert_eq!(Http::from_url(&far).unwrap().run(soon()), Outcome::alive(Cause::Protocol, reason));
}

#[test]
fn a_secret_that_no_header_may_hold_is_not_sent() {
    let path = std::env::temp_dir().join(format!("health-probe-smuggled-{}", std::process::id()));
    std::fs::write(&path, "a\r\nX-Admin: 1").unwrap();
    let outcome = with(&[("header-file.X", path.to_str().unwrap())], "HTTP/1.1 200 OK\r\n\r\n");
    std::fs::remove_file(path).unwrap();
    let reason = "the value of header X holds what no header may hold";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    let unset = with(&[("header.X", "$HEALTH_PROBE_NO_SUCH")], "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(unset.verdict, Verdict::Alive);
}

#[test]
fn a_header_cannot_be_smuggled_in() {
    let refused = Http::from_url(&check("http", 1, &[("host-header", "a\r\nb: c")])).err();
    assert!(refused.is_some());
}
