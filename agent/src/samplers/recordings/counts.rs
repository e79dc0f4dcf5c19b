//! How many recordings are in which state, with bigbluebutton-exporter's meaning where that holds, and
//! since when the oldest waits.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::folder::{Folder, names};
use super::queue::{self, FORMAT_STEPS, Marks, STEPS};
use crate::samplers::SampleError;

/// The format whose recordings are counted, as the exporter does; each recording has it by default.
const FORMAT: &str = "presentation";

/// Where recordings stand ready, by format.
const READY: [&str; 3] = ["published", "unpublished", "deleted"];

/// The step whose recordings are next to be processed.
const SANITY: usize = 2;

/// What is on the disk.
#[derive(Debug, PartialEq)]
pub struct RecordingCounts {
    pub processing: usize,
    pub published: usize,
    pub unpublished: usize,
    /// Published once, and neither published nor unpublished now.
    pub deleted: usize,
    /// Checked, and not yet processed.
    pub unprocessed: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Since when the oldest recording waits that no step has failed on.
    pub oldest: Option<SystemTime>,
    /// When this was counted.
    pub at: SystemTime,
}

/// Counts below BigBlueButton's directory. A folder that is not there holds nothing.
pub fn count(base: &Path, at: SystemTime) -> Result<RecordingCounts, SampleError> {
    let recording = base.join("recording");
    let of_step = |step: &str| names(&recording.join("status").join(step));
    let mut steps = Vec::new();
    for step in STEPS.iter().chain(&FORMAT_STEPS) {
        steps.push(of_step(step)?);
    }
    let mut ready = Vec::new();
    for state in READY {
        for format in names(&base.join(state))? {
            ready.extend(names(&base.join(state).join(format))?);
        }
    }
    let raw = names(&recording.join("raw"))?;
    let marks = Marks {
        steps: [&steps[0], &steps[1], &steps[2]],
        format_steps: [&steps[3], &steps[4]],
        ready: &ready,
        raw: &raw,
    };
    let waiting = queue::waiting(&marks);
    let published = names(&base.join("published").join(FORMAT))?;
    let unpublished = names(&base.join("unpublished").join(FORMAT))?;
    let there: BTreeSet<&String> = published.iter().chain(&unpublished).collect();
    let deleted = queue::published(&marks, FORMAT).filter(|id| !there.contains(&(*id).to_owned()));
    Ok(RecordingCounts {
        processing: names(&recording.join("process").join(FORMAT))?.len(),
        published: published.len(),
        unpublished: unpublished.len(),
        deleted: deleted.count(),
        unprocessed: waiting.iter().filter(|(step, _)| *step == SANITY).count(),
        failed: queue::failed(&marks),
        oldest: oldest(&recording.join("status"), &waiting),
        at,
    })
}

/// The earliest time at which one of the marks was left.
fn oldest(status: &Path, waiting: &[(usize, &str)]) -> Option<SystemTime> {
    let mut oldest = None;
    for (step, name) in STEPS.iter().enumerate() {
        let Ok(Some(folder)) = Folder::open(&status.join(name)) else { continue };
        let here = waiting.iter().filter(|(waits, _)| *waits == step);
        let left = here.filter_map(|(_, id)| {
            let stat = folder.stat(&format!("{id}.done")).ok()??;
            let seconds = stat.stx_mtime.tv_sec.try_into().ok()?;
            UNIX_EPOCH.checked_add(Duration::new(seconds, stat.stx_mtime.tv_nsec))
        });
        oldest = left.chain(oldest).min();
    }
    oldest
}
