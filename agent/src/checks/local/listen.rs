//! `listen://`: a socket listens, read from `/proc/net/tcp` and `tcp6`, or `udp` and `udp6` (proc_pid_net(5)), without a
//! connection or a datagram that the program would notice.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use crate::check::{Cause, Check, Deadline, Outcome};
use crate::net::{is_pod, pod_addresses};
use crate::scheme::{CheckUrl, OptionType, ParseError, Scheme, Target, quoted};

pub const SCHEME: Scheme = Scheme {
    scheme: "listen",
    summary: "A socket listens on the port, read from /proc/net without connecting",
    asks: false,
    connects: false,
    target: Target::Address { port: None },
    options: &[("transport", OptionType::Choice(&["tcp", "udp"]))],
    ..Scheme::BARE
};

/// The kernel pads a line to 150 characters; anything longer is not from the kernel, and is read in pieces.
const LONGEST_LINE: u64 = 512;

/// The sockets of one transport.
struct Transport {
    tables: [&'static str; 2],
    /// The state of a socket that takes what anybody sends, a number of `include/net/tcp_states.h`.
    listening: &'static str,
}

/// `TCP_LISTEN`.
const TCP: Transport = Transport { tables: ["net/tcp", "net/tcp6"], listening: "0A" };

/// `TCP_CLOSE`: bound, and not connected to a peer as the socket of a client is.
const UDP: Transport = Transport { tables: ["net/udp", "net/udp6"], listening: "07" };

/// Finds a listening socket of this network namespace by port, and by address where one is given.
pub struct Listen {
    wanted: Wanted,
    port: u16,
    transport: Transport,
    proc_root: PathBuf,
}

/// On which addresses a socket has to listen, on one of them.
enum Wanted {
    Any,
    Listed(Vec<IpAddr>),
    /// Those of the Pod, which it may have got only now.
    Pod,
}

impl Listen {
    pub fn from_url(url: &CheckUrl) -> Result<Self, ParseError> {
        let loopback = || vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let wanted = match (url.host.as_str(), url.host.parse()) {
            ("", _) => Wanted::Any,
            ("localhost", _) => Wanted::Listed(loopback()),
            (host, _) if is_pod(host) => Wanted::Pod,
            (_, Ok(address)) => Wanted::Listed(vec![address]),
            (host, Err(_)) => {
                let received = quoted(host);
                return Err(ParseError(format!(
                    "host is {received}, expected an IP address, localhost or pod for listen"
                )));
            }
        };
        let transport = if url.option("transport") == Some("udp") { UDP } else { TCP };
        Ok(Self { wanted, port: url.port.unwrap_or_default(), transport, proc_root: "/proc".into() })
    }

    /// Reads another proc file system, such as the node's.
    pub fn under(self, proc_root: &Path) -> Self {
        Self { proc_root: proc_root.into(), ..self }
    }

    /// Reads line by line, so that a node with a hundred thousand sockets costs time but no memory.
    fn find(&self, table: &Path, addresses: &[IpAddr], deadline: Deadline) -> io::Result<bool> {
        let mut reader = BufReader::with_capacity(4096, File::open(table)?);
        let mut line = Vec::new();
        for number in 0_u64.. {
            if number.is_multiple_of(64) {
                deadline.remaining()?;
            }
            line.clear();
            if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Some((address, port)) =
                std::str::from_utf8(&line).ok().and_then(|line| listener(line, self.transport.listening))
                && port == self.port
                && wants(addresses, address)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether what a socket is bound to is one of the addresses, of which none means any. `::` takes IPv4 too, unless the
/// program asked for IPv6 only, which the table does not tell.
fn wants(addresses: &[IpAddr], bound: IpAddr) -> bool {
    addresses.is_empty()
        || addresses
            .iter()
            .any(|wanted| bound == *wanted || bound.is_unspecified() && (bound.is_ipv6() || wanted.is_ipv4()))
}

impl Check for Listen {
    fn run(&self, deadline: Deadline) -> Outcome {
        let addresses = match &self.wanted {
            Wanted::Any => vec![],
            Wanted::Listed(addresses) => addresses.clone(),
            Wanted::Pod => match pod_addresses() {
                Ok(addresses) => addresses,
                Err(outcome) => return outcome,
            },
        };
        let mut unread = None;
        for table in self.transport.tables {
            let path = self.proc_root.join(table);
            match self.find(&path, &addresses, deadline) {
                Ok(true) => return Outcome::pass("listening"),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return error.into(),
                // A kernel without IPv6 has neither tcp6 nor udp6.
                Err(error) if table.ends_with('6') && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => unread = Some(format!("cannot read {}: {error}", path.display())),
            }
        }
        match unread {
            // What is not read may hold the socket, so nothing can be said of it.
            Some(reason) => Outcome::alive(Cause::Protocol, reason),
            None => Outcome::fail(Cause::Connect, "nothing listens"),
        }
    }
}

/// The local address of a line, if its socket is in this state.
fn listener(line: &str, state: &str) -> Option<(IpAddr, u16)> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    if fields.nth(1)? != state {
        return None;
    }
    Some((hex_address(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// The kernel prints an address as 32-bit numbers, each in the byte order of the machine.
fn hex_address(text: &str) -> Option<IpAddr> {
    let word = |start: usize| u32::from_str_radix(text.get(start..start + 8)?, 16).ok().map(u32::to_ne_bytes);
    match text.len() {
        8 => Some(IpAddr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index * 8)?);
            }
            Some(IpAddr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
