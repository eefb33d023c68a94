use super::*;
use crate::net::test_server::survives_answering;

/// A server with caching_sha2_password that is asked with a password in a file.
fn sha2(name: &str, options: &[(&str, &str)], replies: &[Vec<u8>]) -> Outcome {
    let path = std::env::temp_dir().join(format!("health-probe-mysql-{name}-{}", std::process::id()));
    std::fs::write(&path, "correct horse").unwrap();
    let options = [options, &[("password-file", path.to_str().unwrap())]].concat();
    let outcome = with("health", &options, answers(MYSQL, replies));
    std::fs::remove_file(path).unwrap();
    outcome
}

#[test]
fn the_fast_path_of_caching_sha2_password_needs_no_more_than_the_scramble() {
    let login = packets(2, &[b"\x01\x03", OK]);
    assert_eq!(sha2("fast", &[], &[login, packet(1, OK)]), Outcome::pass("MySQL 8.0.40"));
}

#[test]
fn the_password_itself_is_never_sent_in_the_clear() {
    let asks = [packet(2, b"\x01\x04"), packet(4, &refusal(1045))];
    let reason =
        "asks for the password in clear text, and is not verified: expected tls with ca, or allow-cleartext";
    assert_eq!(sha2("full", &[], &asks), Outcome::alive(Cause::Protocol, reason));
    // It connects again, asks for TLS, and then this server has nothing to say.
    let outcome = sha2("told", &[TOLD], &asks);
    let reason = "the greeting came, but peer does not speak TLS";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
}

/// 1,024 bits, of which nobody keeps the private key.
const KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDJa3JyXH5Z0xQerqHrAIDoYMVg
IcUHEl1i++Ytpr8p2gy2jYCvXAYL863Au3AZaWThPrKvvnxfFLIM4Mj4YUyUi3dJ
kGgUcO3VWAOFhqbbvyNMbxAJqMx5NBFkSXaOfmbyX8eZqDm5Zj0AOb3uh+cDdEVx
vewMx9g6d45ZT7UnYQIDAQAB
-----END PUBLIC KEY-----
";

/// What comes of a login without TLS at a server that asks for the password and then says this, and what it hears.
fn encrypted(
    name: &str,
    password: &[u8],
    options: &[(&str, &str)],
    replies: &[&[u8]],
) -> (Outcome, Vec<Vec<u8>>) {
    let mut greeting = MYSQL.to_vec();
    greeting[22] &= !0x08;
    let replies: Vec<Vec<u8>> = replies.iter().map(|reply| reply.to_vec()).collect();
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let all = heard.clone();
    let port = server(move |mut stream| {
        stream.write_all(&packet(0, &greeting)).unwrap();
        for reply in &replies {
            let Ok(received) = packet::read(&mut stream, 4096) else { return };
            let sequence = received.sequence.wrapping_add(1);
            all.lock().unwrap().push(received.payload);
            stream.write_all(&packet(sequence, reply)).unwrap();
        }
    });
    let path = std::env::temp_dir().join(format!("health-probe-mysql-{name}-{}", std::process::id()));
    std::fs::write(&path, password).unwrap();
    let options = [options, &[("password-file", path.to_str().unwrap())]].concat();
    let outcome = with("health", &options, port);
    std::fs::remove_file(path).unwrap();
    let heard = heard.lock().unwrap().clone();
    assert!(!heard.iter().any(|packet| packet.windows(7).any(|word| word == b"correct")));
    (outcome, heard)
}

#[test]
fn without_tls_the_password_is_encrypted_by_the_key_that_the_server_says_where_it_may() {
    let asked = [&[1][..], KEY].concat();
    for (ask, request) in [(&b"\x01\x04"[..], 2), (b"\xfesha256_password\0abcdefghijklmnopqrst\0", 1)] {
        let replies = [ask, &asked, OK, OK];
        let (outcome, heard) = encrypted("asked", b"correct horse", &[TOLD], &replies);
        assert_eq!(outcome, Outcome::pass("MySQL 8.0.40"));
        assert_eq!((heard[1].as_slice(), heard[2].len(), heard[3][0]), (&[request][..], 128, 0x0e));
    }
    let withheld =
        "asks for the password in clear text, and is not verified: expected tls with ca, or allow-cleartext";
    let (outcome, heard) = encrypted("withheld", b"correct horse", &[], &[b"\x01\x04", &refusal(1045)]);
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, withheld));
    assert_eq!(heard[1], [0; 64]);
}

