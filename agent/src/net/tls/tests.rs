mod limits;

use std::io::{Read, Write};
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::certificate::Validity;
use super::*;
use crate::check::Verdict;
use crate::net::test_server::{Random, check, in_time, says, server, soon, survives};
use crate::net::{Endpoint, Socket};

fn file(name: &str) -> String {
    format!("{}/src/net/tls/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

/// Of a server with a certificate; `mutual` asks for one of the CA.
fn server_config(name: &str, version: &'static SupportedProtocolVersion, mutual: bool) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate("ca.crt")).unwrap();
    let builder = match mutual {
        false => builder.with_no_client_auth(),
        true => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap(),
        ),
    };
    let key = PrivateKeyDer::from_pem_file(file("test.key")).unwrap();
    // Past the builder's own look at the certificate, which refuses version 1.
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let certified = CertifiedKey::new(vec![certificate(name)], key);
    Arc::new(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified))))
}

/// A TLS server that says `hello` once it is spoken to.
pub fn tls_server(name: &str, version: &'static SupportedProtocolVersion, mutual: bool) -> u16 {
    serving(server_config(name, version, mutual), b"", b"hello".to_vec())
}

/// A TLS server that says this once it is spoken to in one of these protocols (ALPN), or in whichever if there are none.
pub fn speaking_server(protocols: &[&str], answer: Vec<u8>) -> u16 {
    let mut config = server_config("server.crt", &TLS13, false);
    if let Some(config) = Arc::get_mut(&mut config) {
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    }
    serving(config, b"", answer)
}

/// The same, once it has heard a line in the clear and has agreed.
pub fn upgrading_server(name: &str, agreement: &'static [u8]) -> u16 {
    serving(server_config(name, &TLS13, false), agreement, b"hello".to_vec())
}

fn serving(config: Arc<ServerConfig>, agreement: &'static [u8], answer: Vec<u8>) -> u16 {
    server(move |mut stream| {
        if !agreement.is_empty() {
            let mut byte = [0];
            while stream.read(&mut byte).is_ok_and(|count| count > 0) && byte != *b"\n" {}
            let _ = stream.write_all(agreement);
        }
        let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        let mut received = [0; 64];
        if tls.read(&mut received).is_ok_and(|count| count > 0) {
            let _ = tls.write_all(&answer);
            tls.conn.send_close_notify();
        }
        // Also sends the alert of a handshake that failed.
        let _ = tls.conn.complete_io(&mut tls.sock);
    })
}

