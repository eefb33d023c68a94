//! Scripted servers for the tests, well-behaved and hostile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::codec::base64;
use super::io::scripted;
use crate::check::{Cause, Deadline, Outcome, Verdict};
use crate::scheme::CheckUrl;

/// How much longer than its deadline a check may take.
const SLACK: Duration = Duration::from_millis(100);

/// A check of a port on loopback.
pub fn check(scheme: &str, port: u16, options: &[(&str, &str)]) -> CheckUrl {
    let options = options.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    CheckUrl { scheme: scheme.into(), port: Some(port), options, ..CheckUrl::default() }
}

pub fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

/// A port on which each connection is handed to the script.
pub fn server(script: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = Arc::new(script);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let script = script.clone();
            thread::spawn(move || script(stream));
        }
    });
    port
}

/// A server that answers each datagram with these.
pub fn answers(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut received = [0; 2048];
        while let Ok((count, from)) = socket.recv_from(&mut received) {
            for datagram in answer(&received[..count]) {
                let _ = socket.send_to(&datagram, from);
            }
        }
    });
    port
}

/// A server that says this, whatever it hears and whichever side is to speak first, and closes.
pub fn says(reply: &[u8]) -> u16 {
    let reply = reply.to_vec();
    server(move |mut stream| {
        let mut received = [0; 4096];
        let _ = stream.write_all(&reply);
        let _ = stream.shutdown(Shutdown::Write);
        while stream.read(&mut received).is_ok_and(|count| count > 0) {}
    })
}

/// A server as that of `says`, and all that it hears.
pub fn hears(reply: &[u8]) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let (reply, heard) = (reply.to_vec(), Arc::new(Mutex::new(Vec::new())));
    let all = heard.clone();
    let port = server(move |mut stream| {
        let mut received = [0; 4096];
        let _ = stream.write_all(&reply);
        let _ = stream.shutdown(Shutdown::Write);
        while let Ok(count @ 1..) = stream.read(&mut received) {
            all.lock().unwrap().extend_from_slice(&received[..count]);
        }
    });
    (port, heard)
}

/// What a server of `hears` has heard once that ends with this, which it may read only after its answer was.
pub fn heard_up_to(heard: &Mutex<Vec<u8>>, end: &str) -> String {
    for _ in 0..500 {
        let text = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        if text.ends_with(end) {
            return text;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("what was heard does not end with {end:?}: {heard:?}");
}

/// A check of a protocol that has no login but in clear text, at a peer that is not verified and says this: it tells no
/// password unless it may, and yet whether the peer is there.
pub fn withholds(scheme: &str, reply: &[u8], run: fn(&CheckUrl) -> Outcome) {
    let (port, heard) = hears(reply);
    // An address of this machine, which does not look like one.
    let mut far = CheckUrl { host: "::ffff:127.0.0.1".into(), ..check(scheme, port, &[]) };
    (far.user, far.password) = ("me".into(), "correct-horse".into());
    let was_told = || {
        thread::sleep(Duration::from_millis(50));
        let heard = heard.lock().unwrap();
        let holds = |secret: &[u8]| heard.windows(secret.len()).any(|window| window == secret);
        holds(b"correct-horse") || holds(base64::encode(b"me:correct-horse").as_bytes())
    };
    let reason =
        "the password was not sent, since the peer is not verified: expected tls with ca, or allow-cleartext";
    assert_eq!(run(&far), Outcome::alive(Cause::Protocol, reason));
    assert!(!was_told());
    far.options.push(("allow-cleartext".into(), String::new()));
    run(&far);
    assert!(was_told());
    far.options.clear();
    far.port = Some(TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    assert_eq!(run(&far), Outcome::fail(Cause::Connect, "connection refused"));
}

/// Bytes that differ from run to run only with the seed (xorshift64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    pub fn bytes(&mut self, longest: usize) -> Vec<u8> {
        (0..self.below(longest + 1)).map(|_| self.below(256) as u8).collect()
    }

    /// The bytes with some changed, cut or doubled.
    pub fn damaged(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len().max(1));
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.extend_from_within(at.min(bytes.len())..),
                _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte = self.below(256) as u8),
            }
        }
        bytes
    }
}