#[test]
fn a_server_whose_key_is_in_a_file_is_verified_by_it_and_not_asked() {
    let path = std::env::temp_dir().join(format!("health-probe-mysql-key-{}", std::process::id()));
    let file = [("server-public-key-file", path.to_str().unwrap())];
    std::fs::write(&path, KEY).unwrap();
    let (outcome, heard) = encrypted("known", b"correct horse", &file, &[b"\x01\x04", OK, OK]);
    assert_eq!(outcome, Outcome::pass("MySQL 8.0.40"));
    assert_eq!(heard[1].len(), 128);
    // The words of one who may know the password by now are not repeated.
    let (outcome, _) = encrypted("refused", b"correct horse", &file, &[b"\x01\x04", &refusal(1045)]);
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "error 1045: access denied"));
    let (outcome, _) = encrypted("long", &[b'x'; 200], &file, &[b"\x01\x04", &refusal(1045)]);
    let reason = "the password is too long for the server's public key";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    std::fs::write(&path, "no key").unwrap();
    let (outcome, heard) = encrypted("no-key", b"correct horse", &file, &[]);
    assert!(outcome.reason.starts_with("no usable public key in /"), "{outcome:?}");
    assert!(heard.is_empty());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn hostile_servers_are_survived_when_they_are_asked_for_their_key() {
    let run = |port, deadline| {
        let options = [("allow-cleartext", ""), ("password-file", "/etc/hostname")];
        let url = CheckUrl { user: "health".into(), ..check("mysql", port, &options) };
        Mysql::from_url(&url).unwrap().run(deadline)
    };
    let mut greeting = MYSQL.to_vec();
    greeting[22] &= !0x08;
    let asked = [&[1][..], KEY].concat();
    let answers =
        [packet(0, &greeting), packet(2, b"\x01\x04"), packet(4, &asked), packet(6, OK), packet(1, OK)];
    survives_answering(run, &answers.concat());
}

#[test]
fn a_server_that_says_no_key_is_alive() {
    let refused = refusal(1045);
    for (reply, reason) in [
        (
            &b"\x01-----BEGIN PUBLIC KEY-----\n"[..],
            "the server's public key is not usable, expected one of RSA with 1024 to 4096 bits and the exponent 65537",
        ),
        (&refused, "error 1045: some words"),
        (
            b"\x01",
            "the server's public key is not usable, expected one of RSA with 1024 to 4096 bits and the exponent 65537",
        ),
        (b"", "the greeting came, but answer is not of MySQL"),
    ] {
        let (outcome, _) = encrypted("none", b"correct horse", &[TOLD], &[b"\x01\x04", reply, &refused]);
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    }
}

/// A peer that says this over TLS, and what it hears.
struct Heard(std::io::Cursor<Vec<u8>>, Vec<u8>);

impl Read for Heard {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_server_over_tls_that_nobody_verified_hears_no_password() {
    let greeting = Greeting::read(&Packet { sequence: 0, payload: MYSQL.to_vec() }).unwrap();
    for ask in [&b"\x01\x04"[..], b"\xfemysql_clear_password\0", b"\xfesha256_password\0"] {
        for told in [false, true] {
            let says = [packet(3, ask), packet(5, &refusal(1045))].concat();
            let stream = Heard(std::io::Cursor::new(says), Vec::new());
            let endpoint = crate::net::Endpoint::from_url(&check("mysql", 1, &[])).unwrap();
            let mut heard = Vec::new();
            let outcome = Conversation::hold(&endpoint, soon(), |conversation| {
                let mut session = Session::new(conversation, stream, Transport::Tls);
                session.withheld = (!told).then(|| Outcome::alive(Cause::Protocol, "withheld"));
                let login = Login { user: b"me", password: b"correct-horse", database: "" };
                let result = session.log_in(&greeting, &login);
                heard = session.into_stream().1;
                result.map(|_| Outcome::pass("in"))
            });
            assert_eq!(outcome.reason == "withheld", !told, "{outcome:?}");
            assert_eq!(heard.windows(7).any(|word| word == b"correct"), told);
        }
    }
}

#[test]
fn a_password_without_a_user_is_not_sent() {
    let check = check("mysql", 1, &[("password-file", "/etc/hostname")]);
    let outcome = Mysql::from_url(&check).unwrap().run(soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "a password is given without a user"));
}
