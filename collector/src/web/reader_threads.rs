//! Threads that work for readers. They give way to those that take in what agents say, so that a
//! crowd of readers keeps no acknowledgement waiting.

use std::io;

use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// How much they give way, as `nice` counts it.
const NICENESS: i32 = 5;

/// Threads that begin when there is work and end when there was none for a while.
#[derive(Debug)]
pub struct ReaderThreads {
    /// There until this is dropped. It only has threads for work that blocks.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl ReaderThreads {
    /// No thread yet.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .thread_name("reader")
            .on_thread_start(give_way)
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Does it on one of them.
    pub fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle.spawn_blocking(work)
    }
}

impl Drop for ReaderThreads {
    /// Waits for none of them: each was told to stop.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn give_way() {
    // Without an id both are about the thread that asks. A system that refuses leaves it as it is.
    let given_way =
        getpriority_process(None).and_then(|own| setpriority_process(None, own + NICENESS));
    if let Err(error) = given_way {
        tracing::debug!("readers' threads do not give way: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readers_give_way_and_nobody_else_does() {
        let threads = ReaderThreads::new().unwrap();
        let before = getpriority_process(None).unwrap();
        let work = || getpriority_process(None).unwrap();
        let of_reader = threads.work(work).await.unwrap();
        assert_eq!(of_reader, (before + NICENESS).min(19));
        let of_others = tokio::task::spawn_blocking(work).await.unwrap();
        assert_eq!((getpriority_process(None).unwrap(), of_others), (before, before));
    }
}
