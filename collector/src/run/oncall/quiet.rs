//! Hosts whose trouble can wait: nobody was there when it began, and nobody is expected before an hour
//! that past weeks know.

use std::collections::BTreeMap;

use super::look::Look;
use crate::oncall::{Desk, Seen, Severity};
use crate::rooms::{Expected, KeptRooms, Moment, Trouble, expected};
use crate::samples::{ReadError, Reader};

/// Whoever is on duty has so long before the first room, in milliseconds.
const BEFORE_MS: i64 = 3_600_000;

/// Of so many hosts at most it is asked at one moment; others do not wait.
const HOSTS: usize = 50;

impl Look<'_> {
    /// Until when pages about hosts can wait, by host.
    pub fn quiet(
        &self,
        desk: &Desk,
        seen: &BTreeMap<u64, Seen>,
    ) -> Result<BTreeMap<String, i64>, ReadError> {
        let mut troubles: BTreeMap<&str, i64> = BTreeMap::new();
        for (print, seen) in seen {
            let instance = seen.labels.get("instance").filter(|known| self.agents.contains(*known));
            let wakes = Severity::of(&seen.labels) == Severity::Page && seen.until_ms.is_none();
            if let Some(instance) = instance.filter(|_| wakes && !desk.has_called(*print)) {
                let since_ms = troubles.entry(instance).or_insert(seen.since_ms);
                *since_ms = seen.since_ms.min(*since_ms);
            }
        }
        let mut quiet = BTreeMap::new();
        for (instance, since_ms) in troubles.into_iter().take(HOSTS) {
            if let Some(until_ms) = self.quiet_until(self.kept, Trouble { instance, since_ms })? {
                quiet.insert(instance.to_owned(), until_ms);
            }
        }
        Ok(quiet)
    }

    fn quiet_until(
        &self,
        kept: &KeptRooms,
        trouble: Trouble<'_>,
    ) -> Result<Option<i64>, ReadError> {
        let moment = Moment { now_ms: self.at_ms, zone: self.zone.clone() };
        let reader = Reader::new(self.samples, self.budget);
        let held = self.budget.held();
        let expected = expected(reader, kept, trouble, &moment)?;
        self.budget.release_to(held);
        let until_ms = match expected {
            Expected::Now => return Ok(None),
            Expected::From(from_ms) => from_ms - BEFORE_MS,
            // Looked at again at the next moment.
            Expected::Later => self.at_ms + BEFORE_MS,
        };
        Ok((until_ms > self.at_ms).then_some(until_ms))
    }
}
