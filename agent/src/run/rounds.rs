//! The sampler's thread: takes rounds of the host at a steady pace and hands them to the journal.
//!
//! It waits on the clock, and is woken when its settings change or it has to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::journal::Inlet;
use crate::samplers::Samplers;
use crate::series::{Round, Scope};
use crate::settings::AgentSettings;
use crate::telemetry::{self, ResidentMemory, Telemetry, unix_ms};

/// What the thread needs.
pub struct Rounds {
    pub samplers: Samplers,
    pub inlet: Inlet,
    pub telemetry: Arc<Telemetry>,
    pub memory: ResidentMemory,
    /// The interval as configured.
    pub configured: Duration,
    pub settings: watch::Receiver<AgentSettings>,
    pub stop: watch::Receiver<bool>,
}

/// When rounds are due: at multiples of the interval after the first.
#[derive(Debug)]
struct Pace {
    due: Instant,
    interval: Duration,
}

impl Rounds {
    /// The first round comes at once. Runs until it is to stop.
    pub fn run(mut self) {
        let mut pace = Pace { due: Instant::now(), interval: self.interval() };
        while !*self.stop.borrow() {
            // Settings that nobody can change any more stay.
            if self.settings.has_changed().unwrap_or(false) {
                pace.change(self.interval(), Instant::now());
            }
            let wait = pace.due.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                std::thread::park_timeout(wait);
                continue;
            }
            self.take();
            self.miss(pace.advance(Instant::now()));
        }
    }

    fn interval(&mut self) -> Duration {
        let interval = self.settings.borrow_and_update().interval.unwrap_or(self.configured);
        self.telemetry.interval_ms.store(interval.as_millis() as u64, Ordering::Relaxed);
        interval
    }

    fn take(&mut self) {
        let now = SystemTime::now();
        let Some(mut reading) = self.inlet.reading(Scope::HOST, unix_ms(now)) else {
            return self.miss(1);
        };
        let mut round = Round::new(&mut reading);
        self.samplers.sample(now, &mut round);
        // What the host had and has no more, such as a mount or a container, is not repeated as if it were new.
        round.end_missing();
        telemetry::sample(&self.telemetry, &mut self.memory, &mut round);
        if !self.inlet.hand_in(reading) {
            self.miss(1);
        }
    }

    fn miss(&self, rounds: u64) {
        let count: &AtomicU64 = &self.telemetry.missed_rounds;
        Telemetry::add(count, rounds);
    }
}

impl Pace {
    /// Another interval, which counts from now.
    fn change(&mut self, interval: Duration, now: Instant) {
        self.interval = interval;
        self.due = self.due.min(now + interval);
    }

    /// After a round: the next is due. Answers how many could not be taken meanwhile.
    fn advance(&mut self, now: Instant) -> u64 {
        self.due += self.interval;
        let late = now.saturating_duration_since(self.due);
        let missed = (late.as_secs_f64() / self.interval.as_secs_f64()).ceil() as u32;
        self.due += self.interval * missed;
        missed.into()
    }
}

/// Wakes the sampler when there is something new for it, until it is to stop.
pub async fn wake(
    sampler: Thread,
    mut settings: watch::Receiver<AgentSettings>,
    mut stop: watch::Receiver<bool>,
) {
    let mut open = true;
    loop {
        tokio::select! {
            changed = settings.changed(), if open => open = changed.is_ok(),
            // A stop token that is gone means stop, too.
            _ = stop.wait_for(|stop| *stop) => break sampler.unpark(),
        }
        sampler.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_keep_to_the_grid_and_what_was_missed_is_counted() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        for (interval_ms, ended_ms, next_ms, missed) in [
            (1000, 0, 1000, 0),
            (1000, 999, 1000, 0),
            (1000, 1000, 1000, 0),
            (1000, 1001, 2000, 1),
            (1000, 3500, 4000, 3),
            (100, 1050, 1100, 10),
        ] {
            let mut pace = Pace { due: start, interval: Duration::from_millis(interval_ms) };
            assert_eq!(pace.advance(at(ended_ms)), missed, "{ended_ms}");
            assert_eq!(pace.due, at(next_ms), "{ended_ms}");
        }
    }

    #[test]
    fn a_shorter_interval_counts_from_now_and_a_longer_one_from_the_next_round() {
        let start = Instant::now();
        let seconds = Duration::from_secs;
        for (interval, due) in [(seconds(1), seconds(11)), (seconds(600), seconds(60))] {
            let mut pace = Pace { due: start + seconds(60), interval: seconds(60) };
            pace.change(interval, start + seconds(10));
            assert_eq!((pace.due, pace.interval), (start + due, interval));
        }
    }
}
