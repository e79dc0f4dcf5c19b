//! The way to the collector: one stream, rebuilt whenever it breaks.
//!
//! Waits on: the collector, what the journal delivers, the pace of the backlog, and the stop token.
//! It touches no file.

mod backoff;
mod client;
mod codec;
mod connection;
mod session;
mod unanswered;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use headroom_proto::chain::Chain;
use headroom_proto::log::shown;
use headroom_proto::seldom::Seldom;
use tokio::sync::watch;

use self::backoff::Backoff;
pub use self::client::{Answer, Introduction, WireClient, WireError};
pub use self::connection::{CollectorAddress, ConnectError, Token};
use self::session::Session;
pub use self::unanswered::NeverSent;
use crate::journal::Outlet;
use crate::prober::limits::ProberLimits;
use crate::settings::AgentSettings;
use crate::telemetry::Telemetry;

/// What the uplink shares with the rest of the agent.
pub struct UplinkContext {
    /// The boot of this run.
    pub boot: u64,
    /// Where what is to be sent comes from.
    pub outlet: Outlet,
    /// Counts of this run.
    pub telemetry: Arc<Telemetry>,
    /// What of the collector was told lately.
    pub told: Seldom,
    /// What this agent pings at most, whoever asks.
    pub limits: ProberLimits,
    /// Where the collector's settings go.
    pub settings: watch::Sender<AgentSettings>,
}

/// Keeps a stream to the collector until `stop` turns true, then sends what is left for a moment.
pub async fn run(
    address: CollectorAddress,
    context: UplinkContext,
    mut stop: watch::Receiver<bool>,
) {
    let mut backoff = Backoff::new(context.boot);
    while !*stop.borrow() {
        let session = Session::new(&address, &context);
        let outcome = session.run(stop.clone(), &mut backoff).await;
        if context.telemetry.connected.swap(0, Ordering::Relaxed) == 1 {
            context.outlet.end_stream().await;
        }
        let Err(error) = outcome else { break };
        let wait = backoff.next();
        let wait_ms = wait.as_millis() as u64;
        let why = shown(&Chain(&error).to_string());
        if let Some(before) = context.told.tell(&why, Instant::now()) {
            let collector = &address;
            tracing::warn!(%collector, wait_ms, before, "{why}; frames wait in the spool");
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}
