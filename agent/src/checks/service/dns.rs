//! A DNS query for one name (RFC 1035).
//!
//! Any reply proves that the server is alive; only records of the type asked for make it ready. One that waits for its
//! upstream is alive too: it answers what it is asked about itself.

use std::net::SocketAddr;

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::dns::{Answer, Class, Name, Query, Rcode, Reply, Transport, Type, Way, ask_it_and_of_itself};
use crate::net::io::proxy_header::ProxyHeader;
use crate::net::{addresses, first_that_answers};
use crate::scheme::{CheckUrl, OptionType, ParseError, PathRule, Scheme, Target, quoted};

pub const SCHEME: Scheme = Scheme {
    scheme: "dns",
    summary: "A DNS query for the name in the path is answered with records",
    target: Target::Address { port: Some(53) },
    path: PathRule::Required,
    options: &[
        ("class", OptionType::Choice(&["IN", "CH"])),
        ("min-answers", OptionType::Integer),
        ("transport", OptionType::Choice(&["udp", "tcp"])),
        ("type", OptionType::Choice(&["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"])),
    ],
    requires: &[("proxy=v1", "transport=tcp")],
    ..Scheme::BARE
};

/// A check of one DNS server.
pub struct Dns {
    host: String,
    port: u16,
    name: Name,
    kind: Type,
    class: Class,
    way: Way,
    least: usize,
}

impl Dns {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let name = Name::parse(url.path.strip_prefix('/').unwrap_or_default())
            .ok_or_else(|| ParseError(format!("path is {}, expected a DNS name", quoted(&url.path))))?;
        let least = url.option("min-answers").unwrap_or("1");
        let least = least.parse().map_err(|_| {
            ParseError(format!("option min-answers is {least:?}, expected a whole number from 0 to 999999"))
        })?;
        let transport = match url.option("transport") {
            Some("tcp") => Transport::Tcp,
            _ => Transport::Udp,
        };
        let kind = match url.option("type") {
            Some("AAAA") => Type::Aaaa,
            Some("CNAME") => Type::Cname,
            Some("MX") => Type::Mx,
            Some("NS") => Type::Ns,
            Some("PTR") => Type::Ptr,
            Some("SOA") => Type::Soa,
            Some("SRV") => Type::Srv,
            Some("TXT") => Type::Txt,
            _ => Type::A,
        };
        let class = if url.option("class") == Some("CH") { Class::Ch } else { Class::In };
        let way = Way { transport, header: ProxyHeader::from_url(url) };
        Ok(Self { host: url.host.clone(), port: url.port.unwrap_or(53), name, kind, class, way, least })
    }

    fn judge(&self, reply: &Reply) -> Outcome {
        let count = match reply.answers {
            1 => "1 answer".to_owned(),
            count => format!("{count} answers"),
        };
        if reply.truncated {
            let reason = "the answer is too long for UDP, and does not come by TCP";
            return Outcome::alive(Cause::Unhealthy, reason);
        }
        match reply.rcode {
            Rcode::NOERROR if reply.answers >= self.least => Outcome::pass(count),
            Rcode::NOERROR => {
                Outcome::alive(Cause::Unhealthy, format!("{count}, expected at least {}", self.least))
            }
            rcode => Outcome::alive(Cause::Unhealthy, rcode.to_string()),
        }
    }
}

impl Check for Dns {
    /// Pass on enough answers of the type; aliases on the way to them do not count.
    fn run(&self, deadline: Deadline) -> Outcome {
        let query = Query::new(&self.name, self.kind, self.class);
        let answer = addresses(&self.host, deadline).and_then(|servers| {
            first_that_answers(&servers, |server| {
                ask_it_and_of_itself(SocketAddr::new(server, self.port), &query, self.way, deadline)
            })
        });
        match answer {
            Ok(Answer::Reply(reply)) => self.judge(&reply),
            Ok(Answer::OfItself) => {
                Outcome::alive(Cause::Timeout, "it answers about itself, but not this question in time")
            }
            Err(outcome) => outcome,
        }
    }
}

#[cfg(test)]
mod tests;
