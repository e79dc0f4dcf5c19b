//! The gate of the query API: so many at once, each for so long, and none for a reader who is gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::answer::{failure, success, timeout};
use crate::promql::QueryError;
use crate::samples::Stop;
use crate::telemetry::{CollectorCounts, QueryOutcome};

/// The most queries at once, as Prometheus has it; more wait.
const MAX_RUNNING: usize = 20;

/// The longest that a query may wait and run.
pub const MAX_TIME: Duration = Duration::from_secs(30);

/// Lets queries pass.
#[derive(Clone)]
pub struct Gate {
    permits: Arc<Semaphore>,
}

/// One query from its arrival to its end, whichever end that is.
struct Query {
    counts: Arc<CollectorCounts>,
    stop: Stop,
    outcome: QueryOutcome,
}

impl Query {
    fn begin(counts: Arc<CollectorCounts>) -> Self {
        counts.queries_running.fetch_add(1, Ordering::Relaxed);
        // What ends without another outcome was dropped with the connection.
        Self { counts, stop: Stop::default(), outcome: QueryOutcome::Canceled }
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        self.stop.set();
        self.counts.queries_running.fetch_sub(1, Ordering::Relaxed);
        self.counts.query(self.outcome);
    }
}

impl Gate {
    /// A gate that nobody has passed.
    pub fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_RUNNING)) }
    }

    /// Does `work` on a thread of its own and answers with what it found, or that it took longer
    /// than `limit`; the work keeps its place until it heeds the stop.
    pub async fn pass<T: Serialize>(
        &self,
        counts: &Arc<CollectorCounts>,
        limit: Result<Duration, QueryError>,
        work: impl FnOnce(Stop) -> Result<T, QueryError> + Send + 'static,
    ) -> Response {
        let mut query = Query::begin(Arc::clone(counts));
        let limit = match limit {
            Ok(limit) => limit,
            Err(error) => {
                query.outcome = outcome(&error);
                return failure(&error);
            }
        };
        query.outcome = QueryOutcome::Timeout;
        let deadline = Instant::now() + limit;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await;
        let (Ok(Ok(permit)), false) = (permit, limit.is_zero()) else {
            return timeout("query timed out in query queue");
        };
        query.outcome = QueryOutcome::Canceled;
        let stop = query.stop.clone();
        let running = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(stop).map(|data| success(&data))
        });
        let found = match timeout_at(deadline, running).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => Err(QueryError::Execution(error.to_string())),
            Err(_) => Err(QueryError::Stopped),
        };
        query.outcome = found.as_ref().err().map_or(QueryOutcome::Answered, outcome);
        found.unwrap_or_else(|error| failure(&error))
    }
}

fn outcome(error: &QueryError) -> QueryOutcome {
    match error {
        QueryError::BadData(_) => QueryOutcome::BadData,
        QueryError::Execution(_) => QueryOutcome::Execution,
        QueryError::Stopped => QueryOutcome::Timeout,
        QueryError::Read(_) => QueryOutcome::Internal,
    }
}
