use super::*;
use crate::serve::fixture::SECOND;

/// The worker of one probe as `worker.go` has it, asked each second whether it is due.
#[derive(Clone, Copy, Debug)]
struct Worker {
    probe: Probe,
    due: u32,
    last: Option<bool>,
    run: u32,
    result: bool,
}

/// The same by a slow model: all workers, second by second.
struct Kubelet {
    questions: Questions,
    period: u32,
    workers: Vec<Worker>,
    restarts: u32,
    failed_starts: u32,
    unready: u32,
}

impl Kubelet {
    fn new(has: [bool; 3], period: u32, questions: Questions) -> Self {
        let due = seconds(questions.initial_delay);
        let probes = Probe::ALL.into_iter().filter(|&probe| has[probe as usize]);
        let mut kubelet =
            Self { questions, period, workers: vec![], restarts: 0, failed_starts: 0, unready: 0 };
        kubelet.workers = probes.map(|probe| Worker::new(probe, due)).collect();
        kubelet
    }

    fn result(&self, probe: Probe) -> Option<bool> {
        self.workers.iter().find(|worker| worker.probe == probe).map(|worker| worker.result)
    }

    fn every(&self, probe: Probe) -> u32 {
        let startup = seconds(self.questions.startup_period(SECOND * self.period));
        if probe == Probe::Startup { startup } else { self.period }
    }

    /// One second: whoever is due asks, startup first.
    fn second(&mut self, now: u32, holds: [bool; 3]) {
        for probe in [Probe::Startup, Probe::Liveness, Probe::Readiness] {
            let started = self.result(Probe::Startup).unwrap_or(true);
            let every = self.every(probe);
            let Some(worker) = self.workers.iter_mut().find(|worker| worker.probe == probe) else { continue };
            if (probe == Probe::Startup) == started || worker.due > now {
                continue;
            }
            worker.due += every;
            let holds = holds[probe as usize];
            worker.run = if worker.last == Some(holds) { worker.run + 1 } else { 1 };
            worker.last = Some(holds);
            let startup = seconds(self.questions.startup_timeout).div_ceil(every);
            let failures = if probe == Probe::Startup { startup } else { self.questions.failure_threshold };
            let passes = if probe == Probe::Readiness { self.questions.success_threshold } else { 1 };
            if worker.run < if holds { passes } else { failures } {
                continue;
            }
            worker.result = holds;
            match (probe, holds) {
                (Probe::Startup, true) => self.workers.iter_mut().for_each(|worker| worker.due = now),
                (Probe::Startup, false) => {
                    self.failed_starts += 1;
                    return self.restart(now);
                }
                (Probe::Liveness, false) => {
                    self.restarts += 1;
                    return self.restart(now);
                }
                _ => {}
            }
        }
    }

    fn restart(&mut self, now: u32) {
        for index in 0..self.workers.len() {
            let probe = self.workers[index].probe;
            let wait = seconds(self.questions.initial_delay).max(self.every(probe));
            self.workers[index] = Worker::new(probe, now + wait);
        }
    }
}

impl Worker {
    /// A liveness holds before it was asked, and the other two do not.
    fn new(probe: Probe, due: u32) -> Self {
        Self { probe, due, last: None, run: 0, result: probe == Probe::Liveness }
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap()
}

/// xorshift: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % end).unwrap()
    }
}

fn failure() -> Failure {
    Failure { check: "a".into(), reason: "b".into() }
}

#[test]
fn it_counts_what_the_kubelet_would_have_done_second_by_second() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let (mut restarts, mut unready) = (0, 0);
    for case in 0..2_000 {
        let has = [(); 3].map(|()| numbers.below(4) > 0);
        let questions = Questions {
            failure_threshold: 1 + numbers.below(4),
            success_threshold: 1 + numbers.below(3),
            initial_delay: SECOND * numbers.below(20),
            startup_timeout: SECOND * (2 + 2 * numbers.below(20)),
            pass_only: false,
        };
        let period = 2 + numbers.below(12);
        let mut prober = Prober::new(has, SECOND * period, &questions);
        let mut kubelet = Kubelet::new(has, period, questions);
        let mut holds = [true; 3];
        for now in 0..400 {
            for holds in &mut holds {
                *holds ^= numbers.below(25) == 0;
            }
            if kubelet.result(Probe::Readiness) == Some(false) {
                kubelet.unready += u32::from(now > 0);
            }
            kubelet.second(now, holds);
            let at = u64::from(now) * 1000;
            while let Some((due, probe)) = prober.next(at) {
                let failing = (!holds[probe as usize]).then(failure);
                prober.answer(probe, due, failing);
            }
            let counted = (prober.restarts.count, prober.failed_starts.count);
            assert_eq!(counted, (kubelet.restarts, kubelet.failed_starts), "case {case} at {now}: {has:?}");
            let ready = kubelet.result(Probe::Readiness).unwrap_or(prober.is_ready());
            assert_eq!(prober.is_ready(), ready, "case {case} at {now}: {has:?} {questions:?}");
            let (later, at_start) = prober.unready(at);
            if has[1] {
                assert_eq!(later + at_start, u64::from(kubelet.unready) * 1000, "case {case} at {now}");
            }
        }
        restarts += kubelet.restarts;
        unready += kubelet.unready;
    }
    assert!(
        restarts > 1_000 && unready > 10_000,
        "the numbers have to reach what is compared: {restarts}, {unready}"
    );
}

#[test]
fn of_many_starts_the_last_eight_stay() {
    let mut prober = Prober::new([true, false, false], SECOND, &Questions::default());
    let mut at = 0;
    for _ in 0..10 {
        at += 5_000;
        prober.ended(at, failure());
        at += 2_000;
        while let Some((due, probe)) = prober.next(at) {
            prober.answer(probe, due, None);
        }
    }
    assert_eq!(prober.starts.len(), MOST_STARTS);
}
