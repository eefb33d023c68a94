//! The probes that run, each in a thread of its own, and those that wait until one of them is over.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::answer;
use super::question::{asked, wants_reason};
use crate::check::{Deadline, HostRoots};
use crate::cli::Module;
use crate::net::{earliest_expiry, names_lead_out};
use crate::runner::Runner;
use crate::scheme::CheckUrl;
use crate::serve::request::Request;
use crate::serve::response::Response;
use crate::serve::worker::STACK;

const MOST_RUNNING: usize = 8;
const MOST_WAITING: usize = 120;

/// Where the request does not say how long it waits.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(10);

/// The answer has to arrive before the scrape is given up: blackbox_exporter takes off as much.
const MARGIN: Duration = Duration::from_millis(500);

/// Past its deadline a run has ended, as far as the kernel lets it.
const GRACE: Duration = Duration::from_secs(1);

/// The modules, and the probes of them.
pub struct Pool {
    modules: Vec<Module>,
    /// The oldest first.
    waiting: Vec<Waiting>,
    running: usize,
    last: u64,
    wake: PipeReader,
    reporter: Reporter,
}

struct Waiting {
    number: u64,
    check: CheckUrl,
    with_reason: bool,
    head_only: bool,
    /// Later than this too little time is left, and the server would be blamed for it.
    starts_by: Instant,
    ends_by: Instant,
}

/// The answer of a probe, as bytes.
pub struct Finished {
    pub number: u64,
    pub status: u16,
    pub bytes: Vec<u8>,
    has_run: bool,
}

/// Hands answers over to the server's thread, and wakes it.
#[derive(Clone)]
struct Reporter {
    results: Arc<Mutex<Vec<Finished>>>,
    wake: Arc<PipeWriter>,
}

impl Pool {
    /// A pool without modules refuses every probe.
    pub fn new(modules: Vec<Module>) -> io::Result<Self> {
        let (wake, writer) = io::pipe()?;
        let reporter = Reporter { results: Arc::default(), wake: Arc::new(writer) };
        Ok(Self { modules, waiting: Vec::new(), running: 0, last: 0, wake, reporter })
    }

    pub fn has_modules(&self) -> bool {
        !self.modules.is_empty()
    }

    /// Takes a request on; the number of its answer and until when that comes, or the answer.
    pub fn ask(
        &mut self,
        request: &Request,
        trusted: bool,
        now: Instant,
    ) -> Result<(u64, Instant), Response> {
        let check = asked(request, &self.modules)?;
        if self.waiting.len() >= MOST_WAITING {
            return Err(busy());
        }
        let patience = request.scrape_timeout.map_or(PATIENCE, |timeout| timeout - MARGIN.min(timeout / 2));
        let patience = patience.min(LONGEST);
        self.last += 1;
        self.waiting.push(Waiting {
            number: self.last,
            check,
            with_reason: trusted && wants_reason(request),
            head_only: request.method == "HEAD",
            starts_by: now + patience / 2,
            ends_by: now + patience,
        });
        Ok((self.last, now + patience + GRACE))
    }

    /// Starts what there is room for, and refuses what has waited too long.
    pub fn start(&mut self, now: Instant) {
        let reporter = &self.reporter;
        self.waiting.retain(|waiting| {
            if now < waiting.starts_by {
                return true;
            }
            reporter.report(waiting.number, waiting.head_only, &busy(), false);
            false
        });
        let room = MOST_RUNNING.saturating_sub(self.running).min(self.waiting.len());
        for next in self.waiting.drain(..room) {
            let (reporter, number, head_only) = (self.reporter.clone(), next.number, next.head_only);
            let run = move || reporter.report(number, head_only, &probe(next), true);
            match thread::Builder::new().stack_size(STACK).spawn(run) {
                Ok(_) => self.running += 1,
                Err(_) => self.reporter.report(number, head_only, &busy(), false),
            }
        }
    }

    /// What has finished since the last call.
    pub fn finished(&mut self) -> Vec<Finished> {
        drop(self.wake.read(&mut [0; 256]));
        let finished = std::mem::take(&mut *self.reporter.results());
        self.running -= finished.iter().filter(|it| it.has_run).count();
        finished
    }

