//! Named tasks that live and end together: the first to end stops the others, all get a moment to
//! end in order, and every result is read. No task outlives its [`Tasks`].

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A task that ended without a result: it panicked, or the runtime ended it.
#[derive(Debug, thiserror::Error)]
#[error("task {name:?} did not end in order")]
pub struct TaskError {
    name: &'static str,
    source: JoinError,
}

/// Tasks that stop together.
pub struct Tasks<E> {
    running: JoinSet<Result<(), E>>,
    /// The names of those that run.
    names: HashMap<Id, &'static str>,
    stop: CancellationToken,
}

impl<E> Tasks<E>
where
    E: From<TaskError> + Send + 'static,
{
    /// None yet; `stop` stops them all, and is cancelled when the first of them ends.
    pub fn new(stop: CancellationToken) -> Self {
        Self { running: JoinSet::new(), names: HashMap::new(), stop }
    }

    /// Starts a task, which is to end when the token it is given is cancelled.
    pub fn start<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let span = tracing::error_span!("task", name);
        let task = self.running.spawn(work(self.stop.child_token()).instrument(span));
        self.names.insert(task.id(), name);
    }

    /// Waits until all have ended. Once the first has, or `stop` is cancelled, the others may take
    /// as long as `drain` and are cut then. Tells the first failure.
    pub async fn finish(mut self, drain: Duration) -> Result<(), E> {
        let stop = self.stop.clone();
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(drain).await;
        };
        tokio::pin!(overdue);
        let mut outcome = Ok(());
        loop {
            let ended = tokio::select! {
                ended = self.running.join_next_with_id() => ended,
                () = &mut overdue => {
                    let mut left: Vec<&str> = self.names.into_values().collect();
                    left.sort_unstable();
                    let (left, seconds) = (left.join(", "), drain.as_secs());
                    tracing::warn!("{left} did not end within {seconds} s and were cut");
                    return outcome;
                }
            };
            let Some(ended) = ended else { return outcome };
            self.stop.cancel();
            outcome = outcome.and(self.result(ended));
        }
    }

    fn result(&mut self, ended: Result<(Id, Result<(), E>), JoinError>) -> Result<(), E> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, Ok(result)),
            Err(source) => (source.id(), Err(source)),
        };
        let name = self.names.remove(&id).unwrap_or_default();
        result.map_err(|source| TaskError { name, source })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("{0} failed")]
        Of(&'static str),
        #[error(transparent)]
        Task(#[from] TaskError),
    }

    const SOON: Duration = Duration::from_millis(10);
    const LATE: Duration = Duration::from_secs(3600);

    /// How all of them ended, which they must.
    async fn ended(tasks: Tasks<Failure>, drain: Duration) -> Result<(), Failure> {
        let outcome = tokio::time::timeout(Duration::from_secs(60), tasks.finish(drain)).await;
        outcome.expect("all tasks end")
    }

    async fn until_stopped(stop: CancellationToken) -> Result<(), Failure> {
        stop.cancelled().await;
        Ok(())
    }

    #[tokio::test]
    async fn the_first_to_end_stops_the_others_and_the_first_failure_is_told() {
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        tasks.start("lasting", until_stopped);
        tasks.start("failing", |_| async { Err(Failure::Of("failing")) });
        tasks.start("late", |stop| async move {
            stop.cancelled().await;
            Err(Failure::Of("late"))
        });
        let outcome = ended(tasks, LATE).await;
        assert!(matches!(outcome, Err(Failure::Of("failing"))), "{outcome:?}");
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn all_end_well_when_told_to() {
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        tasks.start("lasting", until_stopped);
        tasks.start("telling", |_| async move {
            stop.cancel();
            Ok(())
        });
        assert!(ended(tasks, LATE).await.is_ok());
    }

    #[tokio::test]
    async fn who_does_not_end_is_cut_and_a_failure_before_is_still_told() {
        let mut tasks = Tasks::new(CancellationToken::new());
        let (held, cut) = tokio::sync::oneshot::channel::<()>();
        tasks.start("hanging", |_| async move {
            let _held = held;
            std::future::pending().await
        });
        tasks.start("failing", |_| async { Err(Failure::Of("failing")) });
        let outcome = ended(tasks, SOON).await;
        assert!(matches!(outcome, Err(Failure::Of("failing"))), "{outcome:?}");
        assert!(cut.await.is_err(), "what it held is gone");
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_with_the_name_of_its_task() {
        let mut tasks = Tasks::<Failure>::new(CancellationToken::new());
        tasks.start("lasting", until_stopped);
        tasks.start("broken", |_| async { panic!("on purpose") });
        let text = ended(tasks, LATE).await.unwrap_err().to_string();
        assert_eq!(text, "task \"broken\" did not end in order");
    }
}
