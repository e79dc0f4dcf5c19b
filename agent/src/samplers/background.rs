//! Work that may take long, on a thread of its own: rounds pick up what it found last and never wait.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{SampleError, caught};

/// On Linux this is the thread's own, and lowers its I/O too.
const LOWEST_PRIORITY: i32 = 19;

/// What these threads do needs little.
const STACK_BYTES: usize = 128 << 10;

/// Does its work at once, and then each interval after it has ended.
pub struct Background<T> {
    shared: Arc<Shared<T>>,
    seen: Last<T>,
    /// The thread ends when this is dropped; one that hangs in the kernel ends with the process.
    _end: SyncSender<()>,
}

/// What the work found last; none before it has ended once.
type Last<T> = Option<Result<Arc<T>, Arc<SampleError>>>;

struct Shared<T> {
    last: Mutex<Last<T>>,
    changed: Condvar,
}

/// Whether anybody still waits for the work.
pub struct Demand(Receiver<()>);

impl Demand {
    /// Waits, and tells whether the demand has lasted; without, the sampler is gone.
    pub fn wait(&self, time: Duration) -> bool {
        self.0.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }
}

impl<T: Send + Sync + 'static> Background<T> {
    /// Starts the thread, at the lowest priority.
    pub fn start(
        name: &'static str,
        interval: Duration,
        mut work: impl FnMut(&Demand) -> Result<T, SampleError> + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { last: Mutex::new(None), changed: Condvar::new() });
        let (end, demand) = sync_channel(0);
        let (results, demand) = (Arc::clone(&shared), Demand(demand));
        let run = move || {
            // Who may not lower even its own priority works at the usual one.
            let _ = rustix::process::setpriority_process(None, LOWEST_PRIORITY);
            loop {
                let outcome = caught(name, || work(&demand)).map(Arc::new).map_err(Arc::new);
                *results.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                results.changed.notify_all();
                if !demand.wait(interval) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).stack_size(STACK_BYTES);
        thread.spawn(run)?;
        Ok(Self { shared, seen: None, _end: end })
    }

    /// What was found last; none before the work has ended once.
    pub fn last(&mut self) -> Result<Option<&T>, SampleError> {
        // On a busy host the thread may be put aside just while it holds the lock.
        if let Ok(last) = self.shared.last.try_lock() {
            self.seen.clone_from(&last);
        }
        match &self.seen {
            None => Ok(None),
            Some(Ok(found)) => Ok(Some(found)),
            Some(Err(error)) => Err(SampleError::Background(Arc::clone(error))),
        }
    }

    /// Waits until the work has ended once, at most until `deadline`.
    pub fn settle(&self, deadline: Instant) {
        let last = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = deadline.saturating_duration_since(Instant::now());
        drop(self.shared.changed.wait_timeout_while(last, patience, |last| last.is_none()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_sees_what_was_found_last_and_does_not_wait() {
        let (release, gate) = sync_channel::<Result<u32, ()>>(0);
        let work = move |_: &Demand| {
            gate.recv()
                .unwrap_or(Ok(0))
                .map_err(|()| SampleError::Parse { path: "made-up".into(), line: String::new() })
        };
        let mut background = Background::start("test", Duration::ZERO, work).unwrap();
        assert_eq!(background.last().unwrap(), None);
        release.send(Ok(7)).unwrap();
        background.settle(Instant::now() + Duration::from_mins(1));
        assert_eq!(background.last().unwrap(), Some(&7));
        release.send(Err(())).unwrap();
        let error = loop {
            match background.last() {
                Ok(found) => assert_eq!(found, Some(&7)),
                Err(error) => break error,
            }
        };
        assert_eq!(error.to_string(), "failed to understand made-up at \"\"");
    }

    #[test]
    fn the_thread_ends_when_nobody_waits_for_it() {
        let (ended, end) = sync_channel::<()>(0);
        let work = move |_: &Demand| {
            let _ = &ended;
            Ok(())
        };
        drop(Background::start("test", Duration::from_hours(1), work).unwrap());
        assert_eq!(end.recv_timeout(Duration::from_mins(1)), Err(RecvTimeoutError::Disconnected));
    }
}
