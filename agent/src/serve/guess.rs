//! A check that was found rather than written. Until it has passed once in the life of its container it is unproven: it
//! restarts nothing, and holds readiness back for a while only. Pure: the time is always an argument.

use std::time::{Duration, Instant};

use crate::check::{HELD_BACK, Probe};

/// How far a guess has come in the life of its container.
///
/// The kubelet asks for startup until that holds, and again only of a new container. So its question begins a life.
pub struct Guess {
    proven: bool,
    /// When the kubelet first asked in this life; none where the container is older than the agent.
    began: Option<Instant>,
    /// Whether the kubelet asks for startup at all.
    has_startup: bool,
    held_back: Duration,
    /// Whether the kubelet was told that it is unproven.
    told: bool,
}

impl Guess {
    /// A guess in a life that nothing is known of; `period` is how often the kubelet asks.
    pub fn new(has_startup: bool, period: Duration) -> Self {
        let held_back = HELD_BACK.saturating_sub(period);
        Self { proven: false, began: None, has_startup, held_back, told: false }
    }

    /// Notes a question of the kubelet. True if the answer should tell that the guess is unproven, which is so once in a life.
    pub fn asked(&mut self, probe: Probe, has_result: bool, now: Instant) -> bool {
        match probe {
            Probe::Startup => {
                *self = Self { proven: false, began: Some(now), told: false, ..*self };
                return false;
            }
            // Where the kubelet asks for startup, and did not ask this agent, the container has started long ago.
            Probe::Readiness if !self.has_startup => drop(self.began.get_or_insert(now)),
            _ => {}
        }
        let tells = has_result && !self.told && !self.proven && !self.is_held_back(now);
        self.told |= tells;
        tells
    }

    /// Notes that a run passed. One that began before this life did says nothing of it.
    pub fn passed(&mut self, run_began: Option<Instant>) {
        let of_this_life = match (self.began, run_began) {
            (Some(life), Some(run)) => life <= run,
            _ => true,
        };
        self.proven |= of_this_life;
    }

    /// Whether it has passed in this life.
    pub fn is_proven(&self) -> bool {
        self.proven
    }

    /// Whether the probe holds although the check does not.
    pub fn excuses(&self, probe: Probe, now: Instant) -> bool {
        !self.proven && (probe != Probe::Readiness || !self.is_held_back(now))
    }

    /// Whether the server that was guessed may still be starting; `agent_began` counts where no life has begun yet.
    pub fn is_awaited(&self, agent_began: Instant, now: Instant) -> bool {
        let since = self.began.unwrap_or(agent_began);
        !self.proven && now.saturating_duration_since(since) < self.held_back
    }

    fn is_held_back(&self, now: Instant) -> bool {
        self.began.is_some_and(|began| now.saturating_duration_since(began) < self.held_back)
    }
}

#[cfg(test)]
mod tests {
    use super::Probe::{Liveness, Readiness, Startup};
    use super::*;
    use crate::serve::fixture::SECOND;

    const PERIOD: Duration = Duration::from_secs(10);

    fn excused(guess: &Guess, now: Instant) -> [bool; 3] {
        Probe::ALL.map(|probe| guess.excuses(probe, now))
    }

    #[test]
    fn unproven_it_restarts_nothing_and_holds_readiness_back_for_less_than_a_minute() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        assert!(!guess.asked(Startup, false, start));
        assert_eq!(excused(&guess, start), [true, false, true]);
        // The kubelet's next question comes a period later, and then the minute is over.
        assert_eq!(excused(&guess, start + 49 * SECOND), [true, false, true]);
        assert_eq!(excused(&guess, start + 50 * SECOND), [true, true, true]);
    }

    #[test]
    fn once_it_has_passed_it_excuses_nothing() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        guess.asked(Startup, false, start);
        guess.passed(Some(start));
        assert!(guess.is_proven());
        assert_eq!(excused(&guess, start + 3600 * SECOND), [false; 3]);
    }

    #[test]
    fn a_new_container_has_to_be_proven_anew() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        guess.asked(Startup, false, start);
        guess.passed(Some(start));
        let again = start + 500 * SECOND;
        guess.asked(Startup, true, again);
        assert_eq!(excused(&guess, again), [true, false, true]);
        // This run asked the container before.
        guess.passed(Some(again - SECOND));
        assert!(!guess.is_proven());
        guess.passed(Some(again + SECOND));
        assert!(guess.is_proven());
    }

    #[test]
    fn an_agent_that_is_younger_than_the_container_holds_nothing_back() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        assert!(!guess.asked(Readiness, false, start));
        assert_eq!(excused(&guess, start), [true; 3]);
    }

    #[test]
    fn where_no_startup_is_asked_for_the_first_question_of_readiness_begins_the_life() {
        let start = Instant::now();
        let mut guess = Guess::new(false, PERIOD);
        guess.asked(Liveness, true, start);
        assert_eq!(excused(&guess, start), [true; 3]);
        guess.asked(Readiness, true, start + SECOND);
        assert_eq!(excused(&guess, start + SECOND), [true, false, true]);
        guess.asked(Readiness, true, start + 11 * SECOND);
        assert_eq!(excused(&guess, start + 51 * SECOND), [true; 3]);
    }

    #[test]
    fn it_is_told_once_in_a_life_and_only_when_it_is_no_longer_awaited() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        guess.asked(Startup, true, start);
        let told = |guess: &mut Guess, seconds| guess.asked(Readiness, true, start + SECOND * seconds);
        assert_eq!([1, 49, 50, 51].map(|seconds| told(&mut guess, seconds)), [false, false, true, false]);
        guess.asked(Startup, true, start + 100 * SECOND);
        assert_eq!([101, 150].map(|seconds| told(&mut guess, seconds)), [false, true]);
        guess.asked(Startup, true, start + 200 * SECOND);
        guess.passed(Some(start + 201 * SECOND));
        assert!(!told(&mut guess, 300));
    }

    #[test]
    fn it_is_awaited_as_long_as_it_holds_readiness_back() {
        let start = Instant::now();
        let mut guess = Guess::new(true, PERIOD);
        let awaited = |guess: &Guess, seconds| guess.is_awaited(start, start + SECOND * seconds);
        assert_eq!([0, 49, 50].map(|seconds| awaited(&guess, seconds)), [true, true, false]);
        guess.asked(Startup, true, start + 100 * SECOND);
        assert_eq!([101, 149, 150].map(|seconds| awaited(&guess, seconds)), [true, true, false]);
        guess.passed(None);
        assert!(!awaited(&guess, 101));
    }
}
