//! Debian's Prometheus, which scrapes nothing and takes remote writes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::peer::{Kind, Peer, RETENTION_YEARS, free_port};

const KIND: Kind = Kind {
    name: "Prometheus",
    ready: "/-/ready",
    samples: "prometheus_tsdb_head_samples_appended_total",
};

/// The longest blocks that Prometheus itself makes of old data, in milliseconds: 2 h × 3⁵. They
/// begin at whole multiples of it.
pub const BLOCK_MS: i64 = 486 * 3_600_000;

/// Starts it with its data in `folder`; blocks that are there already are served.
pub fn start(folder: &Path) -> anyhow::Result<Peer> {
    start_with(folder, "global: {}\n", &[])
}

/// The same by a configuration, with more options.
pub fn start_with(folder: &Path, text: &str, options: &[&str]) -> anyhow::Result<Peer> {
    let configuration = folder.join("prometheus.yml");
    std::fs::write(&configuration, text)?;
    let port = free_port()?;
    let data = folder.join("prometheus");
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .arg(format!("--storage.tsdb.retention.time={RETENTION_YEARS}y"))
        .arg("--web.enable-remote-write-receiver")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(options);
    Peer::start(KIND, command, port, &data)
}

/// Makes blocks of a file in OpenMetrics, for a Prometheus in `folder` that does not run yet.
pub fn import(folder: &Path, open_metrics: &Path) -> anyhow::Result<()> {
    let mut promtool = Command::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"]);
    promtool.arg(format!("--max-block-duration={}h", BLOCK_MS / 3_600_000));
    promtool.arg(open_metrics).arg(folder.join("prometheus"));
    let output = promtool.output().context("promtool is installed with prometheus")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "promtool: {errors}");
    Ok(())
}
