//! The upkeep of the store: seals, merges and drops what is due, where it may take its time.

use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::store::{Due, Retention, Store};

/// How often it is looked whether anything is due: memory may fill within seconds.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How often what only time makes due is done, and what failed is tried again.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Keeps the store in order until `stop`. A failure is told and tried again.
pub async fn run(store: Arc<Store>, retention: Retention, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Instant> = None;
    let mut failed = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let rested = last.is_none_or(|last| last.elapsed() >= UPKEEP_INTERVAL);
        if !rested && (failed || !store.is_full()) {
            continue;
        }
        let now_ms = now_ms();
        let (worker, stop) = (Arc::clone(&store), stop.clone());
        let work = move || worker.maintain(Due { now_ms, retention }, &|| stop.is_cancelled());
        let outcome = tokio::task::spawn_blocking(work).await;
        last = Some(Instant::now());
        failed = !matches!(outcome, Ok(Ok(())));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("upkeep of the store: {}", Chain(&error)),
            Err(error) => tracing::error!("upkeep of the store: {}", Chain(&error)),
        }
    }
}
