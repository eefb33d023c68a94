mod logins;
mod statements;

use std::io::Write;
use std::net::{Shutdown, TcpListener};

use super::packet::Packet;
use super::table::Table;
use super::*;
use crate::net::test_server::{Random, check, says, server, soon, survives};

/// What MariaDB 10.11 and MySQL 8.0 say first; both end with the plugin of their default.
const MARIADB: &[u8] =
    b"\x0a5.5.5-10.11.19-MariaDB-0+deb12u1\0\x04\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15\
\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0";
const MYSQL: &[u8] =
    b"\x0a8.0.40\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0\
caching_sha2_password\0";

const OK: &[u8] = b"\0\0\0\x02\0\0\0";
const EOF: &[u8] = b"\xfe\0\0\x02\0";

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet::write(&mut bytes, sequence, payload).unwrap();
    bytes
}

/// The packets of one answer, numbered from there on.
fn packets(from: u8, payloads: &[&[u8]]) -> Vec<u8> {
    let numbers = (0..=u8::MAX).cycle().skip(from.into());
    payloads.iter().zip(numbers).flat_map(|(payload, sequence)| packet(sequence, payload)).collect()
}

fn with(user: &str, options: &[(&str, &str)], port: u16) -> Outcome {
    let check = CheckUrl { user: user.into(), ..check("mysql", port, options) };
    Mysql::from_url(&check).unwrap().run(soon())
}

fn run(port: u16, deadline: Deadline) -> Outcome {
    Mysql::from_url(&check("mysql", port, &[])).unwrap().run(deadline)
}

/// A server that greets so and gives the answers one after the other, whatever it hears.
fn answers(greeting: &'static [u8], answers: &[Vec<u8>]) -> u16 {
    let answers = answers.to_vec();
    server(move |mut stream| {
        stream.write_all(&packet(0, greeting)).unwrap();
        for answer in &answers {
            if packet::read(&mut stream, 4096).is_err() || stream.write_all(answer).is_err() {
                return;
            }
        }
        let _ = stream.shutdown(Shutdown::Write);
        while packet::read(&mut stream, 4096).is_ok() {}
    })
}

fn refusal(code: u16) -> Vec<u8> {
    [&[0xff][..], &code.to_le_bytes(), b"#HY000some words"].concat()
}

#[test]
fn a_greeting_tells_the_server() {
    for (greeting, server, plugin) in
        [(MARIADB, "MariaDB 10.11.19", NATIVE_PLUGIN), (MYSQL, "MySQL 8.0.40", &b"caching_sha2_password"[..])]
    {
        let read = Greeting::read(&packet::read(&mut &packet(0, greeting)[..], 1024).unwrap()).unwrap();
        assert_eq!((read.server().as_str(), read.plugin.as_slice()), (server, plugin));
        assert_eq!(read.nonce, b"abcdefghijklmnopqrst");
        assert!(read.offers_tls());
    }
}

const NATIVE_PLUGIN: &[u8] = b"mysql_native_password";

#[test]
fn without_a_user_a_greeting_passes() {
    assert_eq!(run(says(&packet(0, MARIADB)), soon()), Outcome::pass("MariaDB 10.11.19"));
    assert_eq!(run(says(&packet(0, MYSQL)), soon()), Outcome::pass("MySQL 8.0.40"));
}

/// As `run`, of a server that is not known to be on this machine.
fn from_afar(port: u16, deadline: Deadline) -> Outcome {
    let mut mysql = Mysql::from_url(&check("mysql", port, &[])).unwrap();
    mysql.local = false;
    mysql.run(deadline)
}

#[test]
fn from_afar_the_refusal_of_a_login_is_read() {
    for reply in [OK.to_vec(), refusal(1045), refusal(1251)] {
        let outcome = from_afar(answers(MARIADB, &[packet(2, &reply)]), soon());
        assert_eq!(outcome, Outcome::pass("MariaDB 10.11.19"));
    }
    let full = from_afar(answers(MYSQL, &[packet(2, &refusal(1040))]), soon());
    assert_eq!(full, Outcome::alive(Cause::Unhealthy, "error 1040: some words"));
    // Whatever becomes of the login, the greeting came.
    let odd = answers(MYSQL, &[packet(2, b"\x07")]);
    for port in [says(&packet(0, MYSQL)), odd] {
        assert_eq!(from_afar(port, soon()), Outcome::pass("MySQL 8.0.40"));
    }
}

#[test]
fn a_refusal_that_is_slow_to_come_is_not_waited_for() {
    let slow = server(|mut stream| {
        stream.write_all(&packet(0, MYSQL)).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(2));
    });
    let outcome = from_afar(slow, Deadline::after(std::time::Duration::from_millis(200)));
    assert_eq!(outcome, Outcome::pass("MySQL 8.0.40"));
}

#[test]
fn an_error_in_place_of_the_greeting_tells_a_busy_server_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (reply, verdict, cause) in [
        (&b"\xff\x10\x04Too many connections"[..], Alive, Unhealthy),
        (b"\xff\x10\x04#08004Too many connections", Alive, Unhealthy),
        (b"\xff\x1d\x04Server shutdown in progress", Alive, Unhealthy),
        (b"\xff\xb3\x04User x has more than 'max_user_connections'", Alive, Unhealthy),
        (b"\xff\xca\x04User 'x' has exceeded the 'max_user_connections'", Alive, Unhealthy),
        (b"\xff\x69\x04Host '10.0.0.1' is blocked", Alive, Protocol),
        (b"\xff\x6a\x04Host '10.0.0.1' is not allowed", Alive, Protocol),
        (b"\xff\x29\x23#HY000Max connect timeout reached while reaching hostgroup 0", Alive, Unhealthy),
        (b"\xff\xdd\x07#HY000Lost connection to backend server", Alive, Unhealthy),
        (b"\xff\x51\x04#HY000vttablet is not serving", Alive, Unhealthy),
        (b"\xff\x0d\x04Can't get stat", Fail, Unhealthy),
        (b"\xff\xff\xff\x01\x01\x01", Fail, Protocol),
        (b"\x09\x33.23.58\0\0\0\0\0abcdefgh\0\0\0", Fail, Protocol),
        (b"", Fail, Protocol),
    ] {
        let outcome = run(says(&packet(0, reply)), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{outcome:?}");
    }
}

