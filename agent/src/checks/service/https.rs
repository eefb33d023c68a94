//! HTTPS: HTTP/1.1 over TLS, and HTTP/2 where the server speaks nothing else (ALPN, RFC 7301).
//!
//! The kubelet speaks both. HTTP/1.1 comes first here, since it is what a server is asked in without TLS.

use super::http::{self, Http};
use super::http2::Http2;
use crate::check::{Check, Deadline, Outcome};
use crate::scheme::{CheckUrl, ParseError, Scheme, Target, TlsRule};

pub const SCHEME: Scheme = Scheme {
    scheme: "https",
    summary: "As http, over TLS; the certificate is verified when ca is given, as the kubelet does not",
    target: Target::Address { port: Some(443) },
    tls: TlsRule::Always,
    ..http::SCHEME
};

/// A check of one resource.
pub struct Https {
    http: Http,
    http2: Http2,
}

impl Https {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        Ok(Self { http: Http::from_url(url)?, http2: Http2::from_url(url)? })
    }
}

impl Check for Https {
    fn run(&self, deadline: Deadline) -> Outcome {
        let outcome = self.http.run(deadline);
        match self.http.was_of_another_version() {
            true => self.http2.run(deadline),
            false => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Cause;
    use crate::net::http2::frame::{END_HEADERS, END_STREAM, HEADERS, SETTINGS};
    use crate::net::http2::hpack::encode;
    use crate::net::http2::tests::frames;
    use crate::net::test_server::{check, soon};
    use crate::net::tls::speaking_server;

    fn ask(port: u16) -> Outcome {
        Https::from_url(&check("https", port, &[])).unwrap().run(soon())
    }

    #[test]
    fn a_server_is_asked_in_the_version_that_it_speaks() {
        let http2 = |status| {
            let block = encode(&[(":status", status)]);
            frames(&[(SETTINGS, 0, 0, &[]), (HEADERS, END_HEADERS | END_STREAM, 1, &block)])
        };
        let http1 = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        let unspoken = "peer does not speak the protocol over TLS (ALPN)";
        for (spoken, answer, expected) in [
            (&["http/1.1"][..], http1.clone(), Outcome::pass("status 200 OK")),
            (&["h2", "http/1.1"], http1.clone(), Outcome::pass("status 200 OK")),
            (&[], http1, Outcome::pass("status 200 OK")),
            (&["h2"], http2("200"), Outcome::pass("status 200")),
            (&["h2"], http2("503"), Outcome::fail(Cause::Unhealthy, "status 503")),
            (&["postgresql"], Vec::new(), Outcome::fail(Cause::Protocol, unspoken)),
        ] {
            assert_eq!(ask(speaking_server(spoken, answer)), expected, "{spoken:?}");
        }
    }
}
