//! What to tell somebody who wants to reboot a host.

use super::Counts;
use super::outlook::Outlook;

/// Whether a host may be rebooted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advice {
    /// Nobody knows who is in its rooms.
    Unknown,
    /// People are in rooms.
    Busy {
        /// How many rooms.
        rooms: f64,
        /// How many people.
        people: f64,
    },
    /// There is no room.
    Free {
        /// For how long, by past weeks.
        until: Until,
    },
}

/// How long it stays free, by past weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The history is shorter than a week.
    Unknown,
    /// In past weeks there were rooms at this hour.
    Now,
    /// In past weeks there were rooms from this hour on, Unix time in milliseconds.
    At(i64),
    /// In past weeks there were none in the hours to come.
    BeyondADay,
}

impl Advice {
    /// The advice by what is there and what was in past weeks.
    pub fn of(now: Option<Counts>, outlook: &Outlook, now_ms: i64) -> Self {
        match now {
            None => Self::Unknown,
            Some(counts) if !counts.is_empty() => {
                Self::Busy { rooms: counts.rooms, people: counts.people }
            }
            Some(_) => Self::Free { until: until(outlook, now_ms) },
        }
    }
}

fn until(outlook: &Outlook, now_ms: i64) -> Until {
    if !outlook.is_known() {
        return Until::Unknown;
    }
    match outlook.rooms_from_ms() {
        None => Until::BeyondADay,
        Some(from_ms) if from_ms <= now_ms => Until::Now,
        Some(from_ms) => Until::At(from_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::PastHour;
    use super::super::outlook::Hour;
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    /// An outlook of hours that had rooms in the last week or none, the current one first.
    fn outlook(hours: &[bool]) -> Outlook {
        let hour = |(n, rooms): (usize, &bool)| {
            let rooms = f64::from(u8::from(*rooms));
            let past = [Some(PastHour { people: rooms * 9.0, rooms }), None, None, None];
            Hour { from_ms: n as i64 * HOUR_MS, past }
        };
        Outlook::of(hours.iter().enumerate().map(hour).collect())
    }

    #[test]
    fn nobody_is_thrown_out_and_nobody_is_told_what_is_not_known() {
        let counts = |rooms: f64, people: f64| Some(Counts { rooms, people, ..Counts::default() });
        let free = |until| Advice::Free { until };
        let now_ms = HOUR_MS / 2;
        let cases: [(Option<Counts>, &[bool], Advice); 8] = [
            (None, &[false, false], Advice::Unknown),
            (counts(5.0, 63.0), &[false], Advice::Busy { rooms: 5.0, people: 63.0 }),
            (counts(0.0, 1.0), &[false], Advice::Busy { rooms: 0.0, people: 1.0 }),
            (counts(1.0, 0.0), &[false], Advice::Busy { rooms: 1.0, people: 0.0 }),
            (counts(0.0, 0.0), &[], free(Until::Unknown)),
            (counts(0.0, 0.0), &[true, false], free(Until::Now)),
            (counts(0.0, 0.0), &[false, false, true], free(Until::At(2 * HOUR_MS))),
            (counts(0.0, 0.0), &[false, false], free(Until::BeyondADay)),
        ];
        for (now, hours, expected) in cases {
            assert_eq!(Advice::of(now, &outlook(hours), now_ms), expected, "{now:?} {hours:?}");
        }
    }
}