    /// Nobody waits for it any more.
    pub fn forget(&mut self, number: u64) {
        self.waiting.retain(|waiting| waiting.number != number);
    }

    /// Readable once something has finished.
    pub fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// When to start again, if nothing finishes before.
    pub fn next_start(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.starts_by).min()
    }

    /// Whether no probe runs or waits.
    pub fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }
}

impl Reporter {
    fn report(&self, number: u64, head_only: bool, response: &Response, has_run: bool) {
        let (status, bytes) = (response.status, response.encode(head_only));
        self.results().push(Finished { number, status, bytes, has_run });
        drop((&*self.wake).write(&[0]));
    }

    fn results(&self) -> MutexGuard<'_, Vec<Finished>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the server; this thread does nothing else.
fn probe(waiting: Waiting) -> Response {
    names_lead_out();
    let runner = match Runner::new(waiting.check, &HostRoots::default()) {
        Ok(runner) => runner,
        Err(error) => return Response::text(400, &error.0),
    };
    let timeout = waiting.ends_by.saturating_duration_since(Instant::now());
    let run = runner.run(Deadline::after(timeout), timeout);
    answer::render(&run, earliest_expiry(), waiting.with_reason)
}

/// The answer where there is no room.
pub fn busy() -> Response {
    Response::text(503, "too many probes at once")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules of a command line of `serve`, and a request for one of its targets.
    fn pool(line: &str) -> Pool {
        let line = format!("serve {line}");
        match crate::cli::parse(line.split(' ').map(std::ffi::OsString::from)) {
            Ok(crate::cli::Command::Serve(serve)) => Pool::new(serve.modules).unwrap(),
            _ => panic!("{line}"),
        }
    }

    fn request(target: &str, scrape_timeout: Option<Duration>) -> Request {
        let (method, query) = ("GET".into(), format!("target={target}"));
        Request { method, query, scrape_timeout, ..Request::default() }
    }

    const ANY: &str = "--module any=tcp://:1 --target 127.0.0.1:1-65535";

    #[test]
    fn so_many_wait_and_one_more_is_refused() {
        let (mut pool, now) = (pool(ANY), Instant::now());
        for number in 1..=MOST_WAITING {
            let (taken, _) = pool.ask(&request("127.0.0.1:1", None), false, now).unwrap();
            assert_eq!(taken, number as u64);
        }
        assert_eq!(pool.ask(&request("127.0.0.1:1", None), false, now).unwrap_err().status, 503);
        pool.forget(7);
        assert!(pool.ask(&request("127.0.0.1:1", None), false, now).is_ok());
    }

    #[test]
    fn what_waited_for_half_of_its_time_is_refused_rather_than_blamed_on_the_server() {
        let (mut pool, now) = (pool(ANY), Instant::now());
        let (number, ends) = pool.ask(&request("127.0.0.1:1", Some(4 * MARGIN)), false, now).unwrap();
        assert_eq!(ends, now + 3 * MARGIN + GRACE);
        let half = now + 3 * MARGIN / 2;
        assert_eq!(pool.next_start(), Some(half));
        pool.start(half);
        let finished = pool.finished();
        assert_eq!(finished.iter().map(|it| (it.number, it.status)).collect::<Vec<_>>(), [(number, 503)]);
        assert!(pool.is_idle());
    }

    #[test]
    fn how_long_prometheus_waits_bounds_a_probe_and_ten_seconds_bound_that() {
        let (mut pool, now) = (pool(ANY), Instant::now());
        let mut ends =
            |timeout| pool.ask(&request("127.0.0.1:1", timeout), false, now).unwrap().1 - GRACE - now;
        assert_eq!(ends(None), PATIENCE);
        assert_eq!(ends(Some(Duration::from_secs(3))), Duration::from_millis(2_500));
        assert_eq!(ends(Some(Duration::from_millis(100))), Duration::from_millis(50));
        assert_eq!(ends(Some(Duration::MAX)), LONGEST);
        assert_eq!(ends(Some(Duration::ZERO)), Duration::ZERO);
    }
}
