//! The HTTP server: one thread and poll(2), so that sixteen slow peers cost sixteen small buffers and nobody's turn.

use std::io::{self, PipeReader, Read};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::endpoints::{Context, class, note, respond};
use super::metrics::Requests;
use super::request::Head;
use super::response::Response;
use super::worker::Shared;
use crate::serve::log;
use crate::sys;

/// At one more, the oldest has to go: it is the slowest, and the kubelet must get in.
const MOST_CONNECTIONS: usize = 16;

/// Out of descriptors: the listener stays readable, and asking again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The sockets of the agent, and when they close.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<TcpListener>,
    signals: PipeReader,
    drain: Duration,
    verbose: bool,
    connections: Vec<Connection>,
    requests: Requests,
    /// When the listeners close, once a signal has come.
    closes: Option<Instant>,
}

impl Server {
    /// A server that has not begun to serve.
    pub fn new(
        shared: Arc<Shared>,
        listeners: Vec<TcpListener>,
        signals: PipeReader,
        drain: Duration,
        verbose: bool,
    ) -> Self {
        let (connections, requests) = (Vec::new(), Requests::default());
        Self { shared, listeners, signals, drain, verbose, connections, requests, closes: None }
    }

    /// Serves until a signal, then goes on for the drain period, and returns when the last answer is out. A second signal ends it at once.
    pub fn run(mut self) -> io::Result<()> {
        loop {
            let (signalled, ready) = self.wait()?;
            if signalled && !self.begin_shutdown()? {
                return Ok(());
            }
            self.advance(&ready);
            self.accept()?;
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
        let closes = self.closes.filter(|_| !self.listeners.is_empty());
        let next = self.connections.iter().map(|connection| connection.deadline).chain(closes).min();
        let timeout = next.map(|next| next.saturating_duration_since(Instant::now()));
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

    fn accept(&mut self) -> io::Result<()> {
        let now = Instant::now();
        for listener in &self.listeners {
            for _ in 0..MOST_CONNECTIONS {
                match listener.accept() {
                    Ok((stream, _)) => {
                        if self.connections.len() == MOST_CONNECTIONS {
                            self.connections.remove(0);
                        }
                        self.connections.extend(Connection::new(stream, now));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_out_of_descriptors(&error) => {
                        thread::sleep(ACCEPT_PAUSE);
                        break;
                    }
                    // The peer has gone again before it was its turn.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, ready: &[bool]) {
        let now = Instant::now();
        let (shared, requests, verbose) = (&self.shared, &mut self.requests, self.verbose);
        let mut ready = ready.iter();
        self.connections.retain_mut(|connection| {
            let loopback = connection.loopback;
            let is_ready = ready.next() == Some(&true);
            now < connection.deadline
                && (!is_ready
                    || connection.advance(|head| answer(&head, loopback, verbose, shared, requests)))
        });
    }
}

/// The bytes that answer a head; a report is noted, and judged at once.
fn answer(head: &Head, loopback: bool, verbose: bool, shared: &Shared, requests: &mut Requests) -> Vec<u8> {
    let (response, class, head_only) = match head {
        Head::Complete(request) => {
            let (mut state, now) = (shared.state(), Instant::now());
            let tells = note(request, &mut state, now);
            let context = Context { state: &state, requests, now, loopback, verbose, tells };
            (respond(request, &context), class(&request.path), request.method == "HEAD")
        }
        Head::Refused(status) => (Response::error(*status), "other", false),
        Head::Incomplete => (Response::error(400), "other", false),
    };
    requests.count(class, response.status);
    if let Some(index) = response.reported {
        shared.report(index);
    }
    response.encode(head_only)
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}
