use std::io::{Read, Write};
use std::num::NonZeroU32;

use md5::{Digest, Md5};
use ring::{digest, hmac, pbkdf2};

use super::bson::Value;
use super::message;
use super::*;
use crate::net::base64;
use crate::net::test_server::{Random, check, says, server, soon, survives};
use crate::outcome::Verdict;

const PASSWORD: &str = "correct-horse";
const SALT: &[u8] = b"sixteen bytes !!";
const ROUNDS: u32 = 4096;

fn run(port: u16, deadline: Deadline) -> Outcome {
    run_with(port, &[], deadline)
}

fn run_with(port: u16, options: &[(&str, &str)], deadline: Deadline) -> Outcome {
    MongoDb::from_check(&check("mongodb", port, options)).unwrap().run(deadline)
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

/// The server's part of SCRAM (RFC 5802), with one empty message more where `empty` says so.
fn with_password(sha1: bool, empty: bool, honest: bool) -> u16 {
    let said = std::sync::Mutex::new(Vec::new());
    scripted(move |turn, command| {
        let payload = command.binary("payload").unwrap_or_default().to_vec();
        let message = String::from_utf8(payload.clone()).unwrap();
        let conversation = good().integer("conversationId", 7);
        let mut said = said.lock().unwrap();
        match turn {
            0 => {
                assert_eq!(command.text("saslSupportedMechs"), Some(&b"app.probe"[..]));
                // As the array that servers send: the names of its elements are numbers.
                let mechanism: &[u8] = if sha1 { b"SCRAM-SHA-1" } else { b"SCRAM-SHA-256" };
                let offered = Builder::new().text("0", mechanism);
                good().flag("isWritablePrimary", true).array("saslSupportedMechs", offered)
            }
            1 => {
                assert_eq!(command.text("$db"), Some(&b"app"[..]));
                let bare = message.strip_prefix("n,,").unwrap();
                let nonce = bare.strip_prefix("n=probe,r=").unwrap();
                let first = format!("r={nonce}server,s={},i={ROUNDS}", base64::encode(SALT));
                *said = format!("{bare},{first}").into_bytes();
                conversation.flag("done", false).binary("payload", first.as_bytes())
            }
            2 => {
                assert_eq!(command.integer("conversationId"), Some(7));
                let (unproven, proof) = message.split_once(",p=").unwrap();
                said.extend_from_slice(format!(",{unproven}").as_bytes());
                let (right, signature) = judge_proof(sha1, &said, &base64::decode(proof.as_bytes()).unwrap());
                if !right {
                    return refusal(18, "Authentication failed.");
                }
                let signature = if honest { base64::encode(&signature) } else { base64::encode(SALT) };
                conversation.flag("done", !empty).binary("payload", format!("v={signature}").as_bytes())
            }
            3 if empty => {
                assert!(payload.is_empty());
                conversation.flag("done", true).binary("payload", b"")
            }
            _ => {
                assert!(command.flag("ping"));
                good()
            }
        }
    })
}

fn judge_proof(sha1: bool, said: &[u8], proof: &[u8]) -> (bool, Vec<u8>) {
    let (hmac, pbkdf2) = if sha1 {
        (hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pbkdf2::PBKDF2_HMAC_SHA1)
    } else {
        (hmac::HMAC_SHA256, pbkdf2::PBKDF2_HMAC_SHA256)
    };
    let digested = Md5::digest(format!("probe:mongo:{PASSWORD}"));
    let digested: String = digested.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = if sha1 { digested.as_str() } else { PASSWORD };
    let mut salted = vec![0; proof.len()];
    pbkdf2::derive(pbkdf2, NonZeroU32::new(ROUNDS).unwrap(), SALT, secret.as_bytes(), &mut salted);
    let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac, key), text).as_ref().to_vec();
    let client_key = sign(&salted, b"Client Key");
    let stored = digest::digest(hmac.digest_algorithm(), &client_key);
    let signature = sign(stored.as_ref(), said);
    let expected: Vec<u8> = client_key.iter().zip(signature).map(|(key, byte)| key ^ byte).collect();
    (expected == proof, sign(&sign(&salted, b"Server Key"), said))
}

fn log_in(port: u16, password: &str) -> Outcome {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("health-probe-mongodb-{}-{count}", std::process::id()));
    std::fs::write(&path, password).unwrap();
    let mut check = check("mongodb", port, &[("password-file", path.to_str().unwrap())]);
    check.user = "probe".into();
    check.path = "/app".into();
    let outcome = MongoDb::from_check(&check).unwrap().run(soon());
    std::fs::remove_file(path).unwrap();
    assert!(!outcome.reason.contains("horse"), "{outcome:?}");
    outcome
}

