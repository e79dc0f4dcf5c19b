//! A thread of one run: by name, with a result that is waited for within a limit.

use std::thread::Thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::RunError;

/// A thread that has been started.
pub struct Member<T> {
    name: &'static str,
    thread: Thread,
    result: oneshot::Receiver<T>,
}

impl<T: Send + 'static> Member<T> {
    /// Starts a thread.
    pub fn start(
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Self, RunError> {
        let (done, result) = oneshot::channel();
        let run = move || drop(done.send(work()));
        let thread = std::thread::Builder::new().name(name.into()).spawn(run);
        let thread = thread.map_err(|source| RunError::Thread { name, source })?;
        Ok(Self { name, thread: thread.thread().clone(), result })
    }

    /// The thread itself, to be woken.
    pub fn thread(&self) -> Thread {
        self.thread.clone()
    }

    /// Waits for its end; one that panicked has ended early.
    pub async fn ended(&mut self) -> Result<T, RunError> {
        (&mut self.result).await.map_err(|_| RunError::Ended(self.name))
    }

    /// Waits for its end, but no longer than `limit`: a thread that hangs in the kernel is left
    /// behind, and has no result.
    pub async fn ended_within(&mut self, limit: Duration) -> Result<Option<T>, RunError> {
        if let Ok(ended) = timeout(limit, self.ended()).await {
            return ended.map(Some);
        }
        tracing::warn!("the thread {} hangs and is left behind", self.name);
        Ok(None)
    }
}
