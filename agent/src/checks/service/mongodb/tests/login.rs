use std::num::NonZeroU32;

use ring::{digest, hmac, pbkdf2};

use super::*;
use crate::net::codec::base64;

const PASSWORD: &str = "correct-horse";
const SALT: &[u8] = b"sixteen bytes !!";
const ROUNDS: u32 = 4096;

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
    let digested = format!("{:x}", md5::compute(format!("probe:mongo:{PASSWORD}")));
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
    let outcome = MongoDb::from_url(&check).unwrap().run(soon());
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
fn a_login_of_few_rounds_is_not_made() {
    let port = scripted(|turn, command| match turn {
        0 => good().flag("isWritablePrimary", true),
        _ => {
            assert_eq!(turn, 1);
            let message = String::from_utf8(command.binary("payload").unwrap().to_vec()).unwrap();
            let nonce = message.rsplit("r=").next().unwrap();
            let first = format!("r={nonce}server,s={},i=4095", base64::encode(SALT));
            good().integer("conversationId", 1).binary("payload", first.as_bytes())
        }
    });
    let reason = "login not made: the server asks for less than 4096 rounds of SCRAM";
    assert_eq!(log_in(port, PASSWORD), Outcome::alive(Cause::Protocol, reason));
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
    let outcome = MongoDb::from_url(&half).unwrap().run(soon());
    assert_eq!(outcome, Outcome::alive(Cause::Protocol, "user is given without a password"));
}

#[test]
fn a_server_that_leaves_a_login_without_an_answer_is_alive() {
    let hello = framed(1, good().flag("isWritablePrimary", true));
    let reason = "hello was answered, but connection closed before the answer";
    assert_eq!(log_in(says(&hello), PASSWORD), Outcome::alive(Cause::Protocol, reason));
}
