use std::time::{Duration, Instant};

use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, soon};

const PASSWORD: &[u8] = b"pencil";

struct Example {
    hash: Hash,
    nonce: &'static str,
    server_first: &'static [u8],
    client_final: &'static str,
    server_final: &'static [u8],
}

/// The exchanges of RFC 5802 and RFC 7677, for the user `user` with the password `pencil`.
const EXAMPLES: [Example; 2] = [
    Example {
        hash: Hash::Sha1,
        nonce: "fyko+d2lbbFgONRv9qkxdawL",
        server_first: b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        client_final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        server_final: b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    },
    Example {
        hash: Hash::Sha256,
        nonce: "rOprNGfwEbeRWgbNEkqO",
        server_first:
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        server_final: b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    },
];

fn begun(example: &Example) -> Scram {
    Scram::with_nonce(example.hash, b"user", example.nonce.into())
}

fn answer(example: &Example, server_first: &[u8]) -> Result<(Vec<u8>, Proof), Outcome> {
    begun(example).answer(server_first, PASSWORD, &Salted::default(), soon())
}

#[test]
fn the_examples_of_the_rfcs_hold() {
    for example in &EXAMPLES {
        let first = format!("n,,n=user,r={}", example.nonce);
        assert_eq!(begun(example).first(), first.into_bytes());
        let (said, proof) = answer(example, example.server_first).unwrap();
        assert_eq!(String::from_utf8(said).unwrap(), example.client_final);
        assert_eq!(proof.verify(example.server_final), Ok(()));
    }
}

#[test]
fn fewer_rounds_than_the_rfc_asks_for_are_not_done() {
    for (rounds, made) in [(1, false), (4_095, false), (4_096, true)] {
        let challenge = format!("r={}x,s=QSXCR+Q6sek8bf92,i={rounds}", EXAMPLES[0].nonce);
        let outcome = answer(&EXAMPLES[0], challenge.as_bytes()).map(drop);
        let reason = "login not made: the server asks for less than 4096 rounds of SCRAM";
        let refused = Outcome::alive(Cause::Protocol, reason);
        assert_eq!(outcome, if made { Ok(()) } else { Err(refused) });
    }
}

#[test]
fn a_login_says_what_it_is_bound_to() {
    let certificate = Binding::ServerEndPoint(b"hash".to_vec());
    for (binding, header, proof) in [
        (Binding::None, "n,,", "c=biws,"),
        (Binding::NotOffered, "y,,", "c=eSws,"),
        (certificate, "p=tls-server-end-point,,", "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsaGFzaA==,"),
    ] {
        let login = begun(&EXAMPLES[1]).bound(binding);
        assert!(login.first().starts_with(header.as_bytes()));
        let said = login.answer(EXAMPLES[1].server_first, PASSWORD, &Salted::default(), soon()).unwrap().0;
        assert!(said.starts_with(proof.as_bytes()), "{said:?}");
    }
}

#[test]
fn a_server_that_does_not_know_the_password_fails() {
    let (_, proof) = answer(&EXAMPLES[1], EXAMPLES[1].server_first).unwrap();
    for last in
        [&b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="[..], b"v=AAAA", b"v=", b"v", b"", b"x=1", b"v=="]
    {
        let outcome = proof.verify(last).unwrap_err();
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Fail, Some(Cause::Identity)), "{last:?}");
    }
    let refused = proof.verify(b"e=invalid-proof");
    assert_eq!(refused, Err(Outcome::alive(Cause::Protocol, "login refused")));
}

#[test]
fn a_challenge_has_to_continue_our_nonce_and_be_whole() {
    let ours = EXAMPLES[0].nonce;
    for challenge in [
        format!("r={ours},s=QSXCR+Q6sek8bf92,i=4096"),
        "r=another,s=QSXCR+Q6sek8bf92,i=4096".into(),
        format!("m=ext,r={ours}x,s=QSXCR+Q6sek8bf92,i=4096"),
        format!("r={ours}x,s=QSXCR+Q6sek8bf92,i=0"),
        format!("r={ours}x,s=QSXCR+Q6sek8bf92,i=+1"),
        format!("r={ours}x,s=QSXCR+Q6sek8bf92,i=99999999999"),
        format!("r={ours}x,s=QSXCR+Q6sek8bf92"),
        format!("r={ours}x,s=,i=4096"),
        format!("r={ours}x,s=?,i=4096"),
        format!("r={ours}{},s=QSXCR+Q6sek8bf92,i=4096", "x".repeat(3000)),
        String::new(),
    ] {
        let outcome = answer(&EXAMPLES[0], challenge.as_bytes()).err();
        assert_eq!(outcome, Some(foreign().into()), "{challenge}");
    }
}

#[test]
fn no_number_of_rounds_outlives_the_deadline() {
    for rounds in [MOST_ROUNDS, MOST_ROUNDS + 1, u32::MAX] {
        let begin = Instant::now();
        let challenge = format!("r={}x,s=QSXCR+Q6sek8bf92,i={rounds}", EXAMPLES[1].nonce);
        let deadline = Deadline::after(Duration::from_millis(20));
        let outcome =
            begun(&EXAMPLES[1]).answer(challenge.as_bytes(), PASSWORD, &Salted::default(), deadline).err();
        let reason = format!("login takes {rounds} rounds of SCRAM, too many for the time");
        assert_eq!(outcome, Some(Outcome::alive(Cause::Protocol, reason)));
        assert!(begin.elapsed() < Duration::from_millis(500));
    }
}

#[test]
fn a_salted_password_is_kept_as_long_as_nothing_changes() {
    let salted = Salted::default();
    let passed = Deadline::after(Duration::ZERO);
    let first = salted.of(Hash::Sha256, PASSWORD, b"salt", 5000, soon()).unwrap();
    assert_eq!(salted.of(Hash::Sha256, PASSWORD, b"salt", 5000, passed), Ok(first));
    assert!(salted.of(Hash::Sha256, b"other", b"salt", 5000, passed).is_err());
    assert!(salted.of(Hash::Sha256, PASSWORD, b"pepper", 5000, passed).is_err());
    assert!(salted.of(Hash::Sha256, PASSWORD, b"salt", 5001, passed).is_err());
    assert!(salted.of(Hash::Sha1, PASSWORD, b"salt", 5000, passed).is_err());
}

#[test]
fn names_are_escaped_and_no_two_logins_are_alike() {
    let first = Scram::new(Hash::Sha256, b"a=b,c").unwrap().first();
    assert!(first.starts_with(b"n,,n=a=3Db=2Cc,r="));
    assert_eq!(first.len(), b"n,,n=a=3Db=2Cc,r=".len() + 24);
    assert_ne!(first, Scram::new(Hash::Sha256, b"a=b,c").unwrap().first());
}

#[test]
fn no_message_makes_it_panic() {
    let mut random = Random(3);
    let few = b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    for _ in 0..5_000 {
        if let Ok((_, proof)) = answer(&EXAMPLES[1], &random.damaged(few)) {
            let _ = proof.verify(&random.damaged(EXAMPLES[1].server_final));
        }
    }
}
