use std::net::TcpStream;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{check, says, server, soon, survives, withholds};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Ldap::from_url(&check("ldap", port, &[])).unwrap().run(deadline)
}

fn upgrade(port: u16, deadline: Deadline) -> Outcome {
    Ldap::from_url(&check("ldap", port, &[("starttls", "")])).unwrap().run(deadline)
}

/// A message with a result in it.
fn answer(id: u8, tag: u8, code: u8, diagnostic: &str) -> Vec<u8> {
    let length = u8::try_from(diagnostic.len()).unwrap();
    let mut bytes = vec![0x30, length + 12, 2, 1, id, tag, length + 7, 10, 1, code, 4, 0, 4, length];
    bytes.extend_from_slice(diagnostic.as_bytes());
    bytes
}

#[test]
fn the_end_of_a_search_passes() {
    assert_eq!(run(says(&answer(1, SEARCH_DONE, 0, "")), soon()), Outcome::pass("root DSE"));
}

#[test]
fn each_result_tells_a_busy_server_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (code, verdict, cause, reason) in [
        (51, Alive, Unhealthy, "busy (51): why"),
        (52, Alive, Unhealthy, "unavailable (52): why"),
        (53, Alive, Unhealthy, "unwilling to perform (53): why"),
        (8, Alive, Protocol, "stronger authentication required (8): why"),
        (13, Alive, Protocol, "confidentiality required (13): why"),
        (48, Alive, Protocol, "inappropriate authentication (48): why"),
        (49, Alive, Protocol, "invalid credentials (49): why"),
        (50, Alive, Protocol, "insufficient access rights (50): why"),
        (2, Alive, Protocol, "protocol error (2): why"),
        (80, Fail, Unhealthy, "refused (80): why"),
    ] {
        for answer in [answer(1, SEARCH_DONE, code, "why"), answer(0, EXTENDED_RESPONSE, code, "why")] {
            let outcome = run(says(&answer), soon());
            assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{code}");
            assert_eq!(outcome.reason, reason);
        }
    }
}

#[test]
fn what_answers_no_question_of_ours_is_refused() {
    for bytes in [
        answer(2, SEARCH_DONE, 0, ""),
        answer(0, SEARCH_DONE, 52, ""),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"\x30\x05\x02\x01\x01\x65\x00".to_vec(),
    ] {
        assert_eq!(run(says(&bytes), soon()), Outcome::fail(Cause::Protocol, "answer is not of LDAP"));
    }
}

/// What is written to a file, as the password of a check.
fn with_password<T>(name: &str, password: &str, ask: impl FnOnce(&str) -> T) -> T {
    let path = std::env::temp_dir().join(format!("health-probe-ldap-{name}-{}", std::process::id()));
    std::fs::write(&path, password).unwrap();
    let asked = ask(path.to_str().unwrap());
    std::fs::remove_file(path).unwrap();
    asked
}

fn login(port: u16, file: &str, more: &[(&str, &str)]) -> Outcome {
    let options = [&[("bind-dn", "cn=a"), ("password-file", file)], more].concat();
    Ldap::from_url(&check("ldap", port, &options)).unwrap().run(soon())
}

#[test]
fn a_login_takes_the_place_of_the_search() {
    let port = server(|mut stream: TcpStream| {
        let expected = message(1, &bind(b"cn=a", b"s3cret"));
        let mut received = vec![0; expected.len()];
        stream.read_exact(&mut received).unwrap();
        assert_eq!(received, expected);
        stream.write_all(&answer(1, BIND_RESPONSE, 0, "")).unwrap();
        let mut received = [0; 512];
        let count = stream.read(&mut received).unwrap();
        assert_eq!(received[..count], message(2, &message::unbind()));
    });
    with_password("right", "s3cret\n", |file| assert_eq!(login(port, file, &[]), Outcome::pass("bound")));
}

#[test]
fn what_the_server_says_of_a_login_is_not_repeated() {
    let port = says(&answer(1, BIND_RESPONSE, 49, "s3cret is wrong"));
    let outcome = with_password("echo", "s3cret", |file| login(port, file, &[]));
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "invalid credentials (49)"));
}

#[test]
fn a_login_without_a_password_is_none() {
    let outcome = with_password("empty", "\n", |file| login(1, file, &[]));
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "the login has no password"));
    let mut named = check("ldap", 1, &[]);
    named.user = "probe".into();
    assert_eq!(Ldap::from_url(&named).unwrap().run(soon()).reason, "the login has no password");
    let nameless = with_password("nameless", "a", |file| {
        Ldap::from_url(&check("ldap", 1, &[("password-file", file)])).unwrap().run(soon())
    });
    assert_eq!(nameless, Outcome::alive(Cause::Protocol, "the login has no name, a user or bind-dn"));
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    let busy = answer(1, SEARCH_DONE, 51, "busy");
    withholds("ldap", &busy, |url| Ldap::from_url(url).unwrap().run(soon()));
}

#[test]
fn an_upgrade_that_is_refused_is_told_apart() {
    let agreed = answer(1, EXTENDED_RESPONSE, 0, "");
    for (bytes, verdict, reason) in [
        (answer(1, EXTENDED_RESPONSE, 2, "what"), Verdict::Alive, "StartTLS is not offered"),
        (answer(1, EXTENDED_RESPONSE, 52, "no"), Verdict::Alive, "unavailable (52): no"),
        ([&agreed[..], &agreed].concat(), Verdict::Fail, "words in the clear after the agreement to TLS"),
    ] {
        let outcome = upgrade(says(&bytes), soon());
        assert_eq!((outcome.verdict, &outcome.reason[..]), (verdict, reason));
    }
}

#[test]
fn hostile_servers_are_survived() {
    // Half of it is within the entry, which is skipped, or within the intermediate response.
    let first = |tag| answer(1, tag, 0, "something that is longer than what comes after it");
    survives(run, &[first(0x64), answer(1, SEARCH_DONE, 0, "")].concat());
    survives(upgrade, &[first(0x79), answer(1, EXTENDED_RESPONSE, 51, "")].concat());
}