/// The outcome of a run with this much time, once one of three runs kept its deadline: the machine may be busy.
pub fn in_time(run: &dyn Fn(Deadline) -> Outcome, limit: Duration) -> Outcome {
    for _ in 0..3 {
        let begin = Instant::now();
        let outcome = run(Deadline::after(limit));
        if begin.elapsed() < limit + SLACK {
            return outcome;
        }
    }
    panic!("a check outlived its deadline of {limit:?}");
}

/// Keeps a healthy answer for `fuzz/run`, under the scheme whose tests these are: `checks::service::redis::tests::...`.
fn seed(healthy: &[u8]) {
    let Some(directory) = std::env::var_os("FUZZ_SEEDS") else { return };
    let test = thread::current().name().unwrap_or_default().to_owned();
    let scheme = test.split("::").nth(2).unwrap_or_default().replace('_', "-");
    let folder = std::path::Path::new(&directory).join(scheme);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("seed-{}", healthy.len())), healthy).unwrap();
}

/// What every check must stand: a peer that says nothing, drips, floods, goes at any byte of a good answer, or babbles.
pub fn survives(run: fn(u16, Deadline) -> Outcome, healthy: &[u8]) {
    survives_as(Verdict::Fail, run, healthy);
}

/// The same where the first half of the answer is a proof of life already: what floods after that is alive.
pub fn survives_answering(run: fn(u16, Deadline) -> Outcome, healthy: &[u8]) {
    survives_as(Verdict::Alive, run, healthy);
}

/// The same of a check over UDP: a peer that says nothing, floods, or babbles.
pub fn survives_datagrams(run: fn(u16, Deadline) -> Outcome, healthy: &[u8]) {
    let short = Duration::from_millis(200);
    let mute = answers(|_| vec![]);
    assert_eq!(in_time(&|deadline| run(mute, deadline), short).cause, Some(Cause::Timeout));
    let flooding = answers(|_| vec![vec![b'x'; 1400]; 5_000]);
    assert_eq!(in_time(&|deadline| run(flooding, deadline), short).verdict, Verdict::Fail);
    seed(healthy);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for turn in 0..5_000 {
        let answer = if turn % 8 == 0 { random.bytes(200) } else { random.damaged(healthy) };
        let outcome = scripted::saying(&answer, || run(1, soon()));
        assert!(outcome.reason.len() < 400 && !outcome.reason.contains('\n'), "{outcome:?}");
    }
}

fn survives_as(flooding_is: Verdict, run: fn(u16, Deadline) -> Outcome, healthy: &[u8]) {
    let short = Duration::from_millis(200);
    let mute = server(|stream| {
        thread::sleep(Duration::from_secs(3));
        drop(stream);
    });
    assert_eq!(in_time(&|deadline| run(mute, deadline), short).cause, Some(Cause::Timeout));
    // More of them than fit the deadline, and no end of the answer among them.
    let slow = healthy.to_vec();
    let dripping = server(move |mut stream| {
        for byte in slow.iter().take(slow.len().min(60) - 1).cycle() {
            thread::sleep(Duration::from_millis(50));
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
    });
    assert_ne!(in_time(&|deadline| run(dripping, deadline), short).verdict, Verdict::Pass);
    let begun = healthy.to_vec();
    let flooding = server(move |mut stream| {
        let _ = stream.write_all(&begun[..begun.len() / 2]);
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    let flooded = in_time(&|deadline| run(flooding, deadline), Duration::from_secs(2));
    assert_eq!((flooded.verdict, flooded.cause), (flooding_is, Some(Cause::Protocol)), "{flooded:?}");
    for end in 0..healthy.len() {
        let outcome = in_time(&|deadline| run(says(&healthy[..end]), deadline), Duration::from_secs(2));
        assert_ne!(outcome.cause, Some(Cause::Timeout), "{end}: {outcome:?}");
    }
    seed(healthy);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..5_000 {
        let answer = random.damaged(healthy);
        let outcome = scripted::saying(&answer, || run(1, soon()));
        assert!(outcome.reason.len() < 400 && !outcome.reason.contains('\n'), "{outcome:?}");
    }
    for _ in 0..50 {
        let answer = if random.below(2) == 0 { random.bytes(200) } else { random.damaged(healthy) };
        let outcome = in_time(&|deadline| run(says(&answer), deadline), Duration::from_secs(2));
        assert!(outcome.reason.len() < 400 && !outcome.reason.contains('\n'), "{outcome:?}");
    }
}
