//! What recordings take on the disk, by state, and how many hours of meetings that is.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::folder::{Folder, Kind};
use super::hours::meeting_seconds;
use crate::samplers::background::Demand;

/// State, and its folder below BigBlueButton's directory.
const STATES: [(&str, &str); 4] = [
    ("published", "published"),
    ("unpublished", "unpublished"),
    ("deleted", "deleted"),
    ("raw", "recording/raw"),
];

/// The most files and folders in one state, some thousand recordings; with more its size is not told.
const MAX_ENTRIES: usize = 2_000_000;

/// The deepest that a recording's folders go is 6; each level holds a file open.
const MAX_DEPTH: usize = 32;

/// After so many entries the walk leaves the disk to others for a moment.
const ENTRIES_IN_A_ROW: usize = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// `metadata.xml` has its times at the beginning.
const MAX_METADATA_BYTES: u64 = 64 << 10;

/// The unit of `stx_blocks`, whatever the file system's own.
const BLOCK_BYTES: u64 = 512;

/// What was measured.
#[derive(Debug, PartialEq)]
pub struct Sizes {
    /// Bytes on the disk by state; none where it is too much to walk or could not be read.
    pub bytes: Vec<(&'static str, Option<u64>)>,
    /// How long the published meetings took; each counts once, whatever its formats.
    pub published_seconds: Option<f64>,
    /// When this was measured.
    pub at: SystemTime,
}

/// Walks below BigBlueButton's directory, as long as somebody waits for it.
pub fn measure(base: &Path, demand: &Demand, at: SystemTime) -> Sizes {
    let size = |(state, folder): (&'static str, &str)| {
        let mut walk = Walk { demand, entries: 0, bytes: 0 };
        let walked = match Folder::open(&base.join(folder)) {
            Ok(Some(folder)) => walk.folder(&folder, 0),
            Ok(None) => Some(()),
            Err(_) => None,
        };
        (state, walked.map(|()| walk.bytes))
    };
    let bytes = STATES.into_iter().map(size).collect();
    Sizes { bytes, published_seconds: published_seconds(&base.join("published"), demand), at }
}

struct Walk<'d> {
    demand: &'d Demand,
    entries: usize,
    bytes: u64,
}

impl Walk<'_> {
    /// Adds up what is in a folder; none if it cannot be read or is beyond the limits.
    fn folder(&mut self, folder: &Folder, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        for entry in folder.entries().ok()? {
            let (name, kind) = entry.ok()?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES || !self.goes_on() {
                return None;
            }
            // What has gone since it was listed takes no room.
            let Some(stat) = folder.stat(&name).ok()? else { continue };
            let links = if kind == Kind::Other { stat.stx_nlink.max(1) } else { 1 };
            self.bytes += stat.stx_blocks * BLOCK_BYTES / u64::from(links);
            if kind == Kind::PerhapsFolder
                && let Some(below) = folder.below(&name).ok()?
            {
                self.folder(&below, depth + 1)?;
            }
        }
        Some(())
    }

    fn goes_on(&self) -> bool {
        !self.entries.is_multiple_of(ENTRIES_IN_A_ROW) || self.demand.wait(PAUSE)
    }
}

/// The length of all meetings that are published in some format; none if that could not be read.
fn published_seconds(published: &Path, demand: &Demand) -> Option<f64> {
    let mut known = BTreeSet::new();
    let mut seconds = 0.0;
    let Some(published) = Folder::open(published).ok()? else { return Some(0.0) };
    for format in published.entries().ok()? {
        let Some(format) = published.below(&format.ok()?.0).ok()? else { continue };
        for entry in format.entries().ok()? {
            let (id, _) = entry.ok()?;
            if known.contains(&id) {
                continue;
            }
            let recording = format.below(&id).ok()?;
            let metadata = recording.and_then(|r| r.beginning("metadata.xml", MAX_METADATA_BYTES));
            let Some(length) = metadata.as_deref().and_then(meeting_seconds) else { continue };
            seconds += length;
            known.insert(id);
            if known.len() > MAX_ENTRIES
                || (known.len().is_multiple_of(ENTRIES_IN_A_ROW) && !demand.wait(PAUSE))
            {
                return None;
            }
        }
    }
    Some(seconds)
}
