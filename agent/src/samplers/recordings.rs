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

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use headroom_proto::catalogue::{
    BBB_RECORDINGS_DELETED, BBB_RECORDINGS_PROCESSING, BBB_RECORDINGS_PUBLISHED,
    BBB_RECORDINGS_UNPROCESSED, BBB_RECORDINGS_UNPUBLISHED, HEADROOM_RECORDINGS_BYTES,
    HEADROOM_RECORDINGS_FAILED, HEADROOM_RECORDINGS_OLDEST_UNPROCESSED_AGE_SECONDS,
    HEADROOM_RECORDINGS_SCAN_TIMESTAMP_SECONDS, HEADROOM_RECORDINGS_SECONDS,
    HEADROOM_RECORDINGS_SIZES_LEFT_OUT,
};
use headroom_proto::metric::{BBB_JOB, NODE_JOB};

use self::counts::RecordingCounts;
use self::sizes::Sizes;
use super::background::Background;
use super::{SampleError, Sampler, below};
use crate::series::Round;

const COUNT_INTERVAL: Duration = Duration::from_secs(60);

/// A walk over all files costs the disk, and sizes change slowly.
const SIZE_INTERVAL: Duration = Duration::from_secs(30 * 60);

pub struct Recordings {
    directory: PathBuf,
    /// What was counted; nothing as long as there is no such directory.
    counts: Background<Option<RecordingCounts>>,
    sizes: Option<Background<Sizes>>,
    there: bool,
}

impl Recordings {
    /// None if no thread can be had.
    pub fn new(root: &Path, directory: &Path) -> Option<Self> {
        Self::counted_each(COUNT_INTERVAL, root, directory)
    }

    fn counted_each(interval: Duration, root: &Path, directory: &Path) -> Option<Self> {
        let directory = below(root, directory);
        let base = directory.clone();
        // A disk that hangs must not keep the rounds, so it is looked for beside them.
        let count = move |_: &_| {
            let there = base.is_dir();
            there.then(|| counts::count(&base, SystemTime::now())).transpose()
        };
        let there = directory.is_dir();
        let counts = Background::start("recordings", interval, count).ok()?;
        Some(Self { directory, counts, sizes: None, there })
    }

    fn measure(&self) -> Option<Background<Sizes>> {
        let base = self.directory.clone();
        let measure = move |demand: &_| Ok(sizes::measure(&base, demand, SystemTime::now()));
        Background::start("recording-sizes", SIZE_INTERVAL, measure).ok()
    }
}

impl Sampler for Recordings {
    fn name(&self) -> &'static str {
        "recordings"
    }

    /// Not where there is no such directory, as on a host without BigBlueButton, or while its disk is
    /// not mounted.
    fn is_there(&mut self) -> bool {
        if let Ok(Some(counted)) = self.counts.last() {
            self.there = counted.is_some();
        }
        match (self.there, &self.sizes) {
            (true, None) => self.sizes = self.measure(),
            (false, Some(_)) => self.sizes = None,
            (true, Some(_)) | (false, None) => {}
        }
        self.there
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(counts) = self.counts.last()?.and_then(Option::as_ref) {
            counts.push(now, round);
        }
        if let Some(sizes) = self.sizes.as_mut().map(Background::last).transpose()?.flatten() {
            sizes.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.counts.settle(deadline);
        if self.is_there()
            && let Some(sizes) = &self.sizes
        {
            sizes.settle(deadline);
        }
    }
}

impl RecordingCounts {
    fn push(&self, now: SystemTime, round: &mut Round<'_>) {
        round.set_job(BBB_JOB);
        for (metric, count) in [
            (BBB_RECORDINGS_PROCESSING, self.processing),
            (BBB_RECORDINGS_PUBLISHED, self.published),
            (BBB_RECORDINGS_UNPUBLISHED, self.unpublished),
            (BBB_RECORDINGS_DELETED, self.deleted),
            (BBB_RECORDINGS_UNPROCESSED, self.unprocessed),
        ] {
            round.push(metric.name, &[], count as f64);
        }
        round.set_job(NODE_JOB);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Reading;

    /// How many of the recordings' series are told once that is `there` or not.
    fn told(recordings: &mut Recordings, there: bool) -> usize {
        let deadline = Instant::now() + Duration::from_mins(1);
        while recordings.is_there() != there {
            assert!(Instant::now() < deadline, "it is noticed");
            std::thread::yield_now();
        }
        let mut reading = Reading::default();
        if there {
            recordings.sample(SystemTime::now(), &mut Round::new(&mut reading)).unwrap();
        }
        reading.named().filter(|series| series.job == "bbb").count()
    }

    #[test]
    fn recordings_may_come_after_the_agent_and_their_disk_may_go() {
        let host = tempfile::TempDir::new().unwrap();
        let (directory, away) = (host.path().join("var/bbb"), host.path().join("away"));
        let each = Duration::from_millis(1);
        let mut recordings =
            Recordings::counted_each(each, host.path(), Path::new("/var/bbb")).unwrap();
        assert_eq!(told(&mut recordings, false), 0);
        std::fs::create_dir_all(&directory).unwrap();
        assert_eq!(told(&mut recordings, true), 5);
        // What is on a disk that is not there is not known, and not 0.
        std::fs::rename(&directory, &away).unwrap();
        assert_eq!(told(&mut recordings, false), 0);
        std::fs::rename(&away, &directory).unwrap();
        assert_eq!(told(&mut recordings, true), 5);
    }
}
