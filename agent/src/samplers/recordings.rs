//! Recordings on BigBlueButton's disk: how many wait, are published and deleted, what they take, and
//! how long the oldest has waited.
//!
//! Everything is read beside the rounds, at the lowest priority. Symbolic links are followed for the
//! folders that BigBlueButton itself names, which operators move to larger disks, and never below.

mod counts;
mod folder;
mod hours;
mod queue;
mod sizes;

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use headroom_proto::catalogue::{
    BBB_RECORDINGS_DELETED, BBB_RECORDINGS_PROCESSING, BBB_RECORDINGS_PUBLISHED,
    BBB_RECORDINGS_UNPROCESSED, BBB_RECORDINGS_UNPUBLISHED, HEADROOM_RECORDINGS_BYTES,
    HEADROOM_RECORDINGS_FAILED, HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS,
    HEADROOM_RECORDINGS_SCAN_TIMESTAMP_SECONDS, HEADROOM_RECORDINGS_SECONDS,
    HEADROOM_RECORDINGS_SIZES_LEFT_OUT,
};

use self::counts::RecordingCounts;
use self::sizes::Sizes;
use super::background::Background;
use super::{SampleError, Sampler};
use crate::series::Round;

const COUNT_INTERVAL: Duration = Duration::from_secs(60);

/// A walk over all files costs the disk, and sizes change slowly.
const SIZE_INTERVAL: Duration = Duration::from_secs(30 * 60);

pub struct Recordings {
    counts: Background<RecordingCounts>,
    sizes: Background<Sizes>,
}

impl Recordings {
    /// None where there is no such directory, as on a host without BigBlueButton.
    pub fn new(root: &Path, directory: &Path) -> Option<Self> {
        let base = root.join(directory.strip_prefix("/").unwrap_or(directory));
        if !base.is_dir() {
            return None;
        }
        let walked = base.clone();
        let count = move |_: &_| counts::count(&base, SystemTime::now());
        let measure = move |demand: &_| Ok(sizes::measure(&walked, demand, SystemTime::now()));
        Some(Self {
            counts: Background::start("recordings", COUNT_INTERVAL, count).ok()?,
            sizes: Background::start("recording-sizes", SIZE_INTERVAL, measure).ok()?,
        })
    }
}

impl Sampler for Recordings {
    fn name(&self) -> &'static str {
        "recordings"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(counts) = self.counts.last()? {
            counts.push(now, round);
        }
        if let Some(sizes) = self.sizes.last()? {
            sizes.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.counts.settle(deadline);
        self.sizes.settle(deadline);
    }
}

impl RecordingCounts {
    fn push(&self, now: SystemTime, round: &mut Round<'_>) {
        round.set_job("bbb");
        for (metric, count) in [
            (BBB_RECORDINGS_PROCESSING, self.processing),
            (BBB_RECORDINGS_PUBLISHED, self.published),
            (BBB_RECORDINGS_UNPUBLISHED, self.unpublished),
            (BBB_RECORDINGS_DELETED, self.deleted),
            (BBB_RECORDINGS_UNPROCESSED, self.unprocessed),
        ] {
            round.push(metric.name, &[], count as f64);
        }
        round.set_job("node");
        round.push(HEADROOM_RECORDINGS_FAILED.name, &[], self.failed as f64);
        if let Some(oldest) = self.oldest {
            let age = now.duration_since(oldest).unwrap_or_default().as_secs_f64();
            round.push(HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS.name, &[], age);
        }
        push_moment("counts", self.at, round);
    }
}

impl Sizes {
    fn push(&self, round: &mut Round<'_>) {
        for (state, bytes) in &self.bytes {
            if let Some(bytes) = bytes {
                round.push(HEADROOM_RECORDINGS_BYTES.name, &[("state", state)], *bytes as f64);
            }
        }
        let left_out = self.bytes.iter().filter(|(_, bytes)| bytes.is_none()).count();
        round.push(HEADROOM_RECORDINGS_SIZES_LEFT_OUT.name, &[], left_out as f64);
        if let Some(seconds) = self.published_seconds {
            let labels = [("state", "published")];
            round.push(HEADROOM_RECORDINGS_SECONDS.name, &labels, seconds);
        }
        push_moment("sizes", self.at, round);
    }
}

fn push_moment(scan: &str, at: SystemTime, round: &mut Round<'_>) {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    round.push(HEADROOM_RECORDINGS_SCAN_TIMESTAMP_SECONDS.name, &[("scan", scan)], seconds);
}