#[test]
fn a_login_is_made_by_what_the_user_has() {
    for sha1 in [false, true] {
        for empty in [false, true] {
            let outcome = log_in(with_password(sha1, empty, true), PASSWORD);
            assert_eq!(outcome, Outcome::pass("standalone"), "{sha1} {empty}");
        }
        let outcome = log_in(with_password(sha1, false, true), "wrong-horse");
        let reason = "login refused: Authentication failed.";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason));
        let outcome = log_in(with_password(sha1, false, false), PASSWORD);
        assert_eq!(outcome.verdict, Verdict::Fail, "{outcome:?}");
    }
}

#[test]
fn who_holds_no_users_is_not_logged_in_to() {
    for (state, reason) in [("arbiterOnly", "arbiter of rs0"), ("none", "neither primary")] {
        let port = scripted(move |turn, _| {
            assert_eq!(turn, 0);
            member(b"rs0").flag(state, true)
        });
        assert!(log_in(port, PASSWORD).reason.starts_with(reason));
    }
}

#[test]
fn half_a_login_is_not_made() {
    let mut half = check("mongodb", 1, &[]);
    half.user = "probe".into();
    let outcome = MongoDb::from_check(&half).unwrap().run(soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "user is given without a password"));
}

#[test]
fn what_is_no_mongodb_fails() {
    let mut numbered = framed(1, good().flag("isWritablePrimary", true));
    numbered[8] = 9;
    for said in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        numbered,
        framed(1, good())[..25].to_vec(),
        [framed(1, good()), vec![0]].concat(),
        vec![0xff; 64],
        vec![],
    ] {
        let outcome = run(says(&said), soon());
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Protocol)), "{said:?}");
    }
}

#[test]
fn a_checksum_is_stepped_over() {
    let mut message = framed(1, good().flag("isWritablePrimary", true));
    message[0] += 4;
    message[16] = 1;
    message.extend_from_slice(b"crc!");
    assert_eq!(run(says(&message), soon()).verdict, Verdict::Pass);
}

/// A document with an element of every type, in the order of their numbers.
fn every_type() -> Vec<u8> {
    let mut elements: Vec<u8> = Vec::new();
    let pieces: [&[u8]; 21] = [
        b"\x01a\0\0\0\0\0\0\0\xf0\x3f",
        b"\x02b\0\x02\0\0\0x\0",
        b"\x03c\0\x05\0\0\0\0",
        b"\x04d\0\x05\0\0\0\0",
        b"\x05e\0\x01\0\0\0\0x",
        b"\x06f\0",
        b"\x07g\x00123456789012",
        b"\x08h\0\x01",
        b"\x09i\0\x01\0\0\0\0\0\0\0",
        b"\x0aj\0",
        b"\x0bk\0x\0y\0",
        b"\x0cl\0\x02\0\0\0x\x00123456789012",
        b"\x0dm\0\x02\0\0\0x\0",
        b"\x0en\0\x02\0\0\0x\0",
        b"\x0fo\0\x0f\0\0\0\x02\0\0\0x\0\x05\0\0\0\0",
        b"\x10p\0\x01\0\0\0",
        b"\x11q\x0012345678",
        b"\x12r\0\x01\0\0\0\0\0\0\0",
        b"\x13s\x001234567890123456",
        b"\x7ft\0",
        b"\xffu\0",
    ];
    pieces.iter().for_each(|piece| elements.extend_from_slice(piece));
    [&(elements.len() as u32 + 5).to_le_bytes(), &elements[..], &[0]].concat()
}

#[test]
fn every_type_of_bson_is_read_or_stepped_over() {
    let bytes = every_type();
    let document = Document::read(&bytes).unwrap();
    assert!(document.flag("a") && document.flag("h") && document.flag("r"));
    assert_eq!(document.text("b"), Some(&b"x"[..]));
    assert_eq!(document.binary("e"), Some(&b"x"[..]));
    assert_eq!(document.date("i"), Some(1));
    assert_eq!(document.integer("p"), Some(1));
    assert_eq!(document.get("u"), Some(Value::Other));
    assert_eq!(document.get("v"), None);
}

#[test]
fn hostile_servers_are_survived() {
    survives(run, &framed(1, member(b"rs0").flag("secondary", true)));
}

#[test]
fn no_bytes_make_the_parsers_panic() {
    let mut random = Random(42);
    let message = framed(1, member(b"rs0").document("lastWrite", Builder::new().integer("a", 1)));
    for _ in 0..20_000 {
        if let Some(document) = Document::read(&random.damaged(&every_type())) {
            for name in ["a", "b", "c", "d", "e", "i", "u"] {
                let _ = (
                    document.flag(name),
                    document.text(name),
                    document.document(name),
                    document.lists(name, b""),
                );
            }
        }
        let _ = message::reply(&mut &random.damaged(&message)[..], 1).map(|reply| {
            reply.document().flag("ok");
        });
    }
}
