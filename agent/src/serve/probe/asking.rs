//! The connections that wait for the answer of a probe: they take none of the places that the kubelet needs.

use std::time::Instant;

use super::pool::{Pool, busy};
use crate::serve::connection::{Connection, Reply};
use crate::serve::metrics::Requests;
use crate::serve::pages::forget_the_start;
use crate::serve::request::Request;
use crate::serve::response::Response;
use crate::sys;

/// Those that are over and not yet closed by their peers count too.
const MOST: usize = 128;

/// The probes, and who waits for them.
pub struct Asking {
    pool: Pool,
    connections: Vec<Connection>,
    /// Whether memory is in use that probes left behind.
    used: bool,
}

impl Asking {
    pub fn new(pool: Pool) -> Self {
        Self { pool, connections: Vec::new(), used: false }
    }

    /// Whether there is anything to ask.
    pub fn is_on(&self) -> bool {
        self.pool.has_modules()
    }

    /// Takes a request on; the number of its answer and until when that comes, or the answer.
    pub fn ask(
        &mut self,
        request: &Request,
        trusted: bool,
        now: Instant,
    ) -> Result<(u64, Instant), Response> {
        match self.connections.len() < MOST {
            true => self.pool.ask(request, trusted, now),
            false => Err(busy()),
        }
    }

    /// Keeps a connection whose request was taken on, and starts what there is room for.
    pub fn keep(&mut self, connection: Connection) {
        self.connections.push(connection);
        self.used = true;
        self.pool.start(Instant::now());
    }

    /// What to wait for; `advance` takes whether each is ready.
    pub fn interests(&self) -> impl Iterator<Item = libc::pollfd> {
        let wake = sys::interest(self.pool.wake(), false);
        std::iter::once(wake).chain(self.connections.iter().map(Connection::interest))
    }

    /// When something is to be done although nothing is ready.
    pub fn deadlines(&self) -> impl Iterator<Item = Instant> {
        self.connections.iter().map(Connection::deadline).chain(self.pool.next_start())
    }

    /// Passes on what has finished, and starts what there is room for.
    pub fn advance(&mut self, ready: &[bool], requests: &mut Requests) {
        let now = Instant::now();
        let mut ready = ready.iter();
        let has_finished = ready.next() == Some(&true);
        let pool = &mut self.pool;
        self.connections.retain_mut(|connection| {
            let is_ready = ready.next() == Some(&true);
            let stays =
                now < connection.deadline() && (!is_ready || connection.advance(|_| Reply::Now(Vec::new())));
            if let Some(number) = connection.awaits().filter(|_| !stays) {
                pool.forget(number);
            }
            stays
        });
        for finished in if has_finished { pool.finished() } else { Vec::new() } {
            requests.count("probe", finished.status);
            let waits = |connection: &Connection| connection.awaits() == Some(finished.number);
            if let Some(index) = self.connections.iter().position(waits)
                && !self.connections[index].answer(finished.bytes, now)
            {
                self.connections.swap_remove(index);
            }
        }
        pool.start(now);
        if std::mem::replace(&mut self.used, !pool.is_idle()) && pool.is_idle() {
            sys::give_memory_back();
            forget_the_start();
        }
    }
}
