//! How far the history is, for whoever waits: a bar on a terminal, lines elsewhere, and per cent for
//! readers of the pages.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::feed::Progress;
use crate::moments;
use crate::run::Loading;

const LOOK: Duration = Duration::from_millis(100);

const DAY_MS: u64 = moments::DAY_MS as u64;

/// Where there is no terminal, a line tells of as many more per cent.
const TOLD_PERCENT: u64 = 10;

/// Shows the progress until all hosts are done, or `stop`.
pub async fn show(progress: &Progress, loading: &Loading, stop: &CancellationToken) {
    let (whole_ms, all) = (progress.whole_ms.max(1), progress.all);
    let begin = Instant::now();
    let what = format!("{} of {} hosts", days(progress.longest_ms), progress.all_hosts);
    let shown = Shown::new(whole_ms, &what);
    let mut told = None;
    shown.tell(0, &mut told);
    let mut looks = tokio::time::interval(LOOK);
    while progress.complete.load(Ordering::Relaxed) < all {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let done_ms = progress.done_ms.load(Ordering::Relaxed).min(whole_ms);
        loading.tell(done_ms as f64 / whole_ms as f64);
        shown.tell(done_ms, &mut told);
    }
    loading.end();
    shown.end(begin.elapsed());
}

fn days(length_ms: u64) -> String {
    match length_ms / DAY_MS {
        0 => "the last hours".into(),
        1 => "a day".into(),
        several => format!("{several} days"),
    }
}

/// How it is shown.
struct Shown {
    bar: Option<ProgressBar>,
    whole_ms: u64,
    what: String,
}

impl Shown {
    fn new(whole_ms: u64, what: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(whole_ms / DAY_MS);
            let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} %, {eta} left");
            if let Ok(style) = style {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.with_message(what.to_owned())
        });
        Self { bar, whole_ms, what: what.to_owned() }
    }

    /// So much is done; `told` are the per cent of the last line.
    fn tell(&self, done_ms: u64, told: &mut Option<u64>) {
        if let Some(bar) = &self.bar {
            return bar.set_position(done_ms / DAY_MS);
        }
        let percent = done_ms * 100 / self.whole_ms;
        if told.is_none_or(|told| percent >= told + TOLD_PERCENT) {
            *told = Some(percent);
            eprintln!("writing {}: {percent} %", self.what);
        }
    }

    fn end(&self, taken: Duration) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{} in {:.1} s: the history is there", self.what, taken.as_secs_f64());
    }
}
