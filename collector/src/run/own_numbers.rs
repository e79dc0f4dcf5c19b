//! What the collector says of itself, gathered and stored at even distances.

use std::time::Duration;

use headroom_proto::chain::Chain;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::telemetry::OwnNumbers;
use crate::writer::{OwnSeries, OwnSeriesError};

/// The time between two samples of the collector's own series.
const INTERVAL: Duration = Duration::from_secs(15);

/// Stores the numbers until `stop`. A failure is told once, and the next moment is tried anew.
pub async fn run(numbers: OwnNumbers, series: OwnSeries, stop: CancellationToken) {
    let mut moments = tokio::time::interval(INTERVAL);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = moments.tick() => {}
        }
        let numbers = numbers.clone();
        match tokio::task::spawn_blocking(move || numbers.now()).await {
            Ok(now) => {
                match series.store(&now, now_ms()).await {
                    // The writer has told it.
                    Ok(()) | Err(OwnSeriesError::Refused(_)) => {}
                    Err(error @ (OwnSeriesError::Limit(_) | OwnSeriesError::Ended(_))) => {
                        tracing::error!("{}", Chain(&error));
                    }
                }
            }
            Err(error) => tracing::error!("failed to gather own numbers: {}", Chain(&error)),
        }
    }
}
