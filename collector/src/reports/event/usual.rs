//! What a host usually has at an hour: the most of the same hours of the last four weeks.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Event;
use crate::contracts::{STEP_MS, Step};
use crate::moments::DAY_MS;
use crate::offers::Demand;
use crate::reports::host::HostModel;
use crate::reports::words;

/// Weeks that are looked at.
const WEEKS: i64 = 4;

const WEEK_MS: i64 = 7 * DAY_MS;

/// What is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// People, at most.
    pub people: f64,
    /// What is sent, at most, in Mbit/s over five minutes.
    pub sent_mbit: f64,
    /// Of how many weeks that is; 0 is the busiest minute of all, since no hour is known.
    pub weeks: usize,
}

impl Usual {
    /// Of the event's hours, or of the busiest minute where nobody says when it is. Days end at
    /// `until_ms`.
    pub fn of(event: &Event, model: &HostModel, demand: &Demand, zone: &TimeZone) -> Self {
        let until_ms = model.until_ms;
        let Some(begin_ms) = event.begin_ms else { return Self::busiest(model) };
        let mut usual = Self { people: 0.0, sent_mbit: 0.0, weeks: 0 };
        let begin =
            Timestamp::from_millisecond(begin_ms).unwrap_or_default().to_zoned(zone.clone());
        let length_ms = (event.hours * 3_600_000.0) as i64;
        // The newest of the same weekday and hour that is over.
        let over_ms = begin_ms + length_ms - until_ms;
        let first = if over_ms > 0 { (over_ms + WEEK_MS - 1) / WEEK_MS } else { 0 };
        for back in first..first + WEEKS {
            let Ok(then) = begin.checked_sub(back.weeks()) else { break };
            let from_ms = then.timestamp().as_millisecond();
            let steps = steps(demand, until_ms, [from_ms, from_ms + length_ms]);
            if steps.is_empty() {
                continue;
            }
            usual.weeks += 1;
            for step in steps {
                usual.people = usual.people.max(step.people);
                usual.sent_mbit = usual.sent_mbit.max(step.sent_mbit);
            }
        }
        if usual.weeks == 0 { Self::busiest(model) } else { usual }
    }

    fn busiest(model: &HostModel) -> Self {
        let rooms = model.rooms.as_ref();
        let people = rooms.map_or(0.0, |rooms| f64::from(rooms.busiest.people()));
        Self { people, sent_mbit: model.load.peak_mbit, weeks: 0 }
    }

    /// For people.
    pub fn words(&self) -> String {
        let people = words::counted(self.people.round() as usize, "person", "people");
        match self.weeks {
            0 => format!("{people} of its busiest minute"),
            weeks => format!(
                "{people} at that hour, the most of {}",
                words::counted(weeks, "week", "weeks")
            ),
        }
    }
}

/// The steps between two moments, as far as they were measured.
fn steps(demand: &Demand, until_ms: i64, [from_ms, to_ms]: [i64; 2]) -> Vec<Step> {
    let all: usize = demand.days.iter().map(Vec::len).sum();
    let begin_ms = until_ms - all as i64 * STEP_MS;
    if from_ms < begin_ms || to_ms > until_ms {
        return Vec::new();
    }
    let first = ((from_ms - begin_ms) / STEP_MS) as usize;
    let count = ((to_ms - from_ms) / STEP_MS).max(1) as usize;
    demand.days.iter().flatten().skip(first).take(count).copied().collect()
}
