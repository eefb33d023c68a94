use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, heard_up_to, hears, says, server, soon, survives, withholds};

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
    let text = |login: Option<Identity>| {
        String::from_utf8(request(&login.map_or_else(Vec::new, |login| login.fields(b"")))).unwrap()
    };
    assert!(text(None).ends_with("\"name\":\"health-probe\"}\r\nPING\r\n"));
    assert!(
        text(Some(Identity::Token(b"a\"\\\r\nb".to_vec())))
            .ends_with(",\"auth_token\":\"a\\\"\\\\\\u000d\\u000ab\"}\r\nPING\r\n")
    );
    let user = |password: &str| Some(Identity::User(b"me".to_vec(), password.into()));
    assert!(text(user("p")).ends_with(",\"user\":\"me\",\"pass\":\"p\"}\r\nPING\r\n"));
    assert!(text(user("")).ends_with(",\"user\":\"me\",\"pass\":\"\"}\r\nPING\r\n"));
}

/// The example of the documentation, and a JWT that says nothing.
const SEED: &str = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";
const JWT: &str = "eyJ0eXAi.eyJqdGki.aB-_";

/// A check with this text in a file, and what it comes to with a server that wants a login and says this.
fn with_file(option: &str, text: &str, info: &str, host: &str) -> (Outcome, String) {
    let path = std::env::temp_dir().join(format!(
        "health-probe-{option}-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::write(&path, text).unwrap();
    let (port, heard) = hears(format!("{info}\r\nPONG\r\n").as_bytes());
    let url = CheckUrl { host: host.into(), ..check("nats", port, &[(option, path.to_str().unwrap())]) };
    let outcome = Nats::from_url(&url).unwrap().run(soon());
    std::fs::remove_file(path).unwrap();
    if outcome.verdict == Verdict::Pass {
        return (outcome, heard_up_to(&heard, "PING\r\n"));
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    (outcome, heard_up_to(&heard, ""))
}

const ASKS: &str = r#"INFO {"version":"2.9.10","auth_required":true,"nonce":"aB3-_d"}"#;

#[test]
fn a_key_signs_the_nonce_and_a_jwt_goes_with_the_signature() {
    let key = nkey::Nkey::from_seed(SEED.as_bytes()).unwrap();
    let (public, signature) = (key.public(), key.sign(b"aB3-_d"));
    let creds = format!(
        "-----BEGIN NATS USER JWT-----\r\n{JWT}\r\n------END NATS USER JWT------\r\n\r\n*** IMPORTANT ***\r\nNKEYs are \
         secrets.\r\n\r\n-----BEGIN USER NKEY SEED-----\r\n{SEED}\r\n------END USER NKEY SEED------\r\n"
    );
    for (option, text, fields) in [
        ("nkey-file", format!("{SEED}\n"), format!(r#","nkey":"{public}","sig":"{signature}"}}"#)),
        ("nkey-file", creds.clone(), format!(r#","nkey":"{public}","sig":"{signature}"}}"#)),
        ("creds-file", creds, format!(r#","jwt":"{JWT}","sig":"{signature}"}}"#)),
    ] {
        let (outcome, heard) = with_file(option, &text, ASKS, "");
        assert_eq!(outcome, Outcome::pass("PONG from nats 2.9.10"));
        assert!(heard.ends_with(&format!("{fields}\r\nPING\r\n")) && !heard.contains(SEED), "{heard}");
    }
}

#[test]
fn a_login_that_cannot_be_made_says_nothing_of_the_server() {
    let no_seed = "no seed of a user, expected a line of 58 letters from SU on, with its checksum";
    let long = format!(r#"INFO {{"version":"2.9.10","nonce":"{}"}}"#, "a".repeat(65));
    for (option, text, info, reason) in [
        ("nkey-file", "hunter2", ASKS, format!("nkey holds {no_seed}")),
        ("nkey-file", &SEED.replace("AIO3", "AIO4"), ASKS, format!("nkey holds {no_seed}")),
        ("nkey-file", "\n", ASKS, "it wants a login".into()),
        ("creds-file", "", ASKS, "it wants a login".into()),
        ("creds-file", JWT, ASKS, format!("credentials hold {no_seed}")),
        ("creds-file", SEED, ASKS, "credentials hold no JWT, expected a line from eyJ on".into()),
        ("creds-file", "eyJ\"hunter2", ASKS, "credentials hold no JWT, expected a line from eyJ on".into()),
        ("nkey-file", SEED, INFO, "it takes no login by nkey or JWT".into()),
        ("nkey-file", SEED, &long, "it takes no login by nkey or JWT".into()),
        ("nkey-file", SEED, r#"INFO {"nonce":"{\"a\":1}"}"#, "it takes no login by nkey or JWT".into()),
    ] {
        let (outcome, heard) = with_file(option, text, info, "");
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason), "{text}");
        assert_eq!(heard, "");
    }
}

#[test]
fn a_jwt_goes_only_to_whom_a_password_goes_and_a_signature_to_anybody() {
    let far = "::ffff:127.0.0.1";
    let (outcome, heard) = with_file("creds-file", &format!("{JWT}\n{SEED}"), ASKS, far);
    let reason =
        "the JWT was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
    assert_eq!((outcome, heard), (Outcome::alive(Cause::Protocol, reason), String::new()));
    assert_eq!(with_file("nkey-file", SEED, ASKS, far).0.verdict, Verdict::Pass);
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
    survives(
        |port, deadline| Nats::from_url(&check("nats", port, &[("nkey", SEED)])).unwrap().run(deadline),
        b"INFO {\"version\":\"2.9.10\",\"nonce\":\"aB3-_d\"}\r\nPONG\r\n",
    );
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
