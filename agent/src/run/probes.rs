//! The prober's thread: pings what the settings name, and hands rounds to the journal.
//!
//! It has a runtime of its own, so that nobody else's work shows in a round trip. Without targets it
//! opens nothing and wakes for nothing.

use std::sync::Arc;
use std::time::SystemTime;

use headroom_proto::limits::MAX_FRAME_ROUNDS;
use tokio::sync::watch;

use crate::journal::Inlet;
use crate::prober::limits::ProberLimits;
use crate::prober::paths::Paths;
use crate::prober::pings::Pings;
use crate::prober::resolver::QUESTIONS;
use crate::series::Scope;
use crate::settings::AgentSettings;
use crate::telemetry::{Telemetry, unix_ms};

/// What the thread needs.
pub struct Probes {
    pub limits: ProberLimits,
    pub inlet: Inlet,
    pub telemetry: Arc<Telemetry>,
    pub settings: watch::Receiver<AgentSettings>,
    pub stop: watch::Receiver<bool>,
}

impl Probes {
    /// Runs until it is to stop.
    pub fn run(self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(QUESTIONS)
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!("nothing is pinged: failed to start the prober's runtime: {error}");
                return;
            }
        };
        let Self { limits, inlet, telemetry, mut settings, mut stop } = self;
        runtime.block_on(async {
            // A stop token that is gone means stop, too.
            let stopped = async { drop(stop.wait_for(|stop| *stop).await) };
            let running = async {
                let has_targets = |settings: &AgentSettings| !settings.targets.is_empty();
                if settings.wait_for(has_targets).await.is_err() {
                    std::future::pending::<()>().await;
                }
                settings.mark_changed();
                let hand_over = |paths: &mut Paths| hand_over(&inlet, &telemetry, paths);
                match Pings::new(limits) {
                    Ok(pings) => pings.run(settings, hand_over).await,
                    Err(error) => {
                        tracing::error!("nothing is pinged: failed to draw a number: {error}");
                        std::future::pending::<()>().await;
                    }
                }
            };
            tokio::select! {
                () = stopped => {}
                () = running => {}
            }
        });
        // A name server that does not answer is not waited for.
        runtime.shutdown_background();
    }
}

/// Hands in rounds that are over. While the journal is not ready they wait, within the limit of paths.
fn hand_over(inlet: &Inlet, telemetry: &Telemetry, paths: &mut Paths) {
    Telemetry::add(&telemetry.dropped_probe_rounds, paths.take_dropped());
    while paths.has_closed() {
        let now_ms = unix_ms(SystemTime::now());
        let Some(mut reading) = inlet.reading(Scope::PINGS, now_ms) else { return };
        reading.rounds = paths.take_closed(MAX_FRAME_ROUNDS);
        let count = reading.rounds.len() as u64;
        if !inlet.hand_in(reading) {
            Telemetry::add(&telemetry.dropped_probe_rounds, count);
        }
    }
}
