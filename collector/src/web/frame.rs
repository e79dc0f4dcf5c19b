//! What stands around every page: the zone of its times, when it was read, and how many troubles are
//! on it, which its title and its icon say.

use jiff::Timestamp;

use super::site::{Site, Visit};
use crate::moments::iso;

/// More troubles than this are told as so many and more: the icon has room for one digit.
const MOST_ON_ICON: usize = 9;

/// What stands around a page.
#[derive(Debug)]
pub struct Frame<'s> {
    /// The zone of its times.
    pub zone: &'s str,
    /// When it was read; a problem has no moment.
    pub read: Option<ReadAt>,
    /// How many troubles are on it.
    pub troubles: usize,
}

/// When a page was read.
#[derive(Debug)]
pub struct ReadAt {
    /// Unix time in milliseconds.
    pub at_ms: i64,
    /// In ISO 8601.
    pub at: String,
    /// On the clock of the site.
    pub clock: String,
}

/// A moment on the clock of the site, until a browser tells it in its reader's zone.
#[derive(Debug)]
pub struct ClockTime {
    /// In ISO 8601.
    pub at: String,
    /// Hour and minute.
    pub clock: String,
}

impl<'s> Frame<'s> {
    /// Of a page that a visit made.
    pub fn of(visit: Visit<'s>, troubles: usize) -> Self {
        let at_ms = visit.now_ms;
        let read = ReadAt { at_ms, at: iso(at_ms), clock: on_clock(visit.site, at_ms, "%H:%M:%S") };
        Self { troubles, read: Some(read), ..Self::bare(visit.site) }
    }

    /// Of a page without figures.
    pub fn bare(site: &'s Site) -> Self {
        Self { zone: site.zone_name(), read: None, troubles: 0 }
    }

    /// What stands before the title.
    pub fn count(&self) -> String {
        if self.troubles == 0 { String::new() } else { format!("({}) ", self.troubles) }
    }

    /// The address of the icon.
    pub fn icon(&self) -> String {
        match self.troubles {
            0 => "/assets/icon.svg".into(),
            some => format!("/assets/icon.svg?troubles={}", some.min(MOST_ON_ICON + 1)),
        }
    }
}

impl ClockTime {
    /// Of a moment, Unix time in milliseconds.
    pub fn of(site: &Site, at_ms: i64) -> Self {
        Self { at: iso(at_ms), clock: on_clock(site, at_ms, "%H:%M") }
    }
}

fn on_clock(site: &Site, at_ms: i64, format: &str) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(site.zone.clone()).strftime(format).to_string()
}
