//! The spool's thread: the only one of the agent that waits for the spool's disk.
//!
//! It does one piece of work after the other and answers each, however long the disk takes; nobody
//! waits for it. A disk that refuses is tried again now and then.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::work::{Done, Reply, Work};
use super::{MEMORY_BYTES, Spool, SpoolOptions};

/// How long a disk that refused is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// Starts the thread, which opens the spool and ends when the way to it is gone. `reply` takes what
/// it says.
pub fn start(
    options: SpoolOptions,
    boot: u64,
    reply: impl Fn(Reply) + Send + 'static,
) -> io::Result<SyncSender<Work>> {
    // One piece of work is under way at a time; the next waits for its reply.
    let (works, queue) = sync_channel(1);
    let run =
        move || Worker { options, boot, spool: None, health: Health::Unknown }.run(&queue, reply);
    std::thread::Builder::new().name("spool".into()).spawn(run)?;
    Ok(works)
}

struct Worker {
    options: SpoolOptions,
    boot: u64,
    spool: Option<Spool>,
    health: Health,
}

/// What was said of the disk last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Unknown,
    Works,
    Refuses,
}

impl Worker {
    fn run(mut self, works: &Receiver<Work>, reply: impl Fn(Reply)) {
        let mut retry_at = self.open(&reply);
        loop {
            let work = match retry_at {
                None => works.recv().map_err(RecvTimeoutError::from),
                Some(at) => works.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match work {
                Ok(work) => {
                    let wanted = work.frames.len();
                    // Nothing is handed to a spool that has not said that it is open.
                    let Some(done) = self.execute(&work) else { continue };
                    if done.kept_frames < wanted && retry_at.is_none() {
                        retry_at = Some(Instant::now() + RETRY);
                    }
                    reply(Reply::Done(done));
                }
                Err(RecvTimeoutError::Timeout) if self.spool.is_none() => {
                    retry_at = self.open(&reply);
                }
                Err(RecvTimeoutError::Timeout) => {
                    retry_at = None;
                    reply(Reply::TryAgain);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Opens the spool, or says when to try again.
    fn open(&mut self, reply: &impl Fn(Reply)) -> Option<Instant> {
        match Spool::open(self.options.clone(), self.boot) {
            Ok(spool) => {
                reply(Reply::Opened(spool.holdings()));
                self.spool = Some(spool);
                None
            }
            Err(error) => {
                if self.health != Health::Refuses {
                    tracing::error!(
                        "failed to open spool {}: {error}; up to {} KiB wait in memory until it can \
                         be used",
                        self.options.directory.display(),
                        MEMORY_BYTES >> 10
                    );
                }
                self.health = Health::Refuses;
                Some(Instant::now() + RETRY)
            }
        }
    }

    fn execute(&mut self, work: &Work) -> Option<Done> {
        let (done, trouble) = self.spool.as_mut()?.execute(work);
        match trouble {
            Some(error) => self.report(&error),
            None if done.kept_frames > 0 => self.works(),
            None => {}
        }
        Some(done)
    }

    fn report(&mut self, error: &io::Error) {
        if self.health != Health::Refuses {
            tracing::error!(
                "failed to write spool {}: {error}; sampling goes on, up to {} KiB wait in memory",
                self.options.directory.display(),
                MEMORY_BYTES >> 10
            );
        }
        self.health = Health::Refuses;
    }

    fn works(&mut self) {
        if self.health == Health::Refuses {
            tracing::info!("spool {} works again", self.options.directory.display());
        }
        self.health = Health::Works;
    }
}
