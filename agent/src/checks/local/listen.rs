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
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::time::Duration;

    use super::*;
    use crate::check::Verdict;

    fn listen(host: &str, port: u16) -> Listen {
        Listen::from_url(&CheckUrl { host: host.into(), port: Some(port), ..CheckUrl::default() }).unwrap()
    }

    fn listen_udp(host: &str, port: u16) -> Listen {
        let options = vec![("transport".into(), "udp".into())];
        let url = CheckUrl { host: host.into(), port: Some(port), options, ..CheckUrl::default() };
        Listen::from_url(&url).unwrap()
    }

    fn verdict(check: &Listen) -> Verdict {
        check.run(Deadline::after(Duration::from_secs(5))).verdict
    }

    #[test]
    fn a_real_listener_is_found_without_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(verdict(&listen("", port)), Verdict::Pass);
        assert_eq!(verdict(&listen("127.0.0.1", port)), Verdict::Pass);
        assert_eq!(verdict(&listen("localhost", port)), Verdict::Pass);
        assert_eq!(verdict(&listen("127.0.0.2", port)), Verdict::Fail);
        drop(listener);
        assert_eq!(verdict(&listen("", port)), Verdict::Fail);
    }

    #[test]
    fn a_real_socket_of_udp_is_found_until_it_is_that_of_a_client() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert_eq!(verdict(&listen("", port)), Verdict::Fail);
        assert_eq!(verdict(&listen_udp("", port)), Verdict::Pass);
        assert_eq!(verdict(&listen_udp("127.0.0.1", port)), Verdict::Pass);
        assert_eq!(verdict(&listen_udp("127.0.0.2", port)), Verdict::Fail);
        socket.connect("127.0.0.1:9").unwrap();
        assert_eq!(verdict(&listen_udp("", port)), Verdict::Fail);
    }

    #[test]
    fn an_unspecified_address_is_that_of_a_socket_for_every_address() {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        for host in ["", "0.0.0.0", "127.0.0.1", "192.0.2.7"] {
            assert_eq!(verdict(&listen_udp(host, port)), Verdict::Pass, "{host}");
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        assert_eq!(verdict(&listen_udp("0.0.0.0", port)), Verdict::Fail);
    }

    #[test]
    fn wildcards_stand_for_every_address_of_their_family() {
        let any4 = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        let any6 = IpAddr::from(Ipv6Addr::UNSPECIFIED);
        let wants = |wanted: &str, bound| super::wants(&[wanted.parse().unwrap()], bound);
        assert!(wants("10.0.0.1", any4) && wants("10.0.0.1", any6));
        assert!(!wants("::1", any4) && wants("::1", any6));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_the_kernel_are_understood() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 1 1";
        assert_eq!(listener(line, "0A"), Some((Ipv4Addr::LOCALHOST.into(), 8080)));
        assert_eq!(listener(&line.replace(" 0A ", " 01 "), "0A"), None);
        let line = "0: 0000000000000000FFFF00000100007F:0050 0:0 0A";
        assert_eq!(listener(line, "0A"), Some((Ipv4Addr::LOCALHOST.into(), 80)));
        for garbage in [
            "",
            "  sl  local_address rem_address   st",
            "0: zz:1 0:0 0A",
            "0: é:1 0:0 0A",
            "0: 0100007F:1FFFF 0 0A",
        ] {
            assert_eq!(listener(garbage, "0A"), None, "{garbage}");
        }
    }

    #[test]
    fn a_table_that_cannot_be_read_is_told_and_no_failure() {
        let outcome =
            listen("", 80).under(Path::new("/no/proc")).run(Deadline::after(Duration::from_secs(1)));
        assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)));
        assert!(outcome.reason.starts_with("cannot read /no/proc/net/tcp: "), "{}", outcome.reason);
    }

    #[test]
    fn a_name_that_needs_a_resolver_is_refused() {
        let check = CheckUrl { host: "redis".into(), port: Some(1), ..CheckUrl::default() };
        assert!(Listen::from_url(&check).is_err());
    }
}
