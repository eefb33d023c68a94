//! `--target HOST:PORT`: to which servers a module of `/probe` may be sent, and the place that a request names.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::cli::words::wrong;
use crate::net::is_pod;
use crate::registry::SCHEMES;
use crate::scheme::{ParseError, parse as parse_check};

const EXPECTED: &str = "HOST:PORT such as *.shop.svc:6379, 10.0.0.0/16:9100 or [fd00::/8]:8000-8099, * being one label of a name";

/// The servers that one `--target` allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPattern {
    host: Hosts,
    ports: RangeInclusive<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    /// The labels of a name in lower case; `*` is any characters within one.
    Name(Vec<String>),
    Network(IpAddr, u32),
}

impl TargetPattern {
    /// Reads what stands after `--target`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(text).ok_or_else(|| wrong("--target", text, EXPECTED))
    }

    fn read(text: &str) -> Option<Self> {
        let (host, ports) = text.rsplit_once(':')?;
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let port = |text: &str| text.parse::<u16>().ok().filter(|&port| port > 0);
        let ports = port(first)?..=port(last)?;
        let host = match host.strip_prefix('[') {
            Some(six) => network(six.strip_suffix(']')?).filter(|host| host.is_six())?,
            None => match network(host) {
                Some(host) => Some(host).filter(|host| !host.is_six())?,
                None => name(host)?,
            },
        };
        (!ports.is_empty()).then_some(Self { host, ports })
    }

    /// Whether it allows this server; an address only by its network, and a host that stands for this Pod only by name.
    pub fn allows(&self, place: &Place) -> bool {
        let address = place.host.parse::<IpAddr>().map(|address| address.to_canonical());
        let allows = match (&self.host, address) {
            (Hosts::Network(network, bits), Ok(address)) => is_in(address, *network, *bits),
            (Hosts::Name(labels), Err(_)) => {
                let host = place.host.to_ascii_lowercase();
                if host == "localhost" || is_pod(&host) {
                    labels[..] == [host]
                } else {
                    let found: Vec<_> = host.split('.').collect();
                    found.len() == labels.len()
                        && labels.iter().zip(found).all(|(label, found)| is_like(label, found))
                }
            }
            _ => false,
        };
        allows && self.ports.contains(&place.port)
    }
}

impl Hosts {
    fn is_six(&self) -> bool {
        matches!(self, Self::Network(address, _) if address.is_ipv6())
    }
}

/// A server as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
}

impl Place {
    /// Reads `[SCHEME://]HOST[:PORT][/]` by the grammar of checks; the scheme and the port that may be missing are those of
    /// the module.
    pub fn parse(text: &str, scheme: &str, port: Option<u16>) -> Result<Self, ParseError> {
        let text = text.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")).unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        let of = |text: &str| parse_check(&format!("tcp://{text}"), SCHEMES);
        let check = of(text).or_else(|error| match port {
            Some(port) => of(&format!("{text}:{port}")).map_err(|_| error),
            None => Err(error),
        })?;
        match (check.host.as_str(), check.port, check.options.is_empty()) {
            ("", ..) => Err(ParseError("target has no host, expected HOST:PORT".into())),
            (_, Some(port), true) => Ok(Self { host: check.host, port }),
            _ => Err(ParseError("target has options, expected HOST:PORT".into())),
        }
    }
}

fn network(text: &str) -> Option<Hosts> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|&bits| bits <= most))?;
    Some(Hosts::Network(address, bits))
}

fn name(text: &str) -> Option<Hosts> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_*".contains(&byte);
    let labels: Vec<_> = text.split('.').map(str::to_ascii_lowercase).collect();
    let fits = labels.iter().all(|label| !label.is_empty() && label.bytes().all(plain));
    // What only looks like an address would be asked of the name server.
    let is_name = labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
    (fits && is_name && text.len() <= 253).then_some(Hosts::Name(labels))
}

fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= bits
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= bits
        }
        _ => false,
    }
}

/// Whether a label is like one with `*`s: what stands before the first and after the last of them, and the rest in order.
fn is_like(pattern: &str, label: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == label };
    let Some(label) = label.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut label) = label.strip_suffix(last) else { return false };
    for part in middle.split('*') {
        let Some((_, after)) = label.split_once(part) else { return part.is_empty() };
        label = after;
    }
    true
}

#[cfg(test)]
mod tests;
