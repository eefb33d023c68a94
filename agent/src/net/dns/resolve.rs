//! Names to addresses, from /etc/hosts and the nameservers of /etc/resolv.conf, without the C library.

use std::net::IpAddr;

use super::hosts::{Resolver, lookup};
use super::{Class, Name, Query, Rcode, Reply, Type, Way, ask};
use crate::check::{Cause, Deadline, Outcome};
use crate::net::io::files;

const HOSTS_LIMIT: u64 = 1024 * 1024;
const RESOLV_CONF_LIMIT: u64 = 64 * 1024;

/// The addresses of a name, IPv4 first, never none.
pub fn resolve(name: &str, deadline: Deadline) -> Result<Vec<IpAddr>, Outcome> {
    // Neither file need exist: an image from scratch has only what the kubelet mounts.
    let text = |path, limit| {
        files::read(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    };
    let found = lookup(&text("/etc/hosts", HOSTS_LIMIT), name);
    if !found.is_empty() {
        return Ok(found);
    }
    by_servers(&Resolver::parse(&text("/etc/resolv.conf", RESOLV_CONF_LIMIT)), name, deadline)
}

fn by_servers(resolver: &Resolver, name: &str, deadline: Deadline) -> Result<Vec<IpAddr>, Outcome> {
    let mut reason = "no such name".to_owned();
    for full in resolver.names(name).iter().filter_map(|full| Name::parse(full)) {
        for kind in [Type::A, Type::Aaaa] {
            let reply = match first_reply(resolver, &Query::new(&full, kind, Class::In), deadline) {
                Ok(reply) => reply,
                Err(why) => {
                    reason = why;
                    continue;
                }
            };
            if !reply.addresses.is_empty() {
                return Ok(reply.addresses);
            }
            match reply.rcode {
                // No type of record exists under this name.
                Rcode::NXDOMAIN => break,
                Rcode::NOERROR => {}
                other => reason = other.to_string(),
            }
        }
    }
    if deadline.remaining().is_err() {
        return Err(Outcome::fail(Cause::Timeout, format!("timed out looking up {name}")));
    }
    Err(Outcome::fail(Cause::Connect, format!("cannot look up {name}: {reason}")))
}

/// The reply of the first server that has one; what is left of the deadline is shared among those not yet asked.
fn first_reply(resolver: &Resolver, query: &Query, deadline: Deadline) -> Result<Reply, String> {
    let mut reason = "no nameserver".to_owned();
    for (asked, &server) in resolver.servers.iter().enumerate() {
        let Ok(left) = deadline.remaining() else { break };
        let share = left / u32::try_from(resolver.servers.len() - asked).unwrap_or(1);
        match ask(server, query, Way::UDP, Deadline::after(share)) {
            Ok(reply) if reply.truncated => reason = format!("half an answer from {}", server.ip()),
            Ok(reply) if matches!(reply.rcode, Rcode::NOERROR | Rcode::NXDOMAIN) => return Ok(reply),
            Ok(reply) => reason = format!("{} from {}", reply.rcode, server.ip()),
            Err(error) => reason = format!("{} does not answer: {error}", server.ip()),
        }
    }
    Err(reason)
}

#[cfg(test)]
mod tests;
