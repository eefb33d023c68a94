//! `serve`: the real program on a free loopback port.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, and here all is test"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A running agent; killed at the end of the test.
struct Agent {
    process: Child,
    address: SocketAddr,
    log: BufReader<ChildStderr>,
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn start(arguments: &[&str]) -> Agent {
    let mut process = Command::new(env!("CARGO_BIN_EXE_health-probe"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line
        .split("address=")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("{line}"));
    Agent { process, address: address.parse().unwrap(), log }
}

impl Agent {
    /// Sends bytes and returns all that comes back.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn ask(&self, method: &str, target: &str) -> (u16, String) {
        let text = self
            .send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").as_bytes());
        let status = text.get(9..12).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{text:?}"));
        (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap())
    }

    fn get(&self, target: &str) -> (u16, String) {
        self.ask("GET", target)
    }

    /// Waits until the target has this status.
    fn wait_for(&self, target: &str, status: u16) -> String {
        let started = Instant::now();
        loop {
            let (received, body) = self.get(target);
            if received == status {
                return body;
            }
            assert!(
                started.elapsed() < Duration::from_secs(8),
                "{target} is {received} {body}, expected {status}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.log.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap().success());
    }
}

#[test]
fn a_program_that_goes_away_and_comes_back_is_seen_and_logged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let check = format!("app=tcp://{address}");
    let mut agent = start(&["--container", "web", "--period", "100ms", &check]);
    assert_eq!(agent.wait_for("/readyz/web", 200), "ok\n");
    assert_eq!(agent.get("/startupz"), (200, "ok\n".into()));
    assert!(agent.line().ends_with(" level=info container=web check=app verdict=pass reason=connected\n"));
    drop(listener);
    assert_eq!(agent.wait_for("/livez", 502), "failed: web/app\n");
    let line = agent.line();
    assert!(line.contains(" level=warn container=web check=app verdict=fail reason="), "{line}");
    let body = agent.get("/livez?verbose").1;
    assert!(body.starts_with("[-] web/app: fail, ") && body.ends_with("\nfailed: web/app\n"), "{body}");
    let listener = TcpListener::bind(address).unwrap();
    agent.wait_for("/readyz", 200);
    assert!(agent.line().contains("verdict=pass"));
    drop(listener);
}

#[test]
fn a_check_that_hangs_is_a_gateway_timeout() {
    let agent = start(&["--timeout", "100ms", "exec:sleep 60"]);
    assert_eq!(agent.wait_for("/livez", 504), "failed: exec sleep\n");
    assert_eq!(agent.get("/agentz"), (200, "ok\n".into()));
}

#[test]
fn metrics_are_open_metrics() {
    let agent = start(&["exec:true"]);
    agent.wait_for("/readyz", 200);
    let text = agent.send(b"GET /metrics HTTP/1.1\r\n\r\n");
    assert!(
        text.contains("\r\nContent-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "\nhealth_probe_check_verdict{checked_container=\"\",check=\"exec true\",verdict=\"pass\"} 1\n"
        ),
        "{text}"
    );
    assert!(text.contains("health_probe_http_requests_total{path=\"readyz\",code=\"200\"}"), "{text}");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
}

#[test]
fn wrong_requests_are_refused() {
    let agent = start(&["exec:true"]);
    assert!(agent.send(b"garbage\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert!(agent.send(b"\x16\x03\x01\x02\n\n").starts_with("HTTP/1.1 400 "));
    assert_eq!(agent.get("/nothing").0, 404);
    let text = agent.send(b"DELETE /livez HTTP/1.1\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 405 ") && text.contains("\r\nAllow: GET, HEAD\r\n"), "{text}");
    let long = format!("GET /livez HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(20_000));
    assert!(agent.send(long.as_bytes()).starts_with("HTTP/1.1 431 "));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000));
    assert!(agent.send(long.as_bytes()).starts_with("HTTP/1.1 414 "));
    let head = agent.send(b"HEAD /livez HTTP/1.1\r\n\r\n");
    assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(agent.get("/livez").0, 200);
}

#[test]
fn slow_clients_are_closed_and_do_not_hold_others() {
    let agent = start(&["exec:true"]);
    agent.wait_for("/readyz", 200);
    let started = Instant::now();
    let mut slow: Vec<_> = (0..40).map(|_| TcpStream::connect(agent.address).unwrap()).collect();
    for stream in &mut slow {
        drop(stream.write_all(b"GET /livez HT"));
    }
    assert_eq!(agent.get("/livez").0, 200);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let mut last = slow.pop().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(last.read(&mut [0; 16]).unwrap_or_default(), 0);
    assert!((1..4).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[test]
fn a_request_in_pieces_is_answered() {
    let agent = start(&["exec:true"]);
    let mut stream = TcpStream::connect(agent.address).unwrap();
    for piece in ["GET /li", "vez HTTP/1.1\r\n", "\r", "\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
}

#[test]
fn a_report_makes_a_push_check_pass_until_it_is_too_old() {
    let agent = start(&["--container", "batch", "--period", "100ms", "job=push:?max-age=1s"]);
    agent.wait_for("/livez/batch", 200);
    assert_eq!(agent.get("/readyz").0, 503);
    assert_eq!(agent.ask("POST", "/push/batch/job"), (204, String::new()));
    assert_eq!(agent.get("/readyz"), (200, "ok\n".into()));
    assert_eq!(agent.ask("POST", "/push/job").0, 204);
    assert_eq!(agent.ask("POST", "/push/jobs").0, 404);
    assert_eq!(agent.wait_for("/livez", 503), "failed: batch/job\n");
}

#[test]
fn sigterm_takes_readiness_at_once_and_ends_the_agent_after_the_drain() {
    for signal in ["TERM", "INT"] {
        let mut agent = start(&["--drain", "600ms", "exec:true"]);
        agent.wait_for("/readyz", 200);
        let mut in_flight = TcpStream::connect(agent.address).unwrap();
        in_flight.write_all(b"GET /readyz HTTP/1.1\r\n").unwrap();
        let started = Instant::now();
        agent.signal(signal);
        assert_eq!(agent.wait_for("/readyz", 503), "failed: shutting down\n");
        assert_eq!(agent.get("/livez").0, 200);
        thread::sleep(Duration::from_millis(700).saturating_sub(started.elapsed()));
        assert!(TcpStream::connect(agent.address).is_err());
        in_flight.write_all(b"\r\n").unwrap();
        let mut text = String::new();
        in_flight.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
        assert_eq!(agent.process.wait().unwrap().code(), Some(0));
        assert!(started.elapsed() < Duration::from_secs(3));
        let mut log = String::new();
        agent.log.read_to_string(&mut log).unwrap();
        assert!(log.contains("msg=\"shutting down\"") && log.ends_with("msg=stopped\n"), "{log}");
    }
}

#[test]
fn a_port_that_is_taken_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_health-probe"))
        .args(["serve", "--listen", &address, "exec:true"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("msg=\"cannot serve\""));
}

#[test]
fn a_file_check_follows_its_file() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("served-heartbeat");
    fs::write(&file, "").unwrap();
    let agent = start(&["--period", "100ms", &format!("file://{}", file.display())]);
    agent.wait_for("/readyz", 200);
    fs::remove_file(&file).unwrap();
    agent.wait_for("/readyz", 502);
}
