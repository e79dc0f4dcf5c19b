//! Past days as they were told once they had ended: they are there when their minutes no longer are.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    HEADROOM_PLANNING_DAY_COVERAGE_RATIO, HEADROOM_PLANNING_DAY_FORESEEN_MBIT,
    HEADROOM_PLANNING_DAY_HIDDEN_MINUTES, HEADROOM_PLANNING_DAY_PEAK_MBIT,
    HEADROOM_PLANNING_DAY_SPREAD_RATIO,
};
use headroom_proto::metric::INSTANCE;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::moments::DAY_MS;
use crate::planning::forecast::DayPeak;
use crate::planning::row::Standing;
use crate::planning::scores::{Foreseen, Peak};
use crate::samples::{Hints, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange};

const COVERAGE: &str = HEADROOM_PLANNING_DAY_COVERAGE_RATIO.name;
const PEAK: &str = HEADROOM_PLANNING_DAY_PEAK_MBIT.name;
const HIDDEN: &str = HEADROOM_PLANNING_DAY_HIDDEN_MINUTES.name;
const FORESEEN: &str = HEADROOM_PLANNING_DAY_FORESEEN_MBIT.name;
const SPREAD: &str = HEADROOM_PLANNING_DAY_SPREAD_RATIO.name;

/// A day counts with its peak if so much of it was read.
const WHOLE: f64 = 1_200.0 / 1_440.0;

/// One day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToldDay {
    /// Its number, in the zone of whoever plans.
    pub number: i32,
    /// Its weekday, Monday 0.
    pub weekday: u8,
    /// Where the last word on it stands, Unix time in milliseconds.
    pub told_ms: i64,
    /// Where the word stands that what was foreseen of it belongs to.
    pub foreseen_ms: Option<i64>,
    coverage: f64,
    peak_mbit: f64,
    hidden_minutes: f64,
    foreseen: Foreseen,
}

impl ToldDay {
    /// Its highest minute, if it was read nearly whole.
    pub fn day_peak(&self) -> Option<DayPeak> {
        let is_whole = self.coverage >= WHOLE && self.peak_mbit.is_finite();
        let Self { number: day, weekday, peak_mbit: peak, .. } = *self;
        is_whole.then_some(DayPeak { day, weekday, peak })
    }

    /// The same beside what was foreseen of it, if anything was.
    pub fn peak(&self) -> Option<Peak> {
        let Foreseen { expected, spread } = self.foreseen;
        let is_known = self.peak_mbit.is_finite() && expected > 0.0 && spread > 0.0;
        let is_hidden = self.hidden_minutes > 0.0;
        is_known.then_some(Peak {
            day: self.number,
            measured: self.peak_mbit,
            foreseen: self.foreseen,
            standing: if is_hidden { Standing::AtLeast } else { Standing::Measured },
        })
    }
}

/// Reads the days of a host within a range, in order.
pub fn read(
    reader: Reader<'_>,
    instance: &str,
    range: TimeRange,
    zone: &TimeZone,
) -> Result<Vec<ToldDay>, ReadError> {
    let names = [COVERAGE, PEAK, HIDDEN, FORESEEN, SPREAD];
    let matchers = [Matcher::one_of(METRIC, names), Matcher::equal(INSTANCE, instance)];
    let held = reader.budget.held();
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::ALL)?;
    let days = of(&found, zone);
    drop(found);
    reader.budget.release_to(held);
    reader.budget.hold(size_of_val(&*days) as u64)?;
    Ok(days)
}

/// Of each day the last word counts.
fn of(found: &[Series], zone: &TimeZone) -> Vec<ToldDay> {
    let mut days: BTreeMap<i32, ToldDay> = BTreeMap::new();
    for series in found {
        let metric = series.labels.metric();
        if metric == PEAK && series.labels.get("direction") != Some("out") {
            continue;
        }
        for (at_ms, value) in series.timestamps.iter().zip(&series.values) {
            let at = Timestamp::from_millisecond(*at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
            let date = at.to_zoned(zone.clone()).date();
            let weekday = date.weekday().to_monday_zero_offset() as u8;
            let number = number_of(date);
            let day = days.entry(number).or_insert(ToldDay {
                number,
                weekday,
                told_ms: *at_ms,
                foreseen_ms: None,
                coverage: 0.0,
                peak_mbit: f64::NAN,
                hidden_minutes: 0.0,
                foreseen: Foreseen { expected: f64::NAN, spread: f64::NAN },
            });
            match metric {
                COVERAGE => (day.told_ms, day.coverage) = (*at_ms, *value),
                PEAK => day.peak_mbit = *value,
                HIDDEN => day.hidden_minutes = *value,
                FORESEEN => (day.foreseen_ms, day.foreseen.expected) = (Some(*at_ms), *value),
                SPREAD => day.foreseen.spread = *value,
                _ => {}
            }
        }
    }
    days.into_values().collect()
}

/// Days since 1970.
pub fn number_of(date: Date) -> i32 {
    let utc = date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp().as_millisecond());
    utc.unwrap_or(0).div_euclid(DAY_MS) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;

    /// Words of days, each at so many milliseconds before the end of its day.
    fn series(metric: &str, words: &[(i64, i64, f64)]) -> Series {
        let labels = [("direction", "out")].into_iter().filter(|_| metric == PEAK);
        Series {
            labels: Labels::new(metric, labels),
            timestamps: words.iter().map(|(day, before, _)| (day + 1) * DAY_MS - before).collect(),
            values: words.iter().map(|(_, _, value)| *value).collect(),
            stand_ins: Vec::new(),
        }
    }

    #[test]
    fn the_last_word_on_a_day_counts() {
        let found = [
            series(COVERAGE, &[(4, 1000, 0.5), (4, 999, 1.0), (5, 1000, 0.4), (6, 1000, 1.0)]),
            series(PEAK, &[(4, 1000, 20.0), (4, 999, 30.0), (5, 1000, 9.0), (6, 1000, 40.0)]),
            series(HIDDEN, &[(4, 1000, 3.0), (4, 999, 0.0), (6, 1000, 2.0)]),
            series(FORESEEN, &[(4, 1000, 25.0), (6, 1000, 40.0)]),
            series(SPREAD, &[(4, 1000, 0.1), (6, 1000, 0.2)]),
        ];
        let days = of(&found, &TimeZone::UTC);
        let peaks: Vec<Option<f64>> =
            days.iter().map(|day| day.day_peak().map(|peak| peak.peak)).collect();
        assert_eq!(peaks, [Some(30.0), None, Some(40.0)]);
        // 1970 began on a Thursday.
        assert_eq!([days[0].weekday, days[0].number as u8], [0, 4]);
        // More of the first came in behind what was foreseen of it.
        assert_ne!(days[0].foreseen_ms, Some(days[0].told_ms));
        assert_eq!(days[2].foreseen_ms, Some(days[2].told_ms));
        let first = days[0].peak().unwrap();
        assert_eq!((first.measured, first.standing), (30.0, Standing::Measured));
        assert_eq!(first.foreseen, Foreseen { expected: 25.0, spread: 0.1 });
        assert_eq!(days[1].peak(), None);
        assert_eq!(days[2].peak().unwrap().standing, Standing::AtLeast);
    }
}
