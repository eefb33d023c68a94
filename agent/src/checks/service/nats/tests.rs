use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, says, server, soon, survives, withholds};

const INFO: &str = r#"INFO {"server_id":"N\"A","version":"2.9.10","proto":1,"max_payload":1048576}"#;

fn run(port: u16, deadline: Deadline) -> Outcome {
    Nats::from_url(&check("nats", port, &[])).unwrap().run(deadline)
}

fn after_info(info: &str, answer: &str) -> Outcome {
    run(says(format!("{info}\r\n{answer}").as_bytes()), soon())
}

#[test]
fn pong_passes_whatever_else_the_server_says() {
    for answer in ["PONG\r\n", "+OK\r\nPING\r\nPONG\r\n", &format!("{INFO}\r\nPONG\r\n")] {
        assert_eq!(after_info(INFO, answer), Outcome::pass("PONG from nats 2.9.10"));
    }
}

#[test]
fn each_answer_tells_a_busy_server_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::Alive;
    for (answer, verdict, cause) in [
        ("-ERR 'maximum connections exceeded'", Alive, Unhealthy),
        ("-ERR 'Server Shutdown'", Alive, Unhealthy),
        ("-ERR 'Authorization Violation'", Alive, Protocol),
        ("-ERR 'Secure Connection - TLS Required'", Alive, Protocol),
        ("-ERR 'Unknown Protocol Operation'", Alive, Unhealthy),
        ("PONK", Alive, Protocol),
        ("HTTP/1.1 400 Bad Request", Alive, Protocol),
    ] {
        let outcome = after_info(INFO, &format!("{answer}\r\n"));
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{answer}");
    }
}

#[test]
fn info_alone_tells_what_is_in_the_way() {
    use Cause::{Protocol, Unhealthy};
    for (fields, cause, reason) in [
        (r#""auth_required":true"#, Protocol, "it wants a login"),
        (r#""tls_required": true"#, Protocol, "it wants TLS: use ?tls"),
        (r#""ldm":true"#, Unhealthy, "it is shutting down (lame duck mode)"),
    ] {
        let port = server(move |mut stream| {
            let _ = stream.write_all(format!("INFO {{\"version\":\"2.9.10\",{fields}}}\r\n").as_bytes());
            let mut received = Vec::new();
            stream.read_to_end(&mut received).unwrap();
            assert!(received.is_empty());
        });
        assert_eq!(run(port, soon()), Outcome::alive(cause, reason));
    }
}

#[test]
fn an_info_of_thirty_kilobytes_is_read() {
    let urls = r#""10.0.0.1:4222","#.repeat(1_900);
    let info = format!(r#"INFO {{"connect_urls":[{urls}"x"],"version":"2.9.10"}}"#);
    assert_eq!(after_info(&info, "PONG\r\n"), Outcome::pass("PONG from nats 2.9.10"));
}

#[test]
fn only_fields_of_the_outermost_object_count() {
    let line = br#"INFO { "a":{"ldm":true}, "b":"\"ldm\":true", "c":["ldm",{"version":"1"}], "version" : "2\"", "tls_required":true} "#;
    let expected = Info { version: br#"2\""#, tls_required: true, ..Info::default() };
    assert_eq!(Info::parse(line), Some(expected));
    for line in [&b"INFO"[..], b"INFO ", b"INFO []", b"INFO {", b"-ERR {}"] {
        assert_eq!(Info::parse(line), None);
    }
}

#[test]
fn a_login_is_a_token_or_a_user_and_is_escaped() {
    let text = |user, password| String::from_utf8(request(user, password)).unwrap();
    assert!(text(None, None).ends_with("\"name\":\"health-probe\"}\r\nPING\r\n"));
    assert!(
        text(None, Some(b"a\"\\\r\nb"))
            .ends_with(",\"auth_token\":\"a\\\"\\\\\\u000d\\u000ab\"}\r\nPING\r\n")
    );
    assert!(text(Some(b"me"), Some(b"p")).ends_with(",\"user\":\"me\",\"pass\":\"p\"}\r\nPING\r\n"));
    assert!(text(Some(b"me"), None).ends_with(",\"user\":\"me\",\"pass\":\"\"}\r\nPING\r\n"));
}

#[test]
fn no_password_goes_to_a_peer_that_is_not_verified() {
    let refusal = format!("{INFO}\r\n-ERR 'Authorization Violation'\r\n");
    withholds("nats", refusal.as_bytes(), |url| Nats::from_url(url).unwrap().run(soon()));
}

#[test]
fn a_server_that_repeats_the_password_is_not_repeated() {
    let path = std::env::temp_dir().join(format!("health-probe-nats-{}", std::process::id()));
    std::fs::write(&path, "s3cret").unwrap();
    for begin in ["", "-ERR "] {
        let port = server(move |mut stream| {
            stream.write_all(format!("{INFO}\r\n").as_bytes()).unwrap();
            let mut received = [0; 512];
            let count = stream.read(&mut received).unwrap();
            stream.write_all(&[begin.as_bytes(), &received[..count]].concat()).unwrap();
        });
        let options = [("password-file", path.to_str().unwrap())];
        let outcome = Nats::from_url(&check("nats", port, &options)).unwrap().run(soon());
        assert_eq!(outcome.verdict, Verdict::Alive);
        assert!(!outcome.reason.contains("s3c"), "{outcome:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_server_without_tls_is_alive_for_a_check_with_it() {
    let run = |answer: &str| {
        let port = says(format!("{answer}\r\n").as_bytes());
        Nats::from_url(&check("nats", port, &[("tls", "")])).unwrap().run(soon())
    };
    assert_eq!(run(INFO), Outcome::alive(Cause::Protocol, "it does not offer TLS"));
    let offers = r#"INFO {"tls_required":true}"#;
    assert_eq!(run(&format!("{offers}\r\n+OK")).verdict, Verdict::Fail);
    let full = run(&format!("{offers}\r\n-ERR 'maximum connections exceeded'"));
    assert_eq!(full, Outcome::alive(Cause::Unhealthy, "maximum connections exceeded"));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"INFO {\"version\":\"2.9.10\"}\r\nPONG\r\n");
}

#[test]
fn no_answer_makes_it_panic() {
    let mut random = Random(4222);
    for _ in 0..20_000 {
        Info::parse(&random.damaged(INFO.as_bytes()));
        let _ = first_line(&random.damaged(INFO.as_bytes()));
        answer(
            &random.damaged(b"+OK\r\nPING\r\n-ERR 'Authorization Violation'\r\nPONG\r\n"),
            "",
            Redaction::None,
        );
    }
}
