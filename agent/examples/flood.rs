//! Floods a server and probes it meanwhile, for decision 0027: `flood TARGET RATE SECONDS KIND`. The flood comes
//! from 127.0.0.2, RATE connections a second; each one asks (`ask`), says nothing and stays (`silent`), or is closed at
//! once (`close`). The probes come from 127.0.0.3, ten a second, as the kubelet sends them: a second for each.
//! Prints the connections that the flood began, made, and got an answer on, the probes, those that failed, and the
//! median and the longest time of a probe in milliseconds.

use std::collections::VecDeque;
use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const THREADS: u32 = 8;
const PROBE: &[u8] =
    b"GET /livez HTTP/1.1\r\nHost: a\r\nUser-Agent: kube-probe/1.34\r\nConnection: close\r\n\r\n";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [target, rate, seconds, kind] = words.as_slice() else { return ExitCode::from(64) };
    let (Ok(target), Ok(rate), Ok(seconds)) = (target.parse(), rate.parse(), seconds.parse()) else {
        return ExitCode::from(64);
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let kind = kind.as_str();
    let (flood, probes) = thread::scope(|scope| {
        let floods: Vec<_> =
            (0..THREADS).map(|_| scope.spawn(move || flood(target, rate, end, kind))).collect();
        let probes = probe(target, end);
        let sums = floods.into_iter().filter_map(|thread| thread.join().ok());
        (sums.fold([0; 3], |sum: [u64; 3], one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]]), probes)
    });
    let failed = probes.iter().filter(|took| took.is_none()).count();
    let mut times: Vec<_> = probes.iter().flatten().map(Duration::as_millis).collect();
    times.sort_unstable();
    let (median, longest) = (times.get(times.len() / 2), times.last());
    let [begun, made, answered] = flood;
    println!(
        "begun {begun} made {made} answered {answered} probes {} failed {failed} median {median:?} longest {longest:?}",
        probes.len()
    );
    ExitCode::SUCCESS
}

/// The share of one thread: connections begun, made, and answered.
fn flood(target: SocketAddrV4, rate: u32, end: Instant, kind: &str) -> [u64; 3] {
    let pause = Duration::from_secs(1) * THREADS / rate.max(1);
    let mut counts = [0; 3];
    let mut held = VecDeque::new();
    let mut due = Instant::now();
    while due < end {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += pause;
        counts[0] += 1;
        let Ok(mut stream) = connect(Ipv4Addr::new(127, 0, 0, 2), target, Duration::from_millis(5)) else {
            continue;
        };
        counts[1] += 1;
        match kind {
            "silent" => {
                held.push_back(stream);
                if held.len() > 100 {
                    held.pop_front();
                }
            }
            "ask" => {
                drop(stream.set_read_timeout(Some(Duration::from_millis(5))));
                let asked = stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
                let count = asked.and_then(|()| stream.read(&mut [0; 256]));
                counts[2] += u64::from(count.is_ok_and(|count| count > 0));
            }
            _ => {}
        }
    }
    counts
}

/// How long each probe took; none for one that failed.
fn probe(target: SocketAddrV4, end: Instant) -> Vec<Option<Duration>> {
    let mut times = Vec::new();
    let once = || -> io::Result<bool> {
        let wait = Duration::from_secs(1);
        let mut stream = connect(Ipv4Addr::new(127, 0, 0, 3), target, wait)?;
        stream.set_read_timeout(Some(wait))?;
        stream.write_all(PROBE)?;
        let mut text = [0; 12];
        stream.read_exact(&mut text)?;
        Ok(&text == b"HTTP/1.1 200")
    };
    while Instant::now() < end {
        let began = Instant::now();
        let answered = once().unwrap_or(false);
        let took = began.elapsed();
        times.push((answered && took < Duration::from_secs(1)).then_some(took));
        thread::sleep(Duration::from_millis(100).saturating_sub(took));
    }
    times
}

/// As `TcpStream::connect_timeout`, from an address.
fn connect(source: Ipv4Addr, target: SocketAddrV4, wait: Duration) -> io::Result<TcpStream> {
    let raw = |address: SocketAddrV4| libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.ip().octets()) },
        sin_zero: [0; 8],
    };
    let length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    let (from, to) = (raw(SocketAddrV4::new(source, 0)), raw(target));
    // SAFETY: the addresses live longer than the calls, and the descriptor belongs to nothing else.
    unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        let stream = TcpStream::from(OwnedFd::from_raw_fd(descriptor));
        // The kernel waits for a connection as long as for a write (socket(7)).
        stream.set_write_timeout(Some(wait))?;
        let bound = libc::bind(descriptor, (&raw const from).cast(), length);
        if bound != 0 || libc::connect(descriptor, (&raw const to).cast(), length) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stream)
    }
}
