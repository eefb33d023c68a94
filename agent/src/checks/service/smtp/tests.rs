use std::io::{BufRead, BufReader};
use std::sync::mpsc;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{check, says, server, soon, survives, survives_answering};

fn run(port: u16, deadline: Deadline) -> Outcome {
    Smtp::from_url(&check("smtp", port, &[])).unwrap().run(deadline)
}

fn upgrade(port: u16, deadline: Deadline) -> Outcome {
    Smtp::from_url(&check("smtp", port, &[("starttls", "")])).unwrap().run(deadline)
}

const HEALTHY: &[u8] = b"220-host ESMTP\r\n220 ready\r\n250-host\r\n250 HELP\r\n221 bye\r\n";

#[test]
fn a_greeting_and_an_answer_to_ehlo_pass() {
    assert_eq!(run(says(HEALTHY), soon()), Outcome::pass("220-host ESMTP"));
}

#[test]
fn each_refusal_tells_a_busy_server_from_a_closed_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail, Pass};
    for (reply, verdict, cause) in [
        ("421 too many connections", Alive, Some(Unhealthy)),
        ("450 later", Alive, Some(Unhealthy)),
        ("554 no service", Alive, Some(Protocol)),
        ("354 go on", Fail, Some(Protocol)),
        ("250 hello", Fail, Some(Protocol)),
        ("220 a\r\n421 shutting down", Alive, Some(Unhealthy)),
        ("220 a\r\n451 later", Alive, Some(Unhealthy)),
        ("220 a\r\n502 what\r\n250 a", Pass, None),
        ("220 a\r\n502 what\r\n502 what", Alive, Some(Protocol)),
        ("220 a\r\n220 a", Alive, Some(Protocol)),
        ("220 a\r\nwhat", Alive, Some(Protocol)),
        ("* OK IMAP ready", Fail, Some(Protocol)),
    ] {
        let outcome = run(says(format!("{reply}\r\n").as_bytes()), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, cause), "{reply}: {outcome:?}");
    }
}

#[test]
fn an_upgrade_is_asked_for_only_where_it_is_offered() {
    use Cause::{Identity, Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    const OFFERED: &str = "220 a\r\n250-a\r\n250 STARTTLS\r\n";
    for (reply, verdict, cause, reason) in [
        ("220 a\r\n250-a\r\n250 HELP\r\n".into(), Alive, Protocol, "STARTTLS is not offered"),
        (format!("{OFFERED}454 later\r\n"), Alive, Unhealthy, "454 later"),
        (format!("{OFFERED}554 no\r\n"), Alive, Protocol, "554 no"),
        (
            format!("{OFFERED}220 go\r\n250 a\r\n"),
            Fail,
            Identity,
            "words in the clear after the agreement to TLS",
        ),
    ] {
        let outcome = upgrade(says(reply.as_bytes()), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{reply}");
        assert_eq!(outcome.reason, reason);
    }
}

/// The commands that a server with these replies, one a command, gets to hear.
fn received<const COUNT: usize>(
    replies: [&'static str; COUNT],
    ask: fn(u16, Deadline) -> Outcome,
) -> Vec<String> {
    let (received, hear) = mpsc::channel();
    let port = server(move |stream| {
        let mut writer = stream.try_clone().unwrap();
        let mut lines = BufReader::new(stream).lines();
        for reply in replies {
            writer.write_all(reply.as_bytes()).unwrap();
            let Some(Ok(line)) = lines.next() else { break };
            received.send(line).unwrap();
        }
    });
    ask(port, soon());
    hear.try_iter().collect()
}

#[test]
fn every_server_that_speaks_smtp_is_told_goodbye() {
    let hello = "250-a\r\n250 HELP\r\n";
    assert_eq!(received(["220 a\r\n", hello, "221 a\r\n"], run), ["EHLO localhost", "QUIT"]);
    assert_eq!(received(["554 no\r\n"], run), ["QUIT"]);
    assert_eq!(received(["220 a\r\n", hello], upgrade), ["EHLO localhost", "QUIT"]);
    let heard_old = received(["220 a\r\n", "502 what\r\n", "250 a\r\n"], run);
    assert_eq!(heard_old, ["EHLO localhost", "HELO localhost", "QUIT"]);
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, b"220 host ESMTP\r\n250 host\r\n");
    survives_answering(upgrade, b"220 host ESMTP\r\n250-host\r\n250 STARTTLS\r\n220 go\r\n");
}
