//! Who is let in: a lane for programs and one for readers, so that neither keeps the other out; in
//! each so many at work, so many who wait, and the others turned away.
//!
//! It knows what a request may take and when its time is up, not what it is about.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::Asked;
use super::limits::{Kind, PLACES, QUEUE};
use crate::samples::{Budget, Pool, Stop};
use crate::telemetry::{CollectorCounts, Outcome, Requests};
use crate::web::problem::{Code, Problem};

/// Lets requests in.
pub struct Admission {
    counts: Arc<CollectorCounts>,
    pool: Pool,
    /// The query API.
    programs: Lane,
    /// Pages and pictures.
    readers: Lane,
}

/// A row of places to work at, and one to wait in.
struct Lane {
    places: Arc<Semaphore>,
    queue: Semaphore,
}

/// Why nobody was let in.
enum Turned {
    /// Too many wait already.
    Away,
    /// The time was up before there was a place.
    Late,
}

impl Admission {
    /// Nobody was let in yet; budgets are drawn from `pool`.
    pub fn new(counts: Arc<CollectorCounts>, pool: Pool) -> Self {
        Self { counts, pool, programs: Lane::new(PLACES, QUEUE), readers: Lane::new(PLACES, QUEUE) }
    }

    /// Does `work` on a thread of its own, within its time. Whoever drops the future stops it. The
    /// work keeps its place until it really ends.
    pub async fn admit<T: Send + 'static>(
        &self,
        asked: Asked,
        work: impl FnOnce(Budget) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let mut request = Request::begin(Arc::clone(&self.counts), asked.kind);
        let found = self.within(asked, request.stop.clone(), work).await;
        request.outcome = found.as_ref().err().map_or(Outcome::Answered, |p| p.code().outcome());
        found
    }

    /// CollectorCounts a request that is wrong before it is let in.
    pub fn refuse(&self, kind: Kind, problem: &Problem) {
        requests(&self.counts, kind).end(problem.code().outcome());
    }

    async fn within<T: Send + 'static>(
        &self,
        Asked { kind, time }: Asked,
        stop: Stop,
        work: impl FnOnce(Budget) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let deadline = Instant::now() + time;
        let lane = match kind {
            Kind::Query | Kind::Listing => &self.programs,
            Kind::Page | Kind::Picture => &self.readers,
        };
        let entered = if time.is_zero() { Err(Turned::Late) } else { lane.enter(deadline).await };
        let place = entered.map_err(|turned| match turned {
            Turned::Away => Problem::new(Code::Busy, kind.turned_away()),
            Turned::Late => Problem::new(Code::Queued, kind.queued()),
        })?;
        let working = Working::begin(Arc::clone(&self.counts), kind, place);
        let budget = Budget::new(kind.limits(), self.pool.clone(), stop);
        let running = tokio::task::spawn_blocking(move || {
            let _working = working;
            work(budget)
        });
        match timeout_at(deadline, running).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => Err(Problem::failed("answer", &error)),
            Err(_) => Err(Problem::new(Code::Late, kind.late())),
        }
    }
}

impl Lane {
    fn new(places: usize, queue: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), queue: Semaphore::new(queue) }
    }

    async fn enter(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Turned> {
        // Succeeds only while nobody waits: a place that is left goes to the first of the queue.
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = self.queue.try_acquire().map_err(|_| Turned::Away)?;
        let place = timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(Turned::Late)
    }
}

/// One request from its arrival to its end for whoever asked, whichever end that is.
struct Request {
    counts: Arc<CollectorCounts>,
    kind: Kind,
    stop: Stop,
    outcome: Outcome,
}

impl Request {
    fn begin(counts: Arc<CollectorCounts>, kind: Kind) -> Self {
        // What ends without another outcome was dropped with the connection.
        Self { counts, kind, stop: Stop::default(), outcome: Outcome::Canceled }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.stop.set();
        requests(&self.counts, self.kind).end(self.outcome);
    }
}

/// Work on a thread, from its beginning to its end, which may come after that of its request.
struct Working {
    counts: Arc<CollectorCounts>,
    kind: Kind,
    _place: OwnedSemaphorePermit,
}

impl Working {
    fn begin(counts: Arc<CollectorCounts>, kind: Kind, place: OwnedSemaphorePermit) -> Self {
        requests(&counts, kind).begin();
        Self { counts, kind, _place: place }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        requests(&self.counts, self.kind).leave();
    }
}

fn requests(counts: &CollectorCounts, kind: Kind) -> &Requests {
    match kind {
        Kind::Query | Kind::Listing => &counts.queries,
        Kind::Page => &counts.pages,
        Kind::Picture => &counts.pictures,
    }
}

#[cfg(test)]
mod tests;
