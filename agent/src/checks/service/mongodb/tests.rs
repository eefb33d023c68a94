mod login;
mod wire;

use std::io::{Read, Write};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{check, says, server, soon};

fn run(port: u16, deadline: Deadline) -> Outcome {
    run_with(port, &[], deadline)
}

fn run_with(port: u16, options: &[(&str, &str)], deadline: Deadline) -> Outcome {
    MongoDb::from_url(&check("mongodb", port, options)).unwrap().run(deadline)
}

fn framed(id: i32, document: Builder) -> Vec<u8> {
    let document = document.finish();
    let mut message = (document.len() as u32 + 21).to_le_bytes().to_vec();
    for field in [99, id, 2013, 0] {
        message.extend_from_slice(&i32::to_le_bytes(field));
    }
    message.push(0);
    [message, document].concat()
}

fn good() -> Builder {
    Builder::new().integer("ok", 1)
}

fn member(set: &[u8]) -> Builder {
    good().text("setName", set).integer("maxWireVersion", 21)
}

/// As MongoDB's own, which come as doubles in some places; the flags are those of the documented answers.
fn refusal(code: i32, said: &str) -> Builder {
    Builder::new().integer("ok", 0).text("errmsg", said.as_bytes()).integer("code", code)
}

/// A date, which no command of ours holds.
fn dated(document: Builder, name: &str, millis: i64) -> Builder {
    let mut bytes = document.finish();
    bytes.pop();
    bytes.push(0x09);
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&millis.to_le_bytes());
    Builder::from_bytes(bytes)
}

#[test]
fn each_state_tells_a_member_that_works_from_one_that_does_not_yet() {
    for (hello, verdict, reason) in [
        (good().flag("isWritablePrimary", true), Verdict::Pass, "standalone"),
        (good().flag("ismaster", true), Verdict::Pass, "standalone"),
        (good().flag("isWritablePrimary", true).text("msg", b"isdbgrid"), Verdict::Pass, "mongos"),
        (member(b"rs0").flag("isWritablePrimary", true), Verdict::Pass, "primary of rs0"),
        (member(b"rs0").flag("secondary", true), Verdict::Pass, "secondary of rs0"),
        (
            member(b"rs0").flag("secondary", true).flag("hidden", true),
            Verdict::Pass,
            "hidden secondary of rs0",
        ),
        (member(b"rs0").flag("arbiterOnly", true), Verdict::Pass, "arbiter of rs0"),
        (
            member(b"rs0").flag("secondary", false),
            Verdict::Alive,
            "neither primary nor secondary of rs0: starting or recovering",
        ),
        (
            good().flag("isreplicaset", true),
            Verdict::Alive,
            "replica set is not initiated, or this is no member of it",
        ),
        (good(), Verdict::Alive, "neither primary nor secondary"),
        (member(b"a\nb").flag("secondary", true), Verdict::Pass, "secondary of a?b"),
    ] {
        let outcome = run(says(&framed(1, hello)), soon());
        assert_eq!((outcome.verdict, outcome.reason.as_str()), (verdict, reason));
        assert_eq!(outcome.cause, (verdict != Verdict::Pass).then_some(Cause::Unhealthy));
    }
}

#[test]
fn a_role_that_is_wanted_is_the_only_one_that_passes() {
    let standalone = || good().flag("isWritablePrimary", true);
    for (hello, role, reason) in [
        (standalone(), "primary", None),
        (member(b"rs0").flag("isWritablePrimary", true), "primary", None),
        (member(b"rs0").flag("secondary", true), "replica", None),
        (standalone(), "replica", Some("standalone, expected a secondary")),
        (member(b"rs0").flag("secondary", true), "primary", Some("secondary of rs0, expected a primary")),
        (
            member(b"rs0").flag("isWritablePrimary", true),
            "replica",
            Some("primary of rs0, expected a secondary"),
        ),
        (member(b"rs0").flag("arbiterOnly", true), "primary", Some("arbiter of rs0, expected a primary")),
    ] {
        let outcome = run_with(says(&framed(1, hello)), &[("role", role)], soon());
        match reason {
            None => assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:?}"),
            Some(reason) => assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason)),
        }
    }
}

#[test]
fn a_secondary_that_is_too_far_behind_is_alive() {
    let now = 1_763_985_600_000;
    let secondary = |written| {
        let last = dated(Builder::new(), "lastWriteDate", written);
        dated(member(b"rs0").flag("secondary", true).document("lastWrite", last), "localTime", now)
    };
    let judged = |written| run_with(says(&framed(1, secondary(written))), &[("max-lag", "30s")], soon());
    assert_eq!(judged(now - 4_000), Outcome::pass("secondary of rs0, last write 4s ago"));
    assert_eq!(judged(now + 4_000).verdict, Verdict::Pass);
    let reason = "secondary of rs0, last write 1m30s ago, expected within 30s";
    assert_eq!(judged(now - 90_000), Outcome::alive(Cause::Unhealthy, reason));
    assert_eq!(judged(i64::MIN).verdict, Verdict::Alive);
    assert_eq!(judged(i64::MAX).verdict, Verdict::Pass);
    let primary = member(b"rs0").flag("isWritablePrimary", true);
    assert_eq!(run_with(says(&framed(1, primary)), &[("max-lag", "1s")], soon()).verdict, Verdict::Pass);
    let silent = member(b"rs0").flag("secondary", true);
    let outcome = run_with(says(&framed(1, silent)), &[("max-lag", "1s")], soon());
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)));
}

#[test]
fn each_error_tells_a_server_that_changes_from_a_broken_one() {
    use Cause::{Protocol, Unhealthy};
    use Verdict::{Alive, Fail};
    for (code, verdict, cause) in [
        (91, Alive, Unhealthy),
        (189, Alive, Unhealthy),
        (11600, Alive, Unhealthy),
        (13436, Alive, Unhealthy),
        (50, Alive, Unhealthy),
        (13, Alive, Protocol),
        (322, Alive, Protocol),
        (8, Fail, Unhealthy),
    ] {
        let outcome = run(says(&framed(1, refusal(code, "it says why"))), soon());
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(cause)), "{code}");
        assert_eq!(outcome.reason, "it says why");
    }
    let outcome = run(says(&framed(1, Builder::new().integer("greeting", 1))), soon());
    assert_eq!((outcome.verdict, outcome.cause), (Fail, Some(Protocol)));
}

/// A server whose answers are those of the script, one a command, each made of what the command holds.
fn scripted(script: impl Fn(usize, Document<'_>) -> Builder + Send + Sync + 'static) -> u16 {
    server(move |mut stream| {
        for turn in 0.. {
            let mut head = [0; 21];
            if stream.read_exact(&mut head).is_err() {
                return;
            }
            let mut command = vec![0; u32::from_le_bytes(head[..4].try_into().unwrap()) as usize - 21];
            stream.read_exact(&mut command).unwrap();
            let answer = script(turn, Document::read(&command).unwrap());
            stream.write_all(&framed(turn as i32 + 1, answer)).unwrap();
        }
    })
}

#[test]
fn a_server_without_hello_is_asked_for_what_came_before_it() {
    let port = scripted(|turn, command| match turn {
        0 => refusal(59, "no such command: 'hello'"),
        _ => {
            assert!(command.flag("isMaster") && command.flag("helloOk"));
            assert_eq!(command.text("$db"), Some(&b"admin"[..]));
            good().flag("ismaster", true).text("setName", b"old")
        }
    });
    assert_eq!(run(port, soon()), Outcome::pass("primary of old"));
}
