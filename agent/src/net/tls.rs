//! TLS 1.2 and 1.3 as a client (RFC 5246, RFC 8446), by rustls.

mod binding;
mod certificate;
mod config;
mod lifetime;
#[cfg(test)]
mod tests;
mod trust;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription as Alert, ClientConfig, ClientConnection, StreamOwned};

pub use binding::server_end_point;
pub use lifetime::{Lifetime, earliest_expiry};
#[cfg(test)]
pub use tests::{speaking_server, tls_server, upgrading_server};

use self::config::{Files, RequestFlag};
use super::error::{ClientAuthRequested, alert_in, fault, tls_outcome};
use super::io::files::Stamp;
use super::io::stream::with_alert;
use super::{DeadlineStream, Stream, has_gone};
use crate::check::{Cause, Outcome};
use crate::net::io::pod_address::is_pod;
use crate::scheme::{CheckUrl, ParseError};

/// What a handshake may read beyond what the protocol above it asks for: long chains, session tickets.
const HANDSHAKE_LIMIT: usize = 128 * 1024;

/// A configuration, and the stamps of the files that it was made of.
struct Loaded {
    stamps: [Option<Stamp>; 3],
    config: Arc<ClientConfig>,
}

/// How a check speaks TLS; the files are read at the first handshake, and again whenever they have changed.
pub struct Tls {
    files: Files,
    server_name: Option<String>,
    /// Whether a name was given, which the peer is told (SNI): as the kubelet, the agent makes none up.
    named: bool,
    peer: ServerName<'static>,
    alpn: &'static [&'static [u8]],
    /// Whether the handshake goes in packets of TDS, as up to version 7 of it.
    within_tds: bool,
    loaded: Mutex<Option<Loaded>>,
    asked: Arc<RequestFlag>,
    /// Whether the peer of the last handshake speaks none of the protocols that were offered.
    lacks_protocol: AtomicBool,
    /// How many days the peer's certificate has to last for a pass.
    min_days: Option<u32>,
}

impl Tls {
    /// The options of a check; the peer's name is server-name, else the host, else `localhost`.
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let text = |name| url.option(name).map(str::to_owned);
        let server_name = text("server-name");
        let host = if url.host.is_empty() || is_pod(&url.host) { "localhost" } else { &url.host };
        let peer = server_name.as_deref().unwrap_or(host);
        let Ok(peer) = ServerName::try_from(peer.to_owned()) else {
            return Err(ParseError(format!("server-name is {peer:?}, expected a DNS name")));
        };
        let files = Files { ca: text("ca"), cert: text("cert"), key: text("key") };
        let named = server_name.is_some() || !(url.host.is_empty() || is_pod(&url.host));
        Ok(Self {
            files,
            server_name,
            named,
            peer,
            alpn: &[],
            within_tds: false,
            loaded: Mutex::new(None),
            asked: Arc::default(),
            lacks_protocol: AtomicBool::new(false),
            min_days: url.option("min-days").and_then(|days| days.parse().ok()),
        })
    }

    /// Offers these protocols by ALPN.
    pub fn offer(&mut self, protocols: &'static [&'static [u8]]) {
        self.alpn = protocols;
    }

    /// Has the handshake go in packets of TDS.
    pub fn envelop(&mut self) {
        self.within_tds = true;
    }

    /// The server-name option, if it was given.
    pub fn name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Whether the peer's chain and name are verified.
    pub fn verifies(&self) -> bool {
        self.files.ca.is_some()
    }

    /// Whether the peer of the last handshake asked for a client certificate.
    pub fn was_asked(&self) -> bool {
        self.asked.is_so()
    }

    /// Whether the peer of the last handshake refused it for the protocols that were offered.
    pub fn lacked_protocol(&self) -> bool {
        self.lacks_protocol.load(Ordering::Relaxed)
    }

    /// Whether the last handshake left the peer without the client certificate that it asked for.
    pub fn left_unanswered(&self) -> bool {
        self.asked.is_so() && self.files.cert.is_none()
    }

    /// The excuse of the peer of the last handshake for going without a word.
    fn excuse(&self) -> Option<ClientAuthRequested> {
        self.asked.is_so().then_some(if self.files.cert.is_none() {
            ClientAuthRequested::UNANSWERED
        } else {
            ClientAuthRequested::SHOWN
        })
    }

    /// A connection on which the handshake is complete: with `ca` the peer's chain and name are then verified.
    pub fn handshake(&self, mut carrier: DeadlineStream) -> Result<Stream, Outcome> {
        let config = self.config()?;
        self.asked.forget();
        self.lacks_protocol.store(false, Ordering::Relaxed);
        carrier.allow(HANDSHAKE_LIMIT);
        let mut session =
            ClientConnection::new(config, self.peer.clone()).map_err(|error| tls_outcome(&error))?;
        carrier.envelop(self.within_tds);
        while session.is_handshaking() {
            if let Err(error) = session.complete_io(&mut carrier) {
                carrier.envelop(false);
                let error = with_alert(error, &mut session, &mut carrier);
                let outcome = match self.excuse() {
                    Some(excuse) if has_gone(&error) => excuse.outcome(),
                    Some(excuse) if alert_in(&error) == Some(Alert::HandshakeFailure) => {
                        excuse.refused().outcome()
                    }
                    // The check asks for a protocol that the peer does not have, which is none of TLS's.
                    _ if alert_in(&error) == Some(Alert::NoApplicationProtocol) && !self.alpn.is_empty() => {
                        self.lacks_protocol.store(true, Ordering::Relaxed);
                        tls_outcome(&rustls::Error::NoApplicationProtocol)
                    }
                    None if has_gone(&error) => {
                        Outcome::fail(Cause::Protocol, "connection closed in the TLS handshake")
                    }
                    _ => fault(error),
                };
                carrier.drain();
                return Err(outcome);
            }
        }
        carrier.envelop(false);
        lifetime::note(&session);
        Ok(Stream::Tls(Box::new(StreamOwned::new(session, carrier)), self.excuse()))
    }

    /// Why a peer that showed its certificate in this session does not pass, if its certificate does not last long enough.
    pub fn shortage(&self, session: &ClientConnection) -> Option<Outcome> {
        let days = self.min_days?;
        let reason = match Lifetime::of(session) {
            Some(lifetime) if !lifetime.is_below(days) => return None,
            Some(lifetime) => format!("{}, expected at least {days}", lifetime.text()),
            None => "the certificate does not say when it expires".into(),
        };
        Some(Outcome::alive(Cause::Unhealthy, reason))
    }

    /// The configuration of the files as they are now. Their stamps are taken before they are read, so that a change
    /// in between is seen at the next run.
    fn config(&self) -> Result<Arc<ClientConfig>, Outcome> {
        let stamps = self.files.stamps();
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = loaded.as_ref().filter(|last| last.stamps == stamps) {
            return Ok(last.config.clone());
        }
        let mut config = self.files.load(self.alpn, &self.asked, self.within_tds)?;
        config.enable_sni = self.named;
        let config = Arc::new(config);
        *loaded = Some(Loaded { stamps, config: config.clone() });
        Ok(config)
    }
}