#[test]
fn what_is_no_greeting_is_not_of_mysql() {
    let foreign = Outcome::fail(Cause::Protocol, "answer is not of MySQL");
    assert_eq!(run(says(b"220 mail.example ESMTP\r\n"), soon()), foreign);
    assert_eq!(run(says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), soon()), foreign);
    assert_eq!(run(says(&packet(1, MARIADB)), soon()), foreign);
    // The filler, the reserved bytes, the name of the version, and the capability without which there are no errors.
    for at in [1, 46, 54, 60] {
        let mut greeting = MARIADB.to_vec();
        greeting[at] = if at == 54 { 0 } else { 1 };
        let damaged = run(says(&packet(0, &greeting)), soon());
        assert!(damaged == foreign || at == 54, "{at}: {damaged:?}");
    }
}

#[test]
fn passwords_are_scrambled_as_recorded() {
    let nonce = b"abcdefghijklmnopqrst";
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(scramble::native(b"correct horse", nonce)), NATIVE_VECTOR);
    assert_eq!(hex(scramble::sha2(b"correct horse", nonce)), SHA2_VECTOR);
    assert!(scramble::native(b"", nonce).is_empty() && scramble::sha2(b"", nonce).is_empty());
}

const NATIVE_VECTOR: &str = "f818c19fe633b29679484354514737c5394f4954";
const SHA2_VECTOR: &str = "9eabc426d7dd6ecb6209bc003cb14acd5ef6538f68ad9868137da9325a5e6928";

const REPLICA: [&str; 3] = ["Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"];

/// A table with these columns and rows.
fn table(columns: &[&str], rows: &[&[Option<&str>]]) -> Vec<u8> {
    let string = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let mut payloads = vec![vec![u8::try_from(columns.len()).unwrap()]];
    for column in columns {
        payloads
            .push([string("def"), string(""), string(""), string(""), string(column), vec![0; 14]].concat());
    }
    payloads.push(EOF.to_vec());
    for row in rows {
        payloads.push(row.iter().flat_map(|cell| cell.map_or(vec![0xfb], string)).collect());
    }
    payloads.push(EOF.to_vec());
    packets(1, &payloads.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// What comes of a login that succeeds and statements that are answered so.
fn after_login(options: &[(&str, &str)], statements: &[Vec<u8>]) -> Outcome {
    let mut all = vec![packet(2, OK), packet(1, OK)];
    all.extend_from_slice(statements);
    with("health", options, answers(MARIADB, &all))
}

#[test]
fn a_login_and_a_ping_pass() {
    assert_eq!(after_login(&[], &[]), Outcome::pass("MariaDB 10.11.19"));
}

#[test]
fn a_refused_login_is_alive_and_a_full_server_too() {
    for (code, cause) in
        [(1045, Cause::Protocol), (1044, Cause::Protocol), (1049, Cause::Protocol), (1226, Cause::Unhealthy)]
    {
        let outcome = with("health", &[], answers(MARIADB, &[packet(2, &refusal(code))]));
        assert_eq!(outcome, Outcome::alive(cause, format!("error {code}: some words")));
    }
}

#[test]
fn a_plugin_that_is_not_known_is_named_and_the_login_made_to_fail() {
    for (switch, reason) in [
        (
            &b"\xfeclient_ed25519\0abcdefghijklmnopqrstabcdefghijkl"[..],
            "client_ed25519, which is not supported",
        ),
        (b"\xfemysql_clear_password\0", "mysql_clear_password, which needs tls"),
        (b"\xfe", "mysql_old_password, which is not supported"),
    ] {
        let port = answers(MARIADB, &[packet(2, switch), packet(4, &refusal(1045))]);
        let outcome = with("health", &[], port);
        assert_eq!(
            outcome,
            Outcome::alive(Cause::Protocol, format!("no such user, or one who logs in by {reason}"))
        );
    }
}

const TOLD: (&str, &str) = ("allow-cleartext", "");

#[test]
fn nobody_there_is_no_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(run(port, soon()), Outcome::fail(Cause::Connect, "connection refused on 127.0.0.1 and ::1"));
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &packet(0, MARIADB));
    survives(from_afar, &[packet(0, MARIADB), packet(2, &refusal(1045))].concat());
}

#[test]
fn no_bytes_make_a_parser_panic() {
    let mut random = Random(42);
    for _ in 0..20_000 {
        let greeting = Packet { sequence: 0, payload: random.damaged(MARIADB) };
        if let Some(greeting) = Greeting::read(&greeting) {
            greeting.server();
            greeting.login(true, b"a", b"b", "c", "d");
        }
        drop(Error::read(&random.damaged(b"\xff\x10\x04#08004Too many connections")));
        let mut bytes = &random.damaged(&table(&REPLICA, &[&[Some("Yes"), None, Some("0")]]))[..];
        let mut table = Table::default();
        while let Ok(packet) = packet::read(&mut bytes, table.room()) {
            if table.add(packet.payload) != Some(false) {
                break;
            }
        }
        for row in 0..table.rows() {
            table.named(row, &["Seconds_Behind_Master"]);
            table.cell(row, 2);
        }
    }
}
