//! The writers of one torture: agents by gRPC, and one by remote write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::load::{self, Door, Ledger, Shared};
use crate::collector::CollectorProgram;

/// How long the last frames may take to be acknowledged.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writers at work.
pub struct Writers {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
    ledgers: Vec<Shared>,
}

impl Writers {
    /// Starts a writer for each instance, and one more by remote write.
    pub fn start(collector: &CollectorProgram, instances: &[String]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let mut ledgers = Vec::new();
        for instance in instances {
            let ledger = Shared::new(instance, Door::Agent);
            let token = collector.token(instance).secret;
            tasks.spawn(load::push(collector.grpc(), token, ledger.clone(), Arc::clone(&stop)));
            ledgers.push(ledger);
        }
        let written = Shared::new("written", Door::RemoteWrite);
        tasks.spawn(load::write(collector.remote_write(), written.clone(), Arc::clone(&stop)));
        ledgers.push(written);
        Self { stop, tasks, ledgers }
    }

    /// What each has sent.
    pub fn ledgers(&self) -> &[Shared] {
        &self.ledgers
    }

    /// Lets them end when everything is acknowledged. Answers with what each has sent, and with what
    /// was refused or never acknowledged though it was right.
    pub async fn finish(self) -> (Vec<Ledger>, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let done = tokio::time::timeout(PATIENCE, self.tasks.join_all()).await;
        let ledgers: Vec<Ledger> = self.ledgers.iter().map(Shared::now).collect();
        let refused = ledgers.iter().flat_map(|ledger| ledger.refused.clone());
        let late = ledgers.iter().filter(|ledger| done.is_err() && ledger.failure.is_some());
        let late = late.map(|ledger| {
            format!("{} is never acknowledged: {:?}", ledger.instance, ledger.failure)
        });
        let problems = refused.chain(late).collect();
        (ledgers, problems)
    }
}
