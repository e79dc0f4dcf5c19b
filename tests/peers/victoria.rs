//! Debian's VictoriaMetrics, single node.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::peer::{Kind, Peer, RETENTION_YEARS, free_port};
use crate::process;

const KIND: Kind = Kind {
    name: "VictoriaMetrics",
    ready: "/health",
    samples: "vm_rows_inserted_total{type=\"promremotewrite\"",
};

const MERGE_TIMEOUT: Duration = Duration::from_secs(300);

/// Starts it with its data in `folder`; what is there already is served.
pub fn start(folder: &Path) -> anyhow::Result<Peer> {
    let port = free_port()?;
    let data = folder.join("victoria-metrics");
    let mut command = Command::new("victoria-metrics");
    command
        .arg(format!("-storageDataPath={}", data.display()))
        .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
        .arg(format!("-retentionPeriod={RETENTION_YEARS}y"));
    Peer::start(KIND, command, port, &data)
}

/// Writes what it holds in memory to disk, merges all parts of each month and waits for the end.
pub async fn settle(peer: &Peer) -> anyhow::Result<()> {
    peer.get("/internal/force_flush").await?;
    peer.get("/internal/force_merge").await?;
    let start = Instant::now();
    // The merge starts behind the answer.
    tokio::time::sleep(Duration::from_secs(1)).await;
    while peer.metric("vm_active_force_merges").await? > 0.0 {
        ensure!(start.elapsed() < MERGE_TIMEOUT, "VictoriaMetrics still merges");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    process::wait_until_idle(peer.id())
}
