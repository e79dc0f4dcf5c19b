//! The way to the collector: one stream, rebuilt whenever it breaks.
//!
//! Waits on: the collector, the spool's news, the pace of the backlog, and the stop token.

mod backoff;
mod client;
mod codec;
mod connection;
mod session;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use headroom_proto::chain::Chain;
use tokio::sync::{Notify, watch};

use self::backoff::Backoff;
pub use self::client::{Answer, Introduction, WireClient, WireError};
pub use self::connection::{CollectorAddress, ConnectError, Token};
use self::session::Session;
use crate::spool::Spool;
use crate::telemetry::Counts;

/// What the uplink shares with the rest of the agent.
#[derive(Clone)]
pub struct UplinkContext {
    /// The boot of this run.
    pub boot: u64,
    /// The log to send from.
    pub spool: Arc<Mutex<Spool>>,
    /// Told after each append.
    pub appended: Arc<Notify>,
    /// Counts of this run.
    pub counts: Arc<Counts>,
    /// Where the collector's wish for an interval goes; none leaves the configuration in force.
    pub interval: watch::Sender<Option<Duration>>,
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
        let was_connected = context.counts.connected.swap(0, Ordering::Relaxed) == 1;
        if was_connected && let Ok(mut spool) = context.spool.lock() {
            spool.keep_ledger();
        }
        let Err(error) = outcome else { break };
        let wait = backoff.next();
        report(&address, &error, wait);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

fn report(address: &CollectorAddress, error: &WireError, wait: Duration) {
    let wait_ms = wait.as_millis() as u64;
    tracing::warn!(collector = %address, wait_ms, "{}; frames wait in the spool", Chain(error));
}
