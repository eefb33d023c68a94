use super::*;

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
    let mut without_tls = MYSQL.to_vec();
    without_tls[22] &= !0x08;
    let received = server(move |mut stream| {
        stream.write_all(&packet(0, &without_tls)).unwrap();
        for reply in [&b"\x01\x04"[..], &refusal(1045)] {
            let received = packet::read(&mut stream, 4096).unwrap();
            assert!(!received.payload.windows(7).any(|word| word == b"correct"));
            stream.write_all(&packet(received.sequence + 1, reply)).unwrap();
        }
    });
    let path = std::env::temp_dir().join(format!("health-probe-mysql-clear-{}", std::process::id()));
    std::fs::write(&path, "correct horse").unwrap();
    let outcome = with("health", &[TOLD, ("password-file", path.to_str().unwrap())], received);
    let reason = "the server asks for the password itself, which needs tls";
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
    std::fs::remove_file(path).unwrap();
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
