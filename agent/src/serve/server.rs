//! The HTTP server: one thread and poll(2), so that sixteen slow peers cost sixteen small buffers and no other its turn.

use std::cmp::Reverse;
use std::io::{self, PipeReader, Read};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::answering::Answering;
use super::connection::Connection;
use super::gate::Gate;
use super::holding::Holding;
use super::metrics::Requests;
use super::moving::Moving;
use super::probe::Asking;
use super::worker::Shared;
use crate::serve::log;
use crate::sys;

/// At one more, the one that is worth least has to go: the kubelet must get in.
const MOST_CONNECTIONS: usize = 16;

/// As many, where Prometheus asks of many servers at once.
const MOST_WITH_PROBES: usize = 128;

/// How many are accepted between two looks at those that wait, if most of them are refused.
const MOST_ACCEPTED: usize = 256;

/// Out of descriptors: the listener stays readable, and asking again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The sockets of the agent, and when they close.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<TcpListener>,
    signals: PipeReader,
    drain: Duration,
    verbose: bool,
    holding: Holding,
    moving: Moving,
    connections: Vec<Connection>,
    /// Those that wait for a probe.
    asking: Asking,
    requests: Requests,
    gate: Gate,
    /// When the listeners close, once a signal has come.
    closes: Option<Instant>,
}

impl Server {
    /// A server that has not begun to serve.
    pub fn new(
        shared: Arc<Shared>,
        asking: Asking,
        listeners: Vec<TcpListener>,
        signals: PipeReader,
        (drain, verbose, holding, moving): (Duration, bool, Holding, Moving),
    ) -> Self {
        let (connections, requests, gate) = (Vec::new(), Requests::default(), Gate::new(Instant::now()));
        Self {
            shared,
            listeners,
            signals,
            drain,
            verbose,
            holding,
            moving,
            connections,
            asking,
            requests,
            gate,
            closes: None,
        }
    }

    /// Serves until a signal, then goes on for the drain period, and returns when the last answer is out. A second signal ends it at once.
    pub fn run(mut self) -> io::Result<()> {
        loop {
            let (signalled, ready) = self.wait()?;
            if signalled && !self.begin_shutdown()? {
                return Ok(());
            }
            self.advance(&ready);
            self.accept();
            self.gate.update(&self.listeners, Instant::now());
            if self.closes.is_some_and(|closes| Instant::now() >= closes) {
                self.listeners.clear();
                if !self.connections.iter().any(Connection::is_in_flight) {
                    return Ok(());
                }
            }
        }
    }

    /// Waits for something to do: whether a signal came, and which connections are ready.
    fn wait(&self) -> io::Result<(bool, Vec<bool>)> {
        let fixed = 1 + self.listeners.len();
        let mut descriptors = vec![sys::interest(self.signals.as_fd(), false)];
        descriptors.extend(self.listeners.iter().map(|listener| sys::interest(listener.as_fd(), false)));
        descriptors.extend(self.connections.iter().map(Connection::interest));
        descriptors.extend(self.asking.interests());
        let closes = self.closes.filter(|_| !self.listeners.is_empty());
        let now = Instant::now();
        let deadlines = self.connections.iter().map(Connection::deadline).chain(self.asking.deadlines());
        let next = deadlines.chain(closes).chain(self.gate.next_update(now)).min();
        let timeout = next.map(|next| next.saturating_duration_since(now));
        sys::poll(&mut descriptors, timeout)?;
        let mut ready = descriptors.iter().map(|descriptor| descriptor.revents != 0);
        let signalled = ready.next() == Some(true);
        Ok((signalled, ready.skip(fixed - 1).collect()))
    }

    /// Readiness is gone at once; the listeners stay for the drain period. False at the second signal.
    fn begin_shutdown(&mut self) -> io::Result<bool> {
        let count = self.signals.read(&mut [0; 16])?;
        if self.closes.is_some() || count > 1 {
            return Ok(false);
        }
        self.shared.state().stop();
        self.closes = Some(Instant::now() + self.drain);
        log::write(
            "info",
            &[("msg", "shutting down"), ("drain", &crate::scheme::format_duration(self.drain))],
        );
        Ok(true)
    }

