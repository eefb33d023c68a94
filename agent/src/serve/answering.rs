//! From the head of a request to what becomes of its connection.

use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::connection::{Connection, Reply};
use super::endpoints::{Context, class, note, respond};
use super::gate::Gate;
use super::holding::Holding;
use super::metrics::Requests;
use super::moving::Moving;
use super::probe::Asking;
use super::request::Head;
use super::response::Response;
use super::worker::Shared;

/// How long the kubelet waits at most for the checks to begin: after the agent itself was stopped its threads wake in no
/// order, and on a busy machine late.
const LONGEST_WAKE: Duration = Duration::from_millis(300);
const WAKE_STEP: Duration = Duration::from_millis(5);

/// What it takes to answer.
pub struct Answering<'a> {
    pub shared: &'a Shared,
    pub asking: &'a mut Asking,
    pub requests: &'a mut Requests,
    pub gate: &'a mut Gate,
    pub holding: &'a mut Holding,
    pub moving: &'a Moving,
    pub verbose: bool,
    pub now: Instant,
}

impl Answering<'_> {
    /// False when the connection is over.
    pub fn advance(&mut self, connection: &mut Connection) -> bool {
        let peer = connection.peer;
        connection.advance(|head| self.answer(&head, peer))
    }

    /// What becomes of a head; a report is noted, and judged at once.
    fn answer(&mut self, head: &Head, peer: IpAddr) -> Reply {
        let (response, class, head_only) = match head {
            Head::Complete(request) => {
                if request.kubelet {
                    self.gate.prove(peer, self.now);
                }
                if request.path == "/probe" {
                    let trusted = peer.is_loopback() || self.verbose;
                    match self.asking.ask(request, trusted, Instant::now()) {
                        Ok((number, ends)) => return Reply::Later(number, ends),
                        Err(response) => return self.counted(&response, "probe", request.method == "HEAD"),
                    }
                }
                if let Some(response) = self.moving.answer(request) {
                    return self.counted(&response, "movez", request.method == "HEAD");
                }
                if request.kubelet {
                    self.await_runs();
                }
                let held = self.holding.read(SystemTime::now());
                let (mut state, loopback) = (self.shared.state(), peer.is_loopback());
                let (requests, verbose, now) = (&*self.requests, self.verbose, Instant::now());
                let trial = self.shared.trial(&mut state, now);
                let tells = note(request, &mut state, now);
                let trial = trial.as_deref();
                let context = Context { state: &state, requests, trial, now, held, loopback, verbose, tells };
                (respond(request, &context), class(&request.path), request.method == "HEAD")
            }
            Head::Refused(status) => (Response::error(*status), "other", false),
            Head::Incomplete => (Response::error(400), "other", false),
        };
        if let Some(index) = response.reported {
            self.shared.report(index);
        }
        self.counted(&response, class, head_only)
    }

    /// Gives the checks the time to begin where the agent itself was stopped until now.
    fn await_runs(&self) {
        let woken = Instant::now();
        if !self.shared.state().has_woken(woken) {
            return;
        }
        while self.shared.state().has_stale(Instant::now()) && woken.elapsed() < LONGEST_WAKE {
            thread::sleep(WAKE_STEP);
        }
    }

    fn counted(&mut self, response: &Response, class: &'static str, head_only: bool) -> Reply {
        self.requests.count(class, response.status);
        Reply::Now(response.encode(head_only))
    }
}
