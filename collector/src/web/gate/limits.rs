//! What each kind of request may take, and how many are let in at once.

use std::time::Duration;

use crate::samples::Limits;

/// The longest that a request may wait and run. A reader has given up by then, and a program asks
/// again.
pub const LONGEST: Duration = Duration::from_secs(30);

/// The most requests at work in one lane, as many as Prometheus lets queries run.
pub const PLACES: usize = 20;

/// The most requests that wait for a place in one lane. What comes on top is turned away at once:
/// at a tenth of a second each, the last of these would still be answered in time.
pub const QUEUE: usize = 200;

/// As many samples as Prometheus lets a query read.
const SAMPLES: usize = 50_000_000;

/// What a page, a picture or a listing may hold at once. The largest of a fleet of a hundred hosts
/// takes a fifth of it, and sixteen of them fit into what all requests share.
const SMALL_BYTES: u64 = 64 << 20;

/// What a picture may hold at once that has several pixels to a point: the largest is drawn in 58 MB.
const PAINTED_BYTES: u64 = 2 * SMALL_BYTES;

/// What a report may hold at once: two months of one host in minutes, twice while they are fitted.
const REPORT_BYTES: u64 = 3 * SMALL_BYTES;

/// The most of what takes much memory at once: more of it would not be done faster.
const LARGE: u64 = 4;

/// How many large pictures are drawn at once.
pub fn large_pictures(readers_bytes: u64) -> usize {
    large_at_once(readers_bytes, PAINTED_BYTES)
}

/// How many of those that take so much are let in at once, so that they leave half of what readers
/// have.
pub fn large_at_once(readers_bytes: u64, bytes: u64) -> usize {
    (readers_bytes / 2 / bytes).clamp(1, LARGE) as usize
}

/// What a query may hold at once: all that the requests share, if nobody else holds any of it.
const LARGE_BYTES: u64 = 1 << 30;

/// The most series that one selector of a query may find.
const QUERY_SERIES: usize = 100_000;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PromQL, for programs.
    Query,
    /// Which series, labels and metrics there are.
    Listing,
    /// A page, or what it shows as data.
    Page,
    /// A report for planners, for which months are read.
    Report,
    /// A picture, or what it shows as data.
    Picture,
    /// A picture with several pixels to a point.
    LargePicture,
}

impl Kind {
    /// What one request may take.
    pub fn limits(self) -> Limits {
        match self {
            Self::Query => Limits { samples: SAMPLES, series: QUERY_SERIES, bytes: LARGE_BYTES },
            // It reads no samples, and names are taken one by one: only memory limits it.
            Self::Listing => Limits { samples: 0, series: usize::MAX, bytes: SMALL_BYTES },
            Self::Page | Self::Picture => {
                Limits { samples: SAMPLES, series: QUERY_SERIES, bytes: SMALL_BYTES }
            }
            Self::Report => {
                Limits { samples: 4 * SAMPLES, series: QUERY_SERIES, bytes: REPORT_BYTES }
            }
            Self::LargePicture => {
                Limits { samples: SAMPLES, series: QUERY_SERIES, bytes: PAINTED_BYTES }
            }
        }
    }

    /// What is said when its time is up while it runs.
    pub fn late(self) -> String {
        match self {
            Self::Query | Self::Listing => "query timed out in expression evaluation".into(),
            Self::Page | Self::Report | Self::Picture | Self::LargePicture => {
                let seconds = LONGEST.as_secs();
                format!("It took longer than {seconds} s, the most that an answer may take.")
            }
        }
    }

    /// What is said when its time is up while it waits for a place.
    pub fn queued(self) -> String {
        match self {
            Self::Query | Self::Listing => "query timed out in query queue".into(),
            Self::Page | Self::Report | Self::Picture | Self::LargePicture => {
                "Too many others were asked for before it; try again in a few seconds.".into()
            }
        }
    }

    /// What is said when too many wait already.
    pub fn turned_away(self) -> String {
        match self {
            Self::Query | Self::Listing => {
                format!("{PLACES} queries run and {QUEUE} wait, the most at once")
            }
            Self::Page | Self::Report | Self::Picture => {
                format!("{PLACES} answers are made and {QUEUE} wait, the most at once.")
            }
            Self::LargePicture => {
                format!("{QUEUE} large pictures wait to be drawn, the most at once.")
            }
        }
    }
}
