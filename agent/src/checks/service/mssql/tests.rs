use std::net::TcpStream;

use super::answer::Answer;
use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, survives_answering};

/// What SQL Server 2022 says in answer to a client without TLS.
const PRELOGIN: &[u8] = b"\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x10\x27\0\0\x02";

const HEAD: usize = 8;

fn run(url: &CheckUrl) -> Outcome {
    Mssql::from_url(url).unwrap().run(soon())
}

fn with(user: &str, options: &[(&str, &str)], port: u16) -> Outcome {
    run(&CheckUrl { user: user.into(), ..check("mssql", port, options) })
}

/// A message of the server.
fn response(tokens: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(tokens.len() + HEAD).unwrap().to_be_bytes();
    [&[4, 1, high, low, 0, 0, 1, 0], tokens].concat()
}

/// The answer to a login in the example of the specification ([MS-TDS] 4.4), without its words.
fn logged_in() -> Vec<u8> {
    let environment =
        b"\xe3\x1b\0\x01\x06m\0a\0s\0t\0e\0r\0\x06m\0a\0s\0t\0e\0r\0\xe3\x08\0\x07\x05\x09\x04\xd0\0\x34\0";
    let information = b"\xab\x10\0\x45\x16\0\0\x02\0\x01\0h\0\0\0\0\0\0\0";
    let acknowledged = b"\xad\x0e\0\x01\x72\x09\0\x02\x02M\0S\0\0\0\0\0";
    let done = [&[0xfd][..], &[0; 12]].concat();
    response(&[&environment[..], information, acknowledged, &done].concat())
}

fn refused(code: u32) -> Vec<u8> {
    let content = [&code.to_le_bytes()[..], &[1, 14, 4, 0], b"h\0o\0r\0s\0", &[0; 6]].concat();
    let length = u16::try_from(content.len()).unwrap().to_le_bytes();
    response(&[&[0xaa][..], &length, &content, &[0xfd, 2], &[0; 11]].concat())
}

/// The next message of a client.
fn heard(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; HEAD];
    stream.read_exact(&mut head).ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]])) - HEAD];
    stream.read_exact(&mut message).ok()?;
    Some(message)
}

/// A server that answers so, one message after the other.
fn answers(replies: &[Vec<u8>]) -> u16 {
    let replies = replies.to_vec();
    server(move |mut stream| {
        for reply in &replies {
            if heard(&mut stream).is_none() || stream.write_all(reply).is_err() {
                return;
            }
        }
        while heard(&mut stream).is_some() {}
    })
}

#[test]
fn the_answer_to_prelogin_passes() {
    assert_eq!(with("", &[], answers(&[PRELOGIN.to_vec()])), Outcome::pass("SQL Server 16.0.4135"));
    // The example of the specification ([MS-TDS] 4.1), which is that of a client, is read as well.
    let example = b"\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\x04\x04\0\x26\0\x01\xff\x09\0\0\0\0\0\x01\0\xb8\x0d\0\0\x01";
    let read = Prelogin::read(example).unwrap();
    assert_eq!((read.server().as_str(), read.encryption), ("SQL Server 9.0.0", Encryption::On));
    assert_eq!(
        Prelogin::read(&prelogin::request(Encryption::Required)).unwrap().encryption,
        Encryption::Required
    );
}

#[test]
fn what_is_no_answer_to_prelogin_is_not_of_sql_server() {
    let foreign = Outcome::fail(Cause::Protocol, "answer is not of SQL Server");
    for reply in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"\x12\x01\0\x08\0\0\x01\0".to_vec(),
        response(b""),
        response(b"\xff"),
        response(b"\x01\0\x06\0\x01\xff\x02"),
        response(b"\0\0\x0b\0\x06\xff"),
        response(b"\0\xff\xff\xff\xff\xff"),
    ] {
        assert_eq!(with("", &[], says(&reply)), foreign, "{reply:?}");
    }
}

#[test]
fn a_login_passes_when_it_is_acknowledged() {
    assert_eq!(
        with("me", &[], answers(&[PRELOGIN.to_vec(), logged_in()])),
        Outcome::pass("SQL Server 16.0.4135")
    );
    // In several packets.
    let mut parts = logged_in();
    let rest = parts.split_off(20);
    (parts[1], parts[2], parts[3]) = (0, 0, 20);
    let [high, low] = u16::try_from(rest.len() + HEAD).unwrap().to_be_bytes();
    let parts = [&parts[..], &[4, 1, high, low, 0, 0, 2, 0], &rest].concat();
    assert_eq!(with("me", &[], answers(&[PRELOGIN.to_vec(), parts])).verdict, Verdict::Pass);
}

