//! A cycle of bills that runs: what has counted of it, and what it comes to at its end.
//!
//! What is still to come is made of whole weeks as they were, from this time of the week on, grown as
//! they may have grown since, and grow: as for offers, but for one contract and from what has counted
//! already.

use super::demand::{Demand, WEEK};
use super::evaluation::{Middle, quantile};
use crate::contracts::{
    Account, BYTES_PER_MBIT_STEP, Contract, Form, STEP_MS, Series, Step, Traffic,
};
use crate::planning::chance::Chance;

/// How many futures are drawn.
const FUTURES: usize = 400;

/// The seed of all draws.
const SEED: u64 = 0x6379_636c_6573;

/// A week in months of thirty days.
const WEEK_MONTHS: f64 = 7.0 / 30.0;

/// Steps of a month of thirty days.
const MONTH: f64 = 8_640.0;

/// A cycle that has begun.
#[derive(Debug, Clone, Copy)]
pub struct Running<'r> {
    /// By which it is billed.
    pub contract: &'r Contract,
    /// When it began and when it ends, Unix time in milliseconds.
    pub bounds_ms: (i64, i64),
    /// Until when it was measured: the end of the newest step of what is to be carried.
    pub until_ms: i64,
}

/// What is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The part of it so far that was measured; all of one that begins.
    pub measured: f64,
    /// What has counted, in bytes.
    pub counted_bytes: f64,
    /// The 95th percentile of its steps so far, in Mbit/s; none of a cycle that begins.
    pub percentile_mbit: Option<f64>,
    /// What will have counted when it ends.
    pub end_bytes: Middle,
    /// The 95th percentile of all of it, where that is billed.
    pub end_percentile_mbit: Option<Middle>,
    /// What is to be paid for traffic, in minor units.
    pub end_charges: Middle,
    /// How its quota lasts, where it has one.
    pub quota: Option<QuotaOutlook>,
}

/// How a quota lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaOutlook {
    /// What is included.
    pub included_bytes: f64,
    /// That it is used up before the cycle ends.
    pub probability: f64,
    /// When, in half of all futures; none where it lasts in more than half.
    pub middle_ms: Option<i64>,
    /// When, in one of ten futures; none where it lasts in more than nine of ten.
    pub early_ms: Option<i64>,
    /// Whether it is less than a day takes in the middle.
    pub is_below_a_day: bool,
}

/// What all futures come to.
#[derive(Default)]
struct Ends {
    bytes: Vec<f64>,
    percentiles: Vec<f64>,
    charges: Vec<f64>,
    /// When the quota was used up; far away where it never was.
    used_up_ms: Vec<i64>,
}

/// Looks ahead to the end of a cycle; nothing where less than a week was measured.
pub fn outlook(running: Running<'_>, demand: &Demand) -> Option<Outlook> {
    let weeks = demand.weeks();
    if weeks.first().is_none_or(|week| week.len() < WEEK) {
        return None;
    }
    let (begin_ms, end_ms) = running.bounds_ms;
    let steps = |from_ms: i64, to_ms: i64| ((to_ms - from_ms).max(0) / STEP_MS) as usize;
    let elapsed = steps(begin_ms, running.until_ms.min(end_ms));
    let so_far = demand.newest(elapsed);
    let to_come = steps(running.until_ms.max(begin_ms), end_ms);
    let (contract, growth) = (running.contract, demand.growth());
    // The middle of the newest week lies half a week back.
    let ago = |place: usize| (weeks.len() - place) as f64 - 0.5;
    let aged: Vec<(f64, &[Vec<Step>])> =
        weeks.iter().enumerate().map(|(place, week)| (ago(place) * WEEK_MONTHS, *week)).collect();
    let past = Series::new(begin_ms, so_far.clone());
    let past = Traffic::as_measured(&past);
    let mut ends = Ends::default();
    let mut chance = Chance::of(SEED);
    for _ in 0..FUTURES {
        let (trend, level) = (chance.normal(), chance.normal());
        let mut all = so_far.clone();
        while all.len() < elapsed + to_come {
            let Some((ago, week)) = chance.pick(&aged) else { break };
            let ahead = (all.len() - elapsed) as f64 / MONTH + WEEK_MONTHS / 2.0;
            let times = growth.times(ago + ahead, trend, level);
            all.extend(week.iter().flatten().map(|step| scaled(*step, times)));
        }
        all.truncate(elapsed + to_come);
        ends.add(contract, &Series::new(begin_ms, all));
    }
    let counted_bytes = past.counted_bytes(contract.counted);
    Some(Outlook {
        measured: if elapsed > 0 { demand.measured(elapsed) as f64 / elapsed as f64 } else { 1.0 },
        counted_bytes,
        percentile_mbit: (elapsed > 0).then(|| past.percentile_mbit(contract.counted)),
        quota: quota(contract, demand, &mut ends.used_up_ms),
        end_percentile_mbit: (!ends.percentiles.is_empty()).then(|| middle(ends.percentiles)),
        end_bytes: middle(ends.bytes),
        end_charges: middle(ends.charges),
    })
}

