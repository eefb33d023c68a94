//! The files that say where names lead: hosts(5) and resolv.conf(5).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The C library asks no more servers than this either.
const SERVERS: usize = 3;

/// A search list longer than Kubernetes writes one is cut.
const SEARCH: usize = 32;

/// The addresses that a hosts file gives for a name, in its order.
pub fn lookup(hosts: &str, name: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in hosts.lines() {
        let mut words = uncommented(line).split_ascii_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse) else { continue };
        if words.any(|word| word.eq_ignore_ascii_case(name)) {
            found.push(address);
        }
    }
    found
}

/// Whom to ask, and under which names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolver {
    pub servers: Vec<SocketAddr>,
    pub search: Vec<String>,
    pub ndots: usize,
}

impl Resolver {
    /// The resolver of a resolv.conf; without a nameserver in it that is the local one, as the C library has it.
    pub fn parse(text: &str) -> Self {
        let mut resolver = Self { servers: Vec::new(), search: Vec::new(), ndots: 1 };
        for line in text.lines() {
            let mut words = uncommented(line).split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                    resolver.servers.extend(address.map(|address| SocketAddr::new(address, 53)));
                }
                // The last of these lines stands.
                Some("search" | "domain") => {
                    resolver.search = words.take(SEARCH).map(str::to_owned).collect();
                }
                Some("options") => {
                    let dots = words.find_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    resolver.ndots = dots.unwrap_or(resolver.ndots);
                }
                _ => {}
            }
        }
        resolver.servers.truncate(SERVERS);
        if resolver.servers.is_empty() {
            resolver.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 53));
        }
        resolver
    }

    /// The names to ask for, in order: a name with a last dot, or with `ndots` dots, is first taken as it stands.
    pub fn names(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.to_owned()];
        }
        let mut names: Vec<String> = self.search.iter().map(|domain| format!("{name}.{domain}")).collect();
        let absolute_first = name.matches('.').count() >= self.ndots;
        names.insert(if absolute_first { 0 } else { names.len() }, name.to_owned());
        names
    }
}

fn uncommented(line: &str) -> &str {
    line.split(['#', ';']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_names_addresses_in_its_order() {
        let hosts = "127.0.0.1 localhost # a\n# 1.1.1.1 app\n10.0.0.1\tapp.ns App\nbad app\nfd00::1 app\n";
        let found: Vec<String> = lookup(hosts, "aPP").iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.0.0.1", "fd00::1"]);
        assert!(lookup(hosts, "a").is_empty());
    }

    #[test]
    fn a_resolv_conf_of_kubernetes_is_understood() {
        let text = "search ns.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\nnameserver fe80::1%eth0\noptions ndots:5 timeout:2\n";
        let resolver = Resolver::parse(text);
        assert_eq!(resolver.servers, ["10.96.0.10:53".parse().unwrap()]);
        assert_eq!(resolver.names("app"), ["app.ns.svc.cluster.local", "app.svc.cluster.local", "app"]);
        assert_eq!(resolver.names("a.b.c.d.e.f")[0], "a.b.c.d.e.f");
        assert_eq!(resolver.names("app."), ["app."]);
    }

    #[test]
    fn without_a_nameserver_the_local_one_is_asked() {
        assert_eq!(Resolver::parse("").servers, ["127.0.0.1:53".parse().unwrap()]);
    }
}
