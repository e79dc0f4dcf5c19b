//! The moment by which something may go for ever: the smaller of the clock and the newest data, as
//! it has stood for an hour. Pure.

use std::collections::VecDeque;

use super::Standing;

/// Looks are kept this far apart.
const EVERY_MS: i64 = 30_000;

/// Tells the moment, look by look.
#[derive(Debug)]
pub struct Settled {
    /// How long a moment has to stand.
    stand_ms: i64,
    /// The oldest has stood as long, once there is one.
    looks: VecDeque<Look>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    elapsed_ms: i64,
    /// The moment, less what had elapsed: the same while both go on evenly.
    origin_ms: i64,
}

impl Settled {
    /// What has stood for so long is settled.
    pub fn after(stand_ms: i64) -> Self {
        Self { stand_ms, looks: VecDeque::new() }
    }

    /// Takes a look: the clock, and the newest data that did not get their moment from it. Nothing
    /// is settled until the first look has stood.
    pub fn look(&mut self, clock: Standing, newest_ms: Option<i64>) -> Option<i64> {
        let Standing { unix_ms, elapsed_ms, .. } = clock;
        let moment_ms = newest_ms.map_or(unix_ms, |newest_ms| newest_ms.min(unix_ms));
        let origin_ms = moment_ms.saturating_sub(elapsed_ms);
        match self.looks.back_mut() {
            Some(last) if elapsed_ms - last.elapsed_ms < EVERY_MS => {
                last.origin_ms = last.origin_ms.min(origin_ms);
            }
            Some(_) | None => self.looks.push_back(Look { elapsed_ms, origin_ms }),
        }
        let stood = |look: &Look| elapsed_ms - look.elapsed_ms >= self.stand_ms;
        while self.looks.get(1).is_some_and(stood) {
            self.looks.pop_front();
        }
        self.looks.front().filter(|look| stood(look))?;
        let least_ms = self.looks.iter().map(|look| look.origin_ms).min()?;
        Some(least_ms.saturating_add(elapsed_ms).min(moment_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    /// Looks each ten seconds over some hours; `clock` and `newest` say how far ahead of the true
    /// time each is. Answers how far ahead of it the settled moment was at most, and at the end.
    fn ahead(
        hours: i64,
        clock: impl Fn(i64) -> i64,
        newest: impl Fn(i64) -> Option<i64>,
    ) -> (Option<i64>, Option<i64>) {
        let mut settled = Settled::after(HOUR_MS);
        let looks = (0..=hours * 360).map(|n| n * 10_000);
        let moments = looks.map(|elapsed_ms| {
            let true_ms = NOW_MS + elapsed_ms;
            let unix_ms = true_ms + clock(elapsed_ms);
            let standing = Standing { unix_ms, elapsed_ms, stood_ms: 0, was_set: false };
            let newest_ms = newest(elapsed_ms).map(|ahead_ms| true_ms + ahead_ms);
            settled.look(standing, newest_ms).map(|moment_ms| moment_ms - true_ms)
        });
        let moments: Vec<Option<i64>> = moments.collect();
        (moments.iter().flatten().max().copied(), moments.last().copied().flatten())
    }

    #[test]
    fn a_moment_has_to_stand_for_an_hour() {
        let right = |_: i64| 0;
        let near = |_: i64| Some(-5_000);
        assert_eq!(ahead(0, right, near), (None, None), "at the start");
        assert_eq!(ahead(1, right, near), (Some(-5_000), Some(-5_000)));
        assert_eq!(ahead(3, right, |_| None), (Some(0), Some(0)));
        // A hundred days ahead for forty seconds, with all agents or without.
        let jump =
            |at_ms: i64| if (7_200_000..7_240_000).contains(&at_ms) { 100 * DAY_MS } else { 0 };
        assert_eq!(ahead(5, jump, near), (Some(-5_000), Some(-5_000)));
        assert_eq!(ahead(5, jump, |at_ms| Some(jump(at_ms) - 5_000)), (Some(-5_000), Some(-5_000)));
        // For ever, but the data say otherwise; and from the start.
        assert_eq!(ahead(9, |_| 100 * DAY_MS, near), (Some(-5_000), Some(-5_000)));
        let later = |at_ms: i64| if at_ms > 7_200_000 { 100 * DAY_MS } else { 0 };
        assert_eq!(ahead(9, later, near), (Some(-5_000), Some(-5_000)));
        // What both say for more than an hour counts.
        assert_eq!(ahead(9, later, |at_ms| Some(later(at_ms))).1, Some(100 * DAY_MS));
        // Backwards at once.
        let back = |at_ms: i64| if at_ms > 7_200_000 { -DAY_MS } else { 0 };
        assert_eq!(ahead(9, back, near).1, Some(-DAY_MS));
    }

    #[test]
    fn data_that_no_longer_come_stop_the_time() {
        let right = |_: i64| 0;
        // The last of them came two hours after the start.
        let ended = |at_ms: i64| Some((7_200_000 - at_ms).min(0));
        assert_eq!(ahead(12, right, ended).1, Some(-10 * HOUR_MS));
        // They come again, and for an hour the time is still the old one.
        let again = move |at_ms: i64| if at_ms > 10 * HOUR_MS { Some(0) } else { ended(at_ms) };
        assert_eq!(ahead(10, right, again).1, Some(-8 * HOUR_MS));
        let (_, soon) = ahead(11, right, again);
        assert!(soon.is_some_and(|ahead_ms| ahead_ms < -7 * HOUR_MS), "{soon:?}");
        assert_eq!(ahead(12, right, again).1, Some(0));
    }
}