impl Ends {
    fn add(&mut self, contract: &Contract, series: &Series) {
        let statement = Account::new(contract).month(Traffic::as_measured(series));
        self.bytes.push(statement.counted_bytes);
        self.percentiles.extend(statement.percentile_mbit);
        self.charges.push(statement.total() as f64);
        self.used_up_ms.push(statement.quota_ends_ms.unwrap_or(i64::MAX));
    }
}

fn scaled(step: Step, times: f64) -> Step {
    Step {
        sent_mbit: step.sent_mbit * times,
        received_mbit: step.received_mbit * times,
        people: step.people * times,
    }
}

fn middle(mut values: Vec<f64>) -> Middle {
    values.sort_by(f64::total_cmp);
    let at = |level| quantile(&values, level);
    Middle { low: at(0.1), middle: at(0.5), high: at(0.9) }
}

fn quota(contract: &Contract, demand: &Demand, ends: &mut [i64]) -> Option<QuotaOutlook> {
    let Form::Quota { included_bytes, .. } = contract.form else { return None };
    ends.sort_unstable();
    let at = |level: f64| {
        let place = (ends.len() as f64 * level) as usize;
        ends.get(place).copied().filter(|end| *end != i64::MAX)
    };
    let used_up = ends.iter().filter(|end| **end != i64::MAX).count();
    let of_day = |day: &Vec<Step>| {
        let counted =
            day.iter().map(|step| contract.counted.of(step.sent_mbit, step.received_mbit));
        counted.sum::<f64>() * BYTES_PER_MBIT_STEP
    };
    let days = middle(demand.days.iter().map(of_day).collect());
    Some(QuotaOutlook {
        included_bytes,
        probability: used_up as f64 / ends.len().max(1) as f64,
        middle_ms: at(0.5),
        early_ms: at(0.1),
        is_below_a_day: included_bytes < days.middle,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{Beyond, Counted, Port, Price, Rounding, Sharing};
    use crate::offers::Peak;

    const DAY: usize = 288;
    const DAY_MS: i64 = 86_400_000;

    /// So many days on each of which the same flows at all hours, and twice that at weekends.
    fn demand(days: usize, mbit: f64) -> Demand {
        let day = |day: usize| {
            let times = if day % 7 >= 5 { 2.0 } else { 1.0 };
            let step =
                Step { sent_mbit: mbit * times, received_mbit: mbit / 10.0, people: mbit / 4.0 };
            vec![step; DAY]
        };
        Demand::new((0..days).map(day).collect(), Peak::Seen(mbit), 1.0)
    }

    fn contract(form: Form) -> Contract {
        let port = Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None };
        Contract { port, counted: Counted::Out, form }
    }

    fn of(contract: &Contract, demand: &Demand, [gone, days]: [i64; 2]) -> Outlook {
        let until_ms = 20_000 * DAY_MS;
        let begin_ms = until_ms - gone * DAY_MS;
        let bounds_ms = (begin_ms, begin_ms + days * DAY_MS);
        outlook(Running { contract, bounds_ms, until_ms }, demand).unwrap()
    }

    /// The bytes of one Mbit/s over a day: 10.8 GB.
    const DAY_BYTES: f64 = BYTES_PER_MBIT_STEP * DAY as f64;

    #[test]
    fn what_counts_so_far_is_certain_and_the_end_is_a_range_around_what_weeks_give() {
        let unmetered = contract(Form::Unmetered);
        // Fourteen of twenty-eight days: ten of 100 Mbit/s, four of 200.
        let found = of(&unmetered, &demand(28, 100.0), [14, 28]);
        assert!((found.counted_bytes / (1_800.0 * DAY_BYTES) - 1.0).abs() < 1e-9);
        assert_eq!(found.measured, 1.0);
        let Middle { low, middle, high } = found.end_bytes;
        let expected = 3_600.0 * DAY_BYTES;
        assert!(low < expected && expected < high, "{found:?}");
        assert!((middle / expected - 1.0).abs() < 0.05, "{found:?}");
        assert!(found.quota.is_none() && found.end_percentile_mbit.is_none());
        // At the end nothing is left to be foreseen.
        let over = of(&unmetered, &demand(28, 100.0), [28, 28]);
        assert_eq!(over.end_bytes.low, over.end_bytes.high);
        assert_eq!(over.counted_bytes, over.end_bytes.middle);
    }

    #[test]
    fn a_quota_that_is_used_up_has_its_moment_and_one_that_lasts_has_none() {
        let price = Price { minor: 100, unit_bytes: 1e12, rounding: Rounding::Whole };
        let with = |included_bytes: f64| {
            contract(Form::Quota { included_bytes, beyond: Beyond::Priced(price) })
        };
        let demand = demand(28, 100.0);
        let until_ms = 20_000 * DAY_MS;
        // Used up on the seventh of fourteen days that have gone: 900 Mbit/s days in its first week.
        let gone = of(&with(850.0 * DAY_BYTES), &demand, [14, 28]).quota.unwrap();
        assert_eq!(gone.probability, 1.0);
        let at_ms = gone.middle_ms.unwrap();
        assert_eq!(gone.early_ms, Some(at_ms));
        assert!((until_ms - 8 * DAY_MS..until_ms - 7 * DAY_MS).contains(&at_ms), "{at_ms}");
        let soon = of(&with(2_300.0 * DAY_BYTES), &demand, [14, 28]).quota.unwrap();
        assert!(soon.probability > 0.95 && soon.middle_ms > Some(until_ms), "{soon:?}");
        assert!(soon.early_ms < soon.middle_ms, "{soon:?}");
        let lasts = of(&with(9_000.0 * DAY_BYTES), &demand, [14, 28]).quota.unwrap();
        assert_eq!((lasts.probability, lasts.middle_ms), (0.0, None));
        assert!(!lasts.is_below_a_day);
        let tiny = of(&with(50.0 * DAY_BYTES), &demand, [14, 28]).quota.unwrap();
        assert!(tiny.is_below_a_day && tiny.probability == 1.0);
    }

    #[test]
    fn of_a_cycle_that_begins_nothing_is_known_but_nothing_is_missing_either() {
        let form = Form::Percentile { commit_mbit: 150.0, price: 10 };
        let found = of(&contract(form), &demand(28, 100.0), [0, 30]);
        assert_eq!((found.percentile_mbit, found.measured, found.counted_bytes), (None, 1.0, 0.0));
        assert!(found.end_percentile_mbit.unwrap().low > 100.0, "{found:?}");
    }

    #[test]
    fn the_percentile_of_a_cycle_is_that_of_all_its_steps() {
        let form = Form::Percentile { commit_mbit: 150.0, price: 10 };
        let found = of(&contract(form), &demand(28, 100.0), [14, 28]);
        // Two days of seven are weekend: far more than a twentieth.
        assert_eq!(found.percentile_mbit, Some(200.0));
        let end = found.end_percentile_mbit.unwrap();
        assert!(end.low >= 200.0 - 1e-9 && end.high < 300.0, "{end:?}");
        assert!(found.end_charges.middle >= 500.0 - 1e-9, "{found:?}");
    }

    #[test]
    fn what_was_not_measured_is_said_and_taken_as_usual() {
        let unmetered = contract(Form::Unmetered);
        // Twenty-one days have gone, and only fourteen were measured.
        let found = of(&unmetered, &demand(14, 100.0), [21, 30]);
        assert!((found.measured - 14.0 / 21.0).abs() < 1e-9, "{found:?}");
        assert!((found.counted_bytes / (2_700.0 * DAY_BYTES) - 1.0).abs() < 1e-9, "{found:?}");
        let mut days = demand(14, 100.0).days;
        days[13][10] = Step::UNKNOWN;
        let gap = Demand::new(days, Peak::Seen(100.0), 1.0);
        assert_eq!((gap.measured(DAY), gap.measured(2 * DAY)), (DAY - 1, 2 * DAY - 1));
    }

    #[test]
    fn under_a_week_nothing_is_foreseen() {
        let unmetered = contract(Form::Unmetered);
        let until_ms = 20_000 * DAY_MS;
        let running =
            Running { contract: &unmetered, bounds_ms: (until_ms - DAY_MS, until_ms), until_ms };
        assert!(outlook(running, &demand(6, 1.0)).is_none());
    }
}