/// A TLS server that goes after the handshake and these words, and that sends no alert where the handshake fails.
fn curt_server(
    version: &'static SupportedProtocolVersion,
    mutual: bool,
    words: &'static [u8],
    notify: bool,
) -> u16 {
    let config = server_config("server.crt", version, mutual);
    server(move |mut stream| {
        let mut session = ServerConnection::new(config.clone()).unwrap();
        let mut accepted = true;
        while accepted && session.is_handshaking() {
            accepted = session.read_tls(&mut stream).is_ok_and(|count| count > 0)
                && session.process_new_packets().is_ok();
            while accepted && session.wants_write() {
                session.write_tls(&mut stream).unwrap();
            }
        }
        if accepted {
            session.writer().write_all(words).unwrap();
            if notify {
                session.send_close_notify();
            }
            while session.wants_write() {
                session.write_tls(&mut stream).unwrap();
            }
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while stream.read(&mut [0; 512]).is_ok_and(|count| count > 0) {}
    })
}

/// What comes of a whole exchange.
fn exchange(tls: &Tls, port: u16) -> Result<String, Outcome> {
    let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut stream = tls.handshake(DeadlineStream::new(Socket::Tcp(stream), soon(), 1024))?;
    let mut said = String::new();
    stream.write_all(b"hi").and_then(|()| stream.read_to_string(&mut said)).map_err(fault)?;
    stream.drain();
    Ok(said)
}

fn with(options: &[(&str, &str)], port: u16) -> Result<String, Outcome> {
    let options: Vec<(&str, String)> = options
        .iter()
        .map(|&(name, value)| (name, if name == "server-name" { value.to_owned() } else { file(value) }))
        .collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    exchange(&Tls::from_url(&check("tls", port, &options)).unwrap(), port)
}

fn refused(reason: &str) -> Result<String, Outcome> {
    Err(Outcome::fail(Cause::Protocol, reason))
}

fn distrusted(reason: &str) -> Result<String, Outcome> {
    Err(Outcome::fail(Cause::Identity, reason))
}

#[test]
fn with_a_ca_chain_name_and_dates_are_verified() {
    for version in [&TLS12, &TLS13] {
        let good = tls_server("server.crt", version, false);
        assert_eq!(with(&[("ca", "ca.crt")], good).as_deref(), Ok("hello"));
        assert_eq!(with(&[("ca", "ca.crt"), ("server-name", "api")], good).as_deref(), Ok("hello"));
        let wrong = with(&[("ca", "ca.crt"), ("server-name", "web")], good);
        assert_eq!(wrong, distrusted("certificate is not valid for name web"));
        assert_eq!(
            with(&[("ca", "own-ca.crt")], good),
            distrusted("certificate not trusted: unknown issuer")
        );
        let expired = tls_server("expired.crt", version, false);
        assert_eq!(with(&[("ca", "ca.crt")], expired), distrusted("certificate expired"));
    }
}

#[test]
fn without_a_ca_any_certificate_will_do() {
    for version in [&TLS12, &TLS13] {
        for name in ["server.crt", "expired.crt", "own-ca.crt", "version-1.crt"] {
            assert_eq!(with(&[], tls_server(name, version, false)).as_deref(), Ok("hello"), "{name}");
        }
    }
}

#[test]
fn a_self_signed_certificate_can_be_listed_itself() {
    let port = tls_server("own-ca.crt", &TLS13, false);
    assert_eq!(with(&[("ca", "own-ca.crt")], port).as_deref(), Ok("hello"));
    let named = with(&[("ca", "own-ca.crt"), ("server-name", "api")], port);
    assert_eq!(named, distrusted("certificate is not valid for name api"));
    let unlisted = with(&[("ca", "ca.crt")], port);
    assert_eq!(unlisted, distrusted("certificate not trusted: it is a CA's own, and not listed itself"));
}

#[test]
fn a_server_that_refuses_the_client_certificate_is_alive() {
    for version in [&TLS12, &TLS13] {
        let port = tls_server("server.crt", version, true);
        let login = [("ca", "ca.crt"), ("cert", "client.crt"), ("key", "test.key")];
        assert_eq!(with(&login, port).as_deref(), Ok("hello"));
        let none = with(&[("ca", "ca.crt")], port).unwrap_err();
        let asked = Outcome::alive(Cause::Protocol, "peer asks for a client certificate");
        assert_eq!(none, asked, "{version:?}");
        let other = with(&[("cert", "own-ca.crt"), ("key", "test.key")], port).unwrap_err();
        assert_eq!(other.verdict, Verdict::Alive, "{other:?}");
    }
}

#[test]
fn a_server_that_asks_for_a_client_certificate_and_goes_without_a_word_is_alive() {
    let ours = [("cert", "client.crt"), ("key", "test.key")];
    let strange = [("cert", "own-ca.crt"), ("key", "test.key")];
    let shown = "peer closes after it was shown the client certificate that it asked for";
    let closed = "connection closed before the answer";
    for version in [&TLS12, &TLS13] {
        for notify in [false, true] {
            let port = curt_server(version, true, b"", notify);
            let expected = |reason| Err(Outcome::alive(Cause::Protocol, reason));
            assert_eq!(with(&strange, port), expected(shown), "{version:?} {notify}");
            assert_eq!(with(&ours, port), expected(shown), "{version:?} {notify}");
            let none = expected("peer asks for a client certificate, and closes");
            assert_eq!(with(&[], port), none, "{version:?} {notify}");
        }
        // Nobody asked for the certificate that the check has, or the answer had begun.
        assert_eq!(with(&ours, curt_server(version, false, b"", false)), refused(closed), "{version:?}");
        assert_eq!(with(&ours, curt_server(version, false, b"", true)).as_deref(), Ok(""), "{version:?}");
        assert_eq!(with(&ours, curt_server(version, true, b"he", false)), refused(closed), "{version:?}");
        assert_eq!(with(&ours, curt_server(version, true, b"he", true)).as_deref(), Ok("he"), "{version:?}");
    }
}

#[test]
fn what_one_handshake_asked_for_is_no_excuse_in_the_next() {
    let options = [("cert", file("client.crt")), ("key", file("test.key"))];
    let options = options.each_ref().map(|(name, path)| (*name, path.as_str()));
    let tls = Tls::from_url(&check("tls", 1, &options)).unwrap();
    let outcome = exchange(&tls, curt_server(&TLS13, true, b"", false)).unwrap_err();
    assert_eq!(outcome.verdict, Verdict::Alive, "{outcome:?}");
    let port = curt_server(&TLS13, false, b"", false);
    assert_eq!(exchange(&tls, port), refused("connection closed before the answer"));
    assert_eq!(exchange(&tls, says(b"")), refused("connection closed in the TLS handshake"));
}

#[test]
fn a_renewed_file_is_read_again() {
    let path = std::env::temp_dir().join(format!("health-probe-ca-{}", std::process::id()));
    let port = tls_server("server.crt", &TLS13, false);
    let tls = Tls::from_url(&check("tls", port, &[("ca", path.to_str().unwrap())])).unwrap();
    let missing = format!("cannot read {}: no such file", path.display());
    assert_eq!(exchange(&tls, port), Err(Outcome::alive(Cause::Protocol, missing)));
    std::fs::copy(file("own-ca.crt"), &path).unwrap();
    assert_eq!(exchange(&tls, port), distrusted("certificate not trusted: unknown issuer"));
    let renewed = path.with_extension("new");
    std::fs::copy(file("ca.crt"), &renewed).unwrap();
    std::fs::rename(&renewed, &path).unwrap();
    assert_eq!(exchange(&tls, port).as_deref(), Ok("hello"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_peer_without_tls_is_told_apart() {
    assert_eq!(with(&[], says(b"HTTP/1.1 400 Bad Request\r\n\r\n")), refused("peer does not speak TLS"));
    assert_eq!(with(&[], says(b"")), refused("connection closed in the TLS handshake"));
}

#[test]
fn dates_are_read_to_the_second_and_damage_is_no_panic() {
    let good = certificate("server.crt");
    let validity = Validity { from: 1_577_836_800, until: 4_733_510_400 };
    assert_eq!(Validity::of(&good), Some(validity));
    let at = |seconds| validity.check(UnixTime::since_unix_epoch(Duration::from_secs(seconds))).is_ok();
    assert_eq!(
        [at(1_577_836_799), at(1_577_836_800), at(4_733_510_400), at(4_733_510_401)],
        [false, true, true, false]
    );
    let mut random = Random(5);
    for _ in 0..20_000 {
        let _ = Validity::of(&random.damaged(&good).into());
    }
}

fn handshake(port: u16, deadline: crate::check::Deadline) -> Outcome {
    let endpoint = Endpoint::over_tls(&check("tls", port, &[])).unwrap();
    endpoint.open(deadline, 0).map_or_else(|outcome| outcome, |_| Outcome::pass(""))
}

#[test]
fn hostile_servers_are_survived() {
    survives(handshake, b"\x16\x03\x03\x00\x20\x02\x00\x00\x1c\x03\x03 and so on, but no further");
    let flood = server(|mut stream| while stream.write_all(&[0x16, 3, 3, 0, 1, 0]).is_ok() {});
    assert_eq!(
        in_time(&|deadline| handshake(flood, deadline), Duration::from_secs(2)).verdict,
        Verdict::Fail
    );
}
