//! The upkeep of the store: seals, merges and drops what is due, where it may take its time.

use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Settled};
use crate::complaint::Complaint;
use crate::store::{Due, Retention, Store};
use crate::telemetry::CollectorCounts;

/// How often it is looked whether anything is due: memory may fill within seconds.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How often what only time makes due is done, and what failed is tried again.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(30);

/// What upkeep works on, and by which time.
pub struct Upkeep {
    pub store: Arc<Store>,
    pub retention: Retention,
    pub clock: Arc<Clock>,
    /// What came from outside does not get its moments from this clock.
    pub counts: Arc<CollectorCounts>,
    /// How long a moment has to stand before anything goes by it.
    pub settle_after: Duration,
}

/// Keeps the store in order until `stop`. A failure is told once and tried again.
pub async fn run(upkeep: Upkeep, stop: CancellationToken) {
    let Upkeep { store, retention, clock, counts, settle_after } = upkeep;
    let mut settled = Settled::after(settle_after.as_millis() as i64);
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Instant> = None;
    let mut failed = false;
    let mut complaint = Complaint::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let standing = clock.look();
        let newest_ms = counts.newest_ms().max(store.newest_at_open_ms());
        let believed_ms = settled.look(standing, newest_ms);
        let rested = last.is_none_or(|last| last.elapsed() >= UPKEEP_INTERVAL);
        if !rested && (failed || !store.is_full()) {
            continue;
        }
        let due = Due { now_ms: standing.unix_ms, believed_ms, retention };
        let (worker, stop) = (Arc::clone(&store), stop.clone());
        let work = move || worker.maintain(due, &|| stop.is_cancelled());
        let outcome = tokio::task::spawn_blocking(work).await;
        last = Some(Instant::now());
        let reason = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Chain(&error).to_string()),
            Err(error) => Some(Chain(&error).to_string()),
        };
        failed = reason.is_some();
        match reason {
            Some(reason) => {
                if let Some(told) = complaint.failed(reason) {
                    tracing::error!("upkeep of the store: {told}");
                }
            }
            None => {
                if let Some(again) = complaint.works() {
                    tracing::info!(again, "upkeep of the store works again");
                }
            }
        }
    }
}
