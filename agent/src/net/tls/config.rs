//! The files of a check as a configuration of rustls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SignatureScheme};

use super::trust::{AcceptAny, CaOrPinned};
use crate::check::{Cause, Outcome};
use crate::net::io::files;
use crate::net::io::files::Stamp;

/// A whole distribution's CA bundle is a fifth of this.
const FILE_LIMIT: u64 = 1024 * 1024;

/// Whether a peer asked for a client certificate since this was last forgotten.
#[derive(Debug, Default)]
pub struct RequestFlag(AtomicBool);

impl RequestFlag {
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What is shown to a peer that asks for a client certificate, or the lack of one, with a note that it did.
#[derive(Debug)]
struct NotingResolver {
    shown: Arc<dyn ResolvesClientCert>,
    asked: Arc<RequestFlag>,
}

impl ResolvesClientCert for NotingResolver {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.0.store(true, Ordering::Relaxed);
        self.shown.resolve(issuers, schemes)
    }

    fn has_certs(&self) -> bool {
        self.shown.has_certs()
    }
}

/// The paths of the PEM files.
pub struct Files {
    pub ca: Option<String>,
    pub cert: Option<String>,
    pub key: Option<String>,
}

impl Files {
    /// The stamps of the files as they are now.
    pub fn stamps(&self) -> [Option<Stamp>; 3] {
        [&self.ca, &self.cert, &self.key].map(|path| path.as_deref().and_then(Stamp::of))
    }

    /// A configuration that verifies the peer exactly if there is a CA, and that keeps no sessions in memory.
    /// Where the handshake goes in packets of TDS there is no TLS 1.3, whose tickets come after it.
    pub fn load(
        &self,
        alpn: &[&[u8]],
        asked: &Arc<RequestFlag>,
        within_tds: bool,
    ) -> Result<ClientConfig, Outcome> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match &self.ca {
            Some(path) => trusted(path, &provider)?,
            None => Arc::new(AcceptAny(provider.clone())),
        };
        let versions = [&TLS12, &TLS13];
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions[..if within_tds { 1 } else { 2 }])
            .map_err(|error| failed(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => {
                let (chain, secret) = (certificates(cert)?, private_key(key)?);
                builder
                    .with_client_auth_cert(chain, secret)
                    .map_err(|error| failed(format!("cannot use {key} with {cert}: {error}")))?
            }
            _ => builder.with_no_client_auth(),
        };
        let shown = config.client_auth_cert_resolver.clone();
        config.client_auth_cert_resolver = Arc::new(NotingResolver { shown, asked: asked.clone() });
        // A resumed session skips the certificate, which is half of what is being checked.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = alpn.iter().map(|&name| name.to_vec()).collect();
        Ok(config)
    }
}

fn trusted(path: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<CaOrPinned>, Outcome> {
    let listed = certificates(path)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(listed.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map(|chain| Arc::new(CaOrPinned { chain, listed }))
        .map_err(|_| failed(format!("no usable certificate in {path}")))
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, Outcome> {
    let pem = files::read(path, FILE_LIMIT)?;
    match CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>() {
        Ok(list) if !list.is_empty() => Ok(list),
        _ => Err(failed(format!("no usable certificate in {path}"))),
    }
}

fn private_key(path: &str) -> Result<PrivateKeyDer<'static>, Outcome> {
    let pem = files::read(path, FILE_LIMIT)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| failed(format!("no usable private key in {path}")))
}

/// The check cannot be made, which says nothing of the program: no reason to restart it.
fn failed(reason: String) -> Outcome {
    Outcome::alive(Cause::Protocol, reason)
}
