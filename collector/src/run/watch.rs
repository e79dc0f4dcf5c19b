//! The look at the clock, each second, also while upkeep is busy: how long it has stood is told from
//! looks that lie close together.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

const INTERVAL: Duration = Duration::from_secs(1);

/// Looks until `stop`.
pub async fn run(clock: Arc<Clock>, stop: CancellationToken) {
    let mut looks = tokio::time::interval(INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => drop(clock.look()),
        }
    }
}