#[test]
fn after_prelogin_nothing_is_a_failure() {
    use Cause::{Protocol, Unhealthy};
    for (reply, cause, reason) in [
        (refused(18456), Protocol, "error 18456: hors"),
        (refused(4060), Protocol, "error 4060: hors"),
        (refused(17809), Unhealthy, "error 17809: hors"),
        (refused(18401), Unhealthy, "error 18401: hors"),
        (response(b"\x81"), Protocol, "PRELOGIN was answered, but answer is not of SQL Server"),
        (response(b"\xfd\0"), Protocol, "PRELOGIN was answered, but answer is not of SQL Server"),
        (
            response(&[&[0xfd][..], &[0; 12]].concat()),
            Protocol,
            "PRELOGIN was answered, but answer is not of SQL Server",
        ),
        (
            b"\x04\0\xff\xff\0\0\x01\0".iter().copied().chain([0; 65_527]).collect::<Vec<_>>().repeat(2),
            Protocol,
            "the answer is longer than 65536 bytes",
        ),
    ] {
        let outcome = with("me", &[], answers(&[PRELOGIN.to_vec(), reply]));
        assert_eq!(outcome, Outcome::alive(cause, reason));
    }
    let gone = with("me", &[], says(PRELOGIN));
    assert_eq!(
        gone,
        Outcome::alive(Protocol, "PRELOGIN was answered, but connection closed before the answer")
    );
    let mut required = PRELOGIN.to_vec();
    required[25] = 3;
    let wants = with("me", &[], says(&required));
    assert_eq!(wants, Outcome::alive(Protocol, "the server wants TLS, expected tls"));
    let none = with("me", &[("tls", "")], says(PRELOGIN));
    assert_eq!(none, Outcome::alive(Protocol, "the server does not offer TLS"));
    let alone = with("", &[("password-file", "/etc/hostname")], says(PRELOGIN));
    assert_eq!(alone, Outcome::alive(Protocol, "a password is given without a user"));
}

#[test]
fn no_word_of_a_peer_that_was_sent_a_password_is_repeated() {
    let options = [("password-file", "/etc/hostname")];
    for (code, reason) in [(18456, "error 18456: login failed"), (4060, "error 4060")] {
        let outcome = with("me", &options, answers(&[PRELOGIN.to_vec(), refused(code)]));
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    }
}

#[test]
fn a_login_is_laid_out_as_the_specification_says() {
    let login = Login { user: "sa", password: "aé", database: "shop" };
    let message = login.message(false);
    let number = |at: usize| usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let text = |at: usize| &message[number(at)..number(at) + 2 * number(at + 2)];
    assert_eq!(number(0), message.len());
    assert_eq!(message[4..8], [4, 0, 0, 0x74]);
    assert_eq!((text(40), text(68)), (&b"s\0a\0"[..], &b"s\0h\0o\0p\0"[..]));
    // 0x61 is 0x16 with its halves swapped, and 0xb3 with 0xa5 laid over it.
    assert_eq!(text(44), [0xb3, 0xa5, 0x3b, 0xa5]);
    assert_eq!(number(36), 94);
    assert_eq!(message[72..78], [0; 6]);
    assert_eq!(login.message(true)[4..8], [0, 0, 0, 8]);
}

#[test]
fn a_password_goes_where_a_password_goes() {
    // Its two bytes a letter, made unreadable.
    let withheld =
        "the password was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
    let mut far = CheckUrl { host: "::ffff:127.0.0.1".into(), ..check("mssql", says(PRELOGIN), &[]) };
    (far.user, far.password) = ("me".into(), "$CARGO_PKG_NAME".into());
    assert_eq!(run(&far), Outcome::alive(Cause::Protocol, withheld));
    far.port = Some(answers(&[PRELOGIN.to_vec(), logged_in()]));
    far.options.push(("allow-cleartext".into(), String::new()));
    assert_eq!(run(&far), Outcome::pass("SQL Server 16.0.4135"));
}

#[test]
fn no_bytes_make_a_parser_panic() {
    let mut random = Random(1433);
    let (answer, error) = (logged_in(), refused(18456));
    for _ in 0..20_000 {
        drop(Answer::read(&random.damaged(&answer[HEAD..])));
        drop(Answer::read(&random.damaged(&error[HEAD..])));
        Prelogin::read(&random.damaged(&PRELOGIN[HEAD..]));
    }
}

#[test]
fn hostile_servers_are_survived() {
    let prelogin = |port, deadline| Mssql::from_url(&check("mssql", port, &[])).unwrap().run(deadline);
    survives(prelogin, PRELOGIN);
    let login = |port, deadline| {
        let url = CheckUrl { user: "me".into(), ..check("mssql", port, &[]) };
        Mssql::from_url(&url).unwrap().run(deadline)
    };
    survives_answering(login, &[PRELOGIN, &logged_in()].concat());
}
