//! The dead man's switch: whoever is named in `[watchdog]` hears that all is well as long as it is, and
//! nothing else. Silence says that somebody must look.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::configuration::Watchdog;
use crate::delivery::Courier;
use crate::oncall::{Board, Work};
use crate::rules;
use crate::telemetry::CollectorCounts;
use crate::web;
use crate::writer::Writer;

/// What it looks at.
pub struct Watching {
    /// Who hears it.
    pub watchdog: Watchdog,
    /// What rules found.
    pub rules: Arc<rules::Board>,
    /// When all of them had their turn.
    pub whole: watch::Receiver<i64>,
    /// What is known at the desk.
    pub board: Arc<Board>,
    /// Whether what comes is durable.
    pub writer: Writer,
    /// What is counted.
    pub counts: Arc<CollectorCounts>,
}

/// What rules and those on call show.
pub struct Seen<'s> {
    /// When all rules had their turn.
    pub whole: watch::Receiver<i64>,
    /// What they found.
    pub rules: &'s web::Rules,
    /// What is known at the desk.
    pub oncall: &'s web::OnCall,
}

/// Tells it until `stop`.
pub async fn run(watching: Watching, stop: CancellationToken) {
    let (courier, began_ms) = (Courier::default(), now_ms());
    let (mut withheld, mut failing) = (Complaint::default(), Complaint::default());
    let mut moments = tokio::time::interval(watching.watchdog.every);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = moments.tick() => {}
        }
        let counts = &watching.counts.watchdog;
        if let Err(why) = watching.work(began_ms).await.judge() {
            counts.withheld.fetch_add(1, Ordering::Relaxed);
            if let Some(told) = withheld.failed(why) {
                tracing::error!("nobody is told that all is well: {told}");
            }
            continue;
        }
        if let Some(again) = withheld.works() {
            tracing::info!(again, "all is well again");
        }
        let Watchdog { url, token, .. } = &watching.watchdog;
        let beat = tokio::select! {
            () = stop.cancelled() => return,
            beat = courier.beat(url, token.as_ref()) => beat,
        };
        match beat {
            Ok(()) => {
                counts.sent.fetch_add(1, Ordering::Relaxed);
                if let Some(again) = failing.works() {
                    tracing::info!(again, "the watchdog hears us again");
                }
            }
            Err(why) => {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                if let Some(told) = failing.failed(why) {
                    tracing::error!("the watchdog does not hear us: {told}");
                }
            }
        }
    }
}

impl Watching {
    /// What whoever hears us hears it of.
    pub fn of(
        watchdog: Watchdog,
        seen: Seen<'_>,
        writer: &Writer,
        counts: &Arc<CollectorCounts>,
    ) -> Self {
        Self {
            watchdog,
            rules: Arc::clone(&seen.rules.board),
            whole: seen.whole,
            board: Arc::clone(&seen.oncall.board),
            writer: writer.clone(),
            counts: Arc::clone(counts),
        }
    }

    async fn work(&self, began_ms: i64) -> Work {
        let now = now_ms();
        let (groups, shown) = (self.rules.groups(), self.board.now());
        let longest = groups.iter().map(|group| group.definition.interval_ms).max();
        // Before the first moment is whole, its time runs from the start.
        let whole_ms = (*self.whole.borrow()).max(began_ms.min(now));
        let tried = self.counts.deliveries.all();
        Work {
            rules_ago_ms: longest.map(|_| now - whole_ms),
            longest_interval_ms: longest.unwrap_or_default(),
            decided_ago_ms: shown.at_ms.map(|at_ms| now - at_ms),
            not_durable: self.writer.readiness().await.err(),
            overdue_ms: shown.due_ms.map_or(0, |due_ms| (now - due_ms).max(0)),
            receivers: tried.values().map(|delivered| delivered.failing == 0).collect(),
        }
    }
}
