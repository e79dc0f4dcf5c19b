//! Who is let in: a lane for programs, one for readers and one for large pictures, so that none keeps
//! the others out. Whoever waits in one holds nothing.
//!
//! It knows what a request may take and when its time is up, not what it is about.

use std::sync::Arc;

use headroom_proto::panics;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::Asked;
use super::limits::{Kind, PLACES, QUEUE, large_pictures};
use crate::samples::{Budget, Limits, Pool, Side, Stop};
use crate::telemetry::{CollectorCounts, Outcome, Requests};
use crate::web::lane::{Lane, Turned};
use crate::web::problem::{Code, Problem};
use crate::web::reader_threads::ReaderThreads;

/// Lets requests in.
pub struct Admission {
    counts: Arc<CollectorCounts>,
    pool: Pool,
    /// Stops all of them.
    closing: Stop,
    threads: Arc<ReaderThreads>,
    /// The query API.
    programs: Lane,
    /// Pages and pictures.
    readers: Lane,
    /// Pictures that take much memory while they are drawn.
    painters: Lane,
}

impl Admission {
    /// Nobody was let in yet; budgets are drawn from `pool`, and `closing` ends them all.
    pub fn new(
        counts: Arc<CollectorCounts>,
        pool: Pool,
        closing: Stop,
        threads: Arc<ReaderThreads>,
    ) -> Self {
        let lane = |places| Lane::new(places, QUEUE);
        let painters = lane(large_pictures(pool.most(Side::Readers)));
        let (programs, readers) = (lane(PLACES), lane(PLACES));
        Self { counts, pool, closing, threads, programs, readers, painters }
    }

    /// Does `work` on a thread of its own, within its time. Whoever drops the future stops it. The
    /// work keeps its place until it really ends.
    pub async fn admit<T: Send + 'static>(
        &self,
        asked: Asked,
        work: impl FnOnce(Budget) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let stop = self.closing.of_one();
        let mut request = Request::begin(Arc::clone(&self.counts), asked.kind, stop);
        let found = self.within(asked, request.stop.clone(), work).await;
        request.outcome = found.as_ref().err().map_or(Outcome::Answered, |p| p.code().outcome());
        found
    }

    /// Counts a request that is wrong before it is let in.
    pub fn refuse(&self, kind: Kind, problem: &Problem) {
        requests(&self.counts, kind).end(problem.code().outcome());
    }

    async fn within<T: Send + 'static>(
        &self,
        Asked { kind, time, address }: Asked,
        stop: Stop,
        work: impl FnOnce(Budget) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let deadline = Instant::now() + time;
        let lane = match kind {
            Kind::Query | Kind::Listing => &self.programs,
            Kind::Page | Kind::Report | Kind::Picture => &self.readers,
            Kind::LargePicture => &self.painters,
        };
        let entered = if time.is_zero() { Err(Turned::Late) } else { lane.enter(deadline).await };
        let place = entered.map_err(|turned| match turned {
            Turned::Away => Problem::new(Code::Busy, kind.turned_away()),
            Turned::Late => Problem::new(Code::Queued, kind.queued()),
        })?;
        let working = Working::begin(Arc::clone(&self.counts), kind, place);
        let limits = kind.limits();
        let bytes = limits.bytes.min(self.pool.most(Side::Readers));
        let budget = Budget::new(Limits { bytes, ..limits }, self.pool.clone(), stop);
        let running = self.threads.work(move || {
            let _working = working;
            panics::catch("an answer", || address, || work(budget))
        });
        match timeout_at(deadline, running).await {
            Ok(Ok(Ok(found))) => found,
            Ok(Ok(Err(error))) => Err(Problem::failed("answer", &error)),
            Ok(Err(error)) => Err(Problem::failed("answer", &error)),
            Err(_) => Err(Problem::new(Code::Late, kind.late())),
        }
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
    fn begin(counts: Arc<CollectorCounts>, kind: Kind, stop: Stop) -> Self {
        // What ends without another outcome was dropped with the connection.
        Self { counts, kind, stop, outcome: Outcome::Canceled }
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
        Kind::Page | Kind::Report => &counts.pages,
        Kind::Picture | Kind::LargePicture => &counts.pictures,
    }
}

#[cfg(test)]
mod tests;
