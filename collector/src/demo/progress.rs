//! How far the history is, for whoever waits: a bar on a terminal, a line elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::feed::Progress;
use crate::moments;

const LOOK: Duration = Duration::from_millis(100);

const DAY_MS: u64 = moments::DAY_MS as u64;

/// Shows the progress until all hosts are done; false if `stop` came first.
pub async fn show(progress: &Progress, stop: &CancellationToken) -> bool {
    let (whole_ms, hosts) = (progress.whole_ms, progress.all_hosts);
    let begin = Instant::now();
    let days = whole_ms / hosts.max(1) / DAY_MS;
    let bar = ProgressBar::new(whole_ms / DAY_MS);
    let template = "{msg} [{bar:40}] {percent} %, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(format!("{days} days of {hosts} hosts"));
    let mut looks = tokio::time::interval(LOOK);
    while progress.hosts.load(Ordering::Relaxed) < hosts {
        tokio::select! {
            () = stop.cancelled() => return false,
            _ = looks.tick() => {}
        }
        bar.set_position(progress.done_ms.load(Ordering::Relaxed) / DAY_MS);
    }
    bar.finish_and_clear();
    let seconds = begin.elapsed().as_secs_f64();
    if !std::io::stderr().is_terminal() {
        eprintln!("{days} days of {hosts} hosts in {seconds:.1} s");
    }
    true
}