    fn accept(&mut self) {
        let now = Instant::now();
        for index in 0..self.listeners.len() {
            let mut admitted = 0;
            for _ in 0..MOST_ACCEPTED {
                if admitted == MOST_CONNECTIONS {
                    break;
                }
                match self.listeners.get(index).map(TcpListener::accept) {
                    None => break,
                    // An IPv4 peer of a dual-stack socket comes as ::ffff:127.0.0.1.
                    Some(Ok((stream, peer))) => {
                        admitted += usize::from(self.take(stream, peer.ip().to_canonical(), now));
                    }
                    Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Some(Err(error)) if is_out_of_descriptors(&error) => {
                        thread::sleep(ACCEPT_PAUSE);
                        break;
                    }
                    // The peer has gone again before it was its turn.
                    Some(Err(_)) => {}
                }
            }
        }
    }

    /// Serves a connection as far as it has come, which for most is to the end; what is left of it takes a place. False for one
    /// that is not admitted.
    fn take(&mut self, stream: TcpStream, peer: IpAddr, now: Instant) -> bool {
        if !self.gate.admits(&stream, peer, &mut self.requests, now) {
            // At once: each millisecond until then puts more into the queue.
            if self.gate.stale {
                self.gate.update(&self.listeners, now);
            }
            return false;
        }
        let Ok(mut connection) = Connection::new(stream, peer, now) else { return true };
        if !self.answering(now).advance(&mut connection) {
            return true;
        }
        if self.connections.len() >= self.most_connections() && connection.awaits().is_none() {
            let least = self.connections.swap_remove(worth_least(&self.connections));
            if least.is_in_flight() {
                self.requests.drop_connection("slots");
                least.reset();
            }
        }
        self.place(connection);
        true
    }

    fn most_connections(&self) -> usize {
        if self.asking.is_on() { MOST_WITH_PROBES } else { MOST_CONNECTIONS }
    }

    fn advance(&mut self, ready: &[bool]) {
        let now = Instant::now();
        let (ready, of_probes) = ready.split_at_checked(self.connections.len()).unwrap_or_default();
        self.asking.advance(of_probes, &mut self.requests);
        let mut connections = std::mem::take(&mut self.connections);
        let mut answering = self.answering(now);
        let mut ready = ready.iter();
        connections.retain_mut(|connection| {
            let is_ready = ready.next() == Some(&true);
            now < connection.deadline() && (!is_ready || answering.advance(connection))
        });
        for connection in connections {
            self.place(connection);
        }
    }

    fn place(&mut self, connection: Connection) {
        match connection.awaits() {
            Some(_) => self.asking.keep(connection),
            None => self.connections.push(connection),
        }
    }

    fn answering(&mut self, now: Instant) -> Answering<'_> {
        let (shared, asking, verbose) = (&self.shared, &mut self.asking, self.verbose);
        let (requests, gate, holding) = (&mut self.requests, &mut self.gate, &mut self.holding);
        let moving = &self.moving;
        Answering { shared, asking, requests, gate, holding, moving, verbose, now }
    }
}

/// The connection that goes where all places are taken: one that has its answer, else one of the address that holds the
/// most, and of these a silent one, else the oldest.
fn worth_least(connections: &[Connection]) -> usize {
    let held = |peer: IpAddr| connections.iter().filter(|other| other.peer == peer).count();
    let worth = |connection: &Connection| {
        (
            connection.is_in_flight(),
            Reverse(held(connection.peer)),
            !connection.is_silent(),
            connection.deadline(),
        )
    };
    let least = connections.iter().enumerate().min_by_key(|(_, connection)| worth(connection));
    least.map_or(0, |(index, _)| index)
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
