//! Months that may come: made of whole weeks as they were, in any order, grown as they may grow.
//!
//! All offers are held against the same draws, so that what differs between two of them is the offers.

use super::bill::Months;
use super::demand::{Demand, Growth, WEEK};
use crate::contracts::{STEP_MS, Series, Step, Traffic};
use crate::planning::chance::Chance;

/// How many futures are drawn.
pub const DRAWS: usize = 1_000;

/// How many months are put together, of which each future has some.
const POOL: usize = 96;

/// Days of a month.
const MONTH_DAYS: usize = 30;

/// The seed of all draws.
const SEED: u64 = 0x6f66_6665_7273;

/// What may come.
#[derive(Debug)]
pub struct Worlds {
    pool: Vec<Series>,
    draws: Vec<Draw>,
    /// How it grows.
    pub growth: Growth,
    /// For how many months each of them is drawn.
    pub span: Months,
}

/// One future.
#[derive(Debug, Clone)]
pub struct Draw {
    /// For each month, which of the pool it is and how many times of it flow.
    months: Vec<(usize, f64)>,
    /// How high the highest minute is among those that may come, in 0..1.
    pub peak: f64,
    /// How far off a guess of processors is; standard normal.
    pub processors: f64,
}

impl Worlds {
    /// So many futures; none where less than a week was measured.
    pub fn of(demand: &Demand, months: Months, draws: usize) -> Option<Self> {
        let weeks = demand.weeks();
        if weeks.first().is_none_or(|week| week.len() < WEEK) {
            return None;
        }
        let growth = demand.growth();
        let mut chance = Chance::of(SEED);
        let pool: Vec<Series> = (0..POOL).map(|_| month(&weeks, &mut chance)).collect();
        let draws = (0..draws).map(|_| draw(growth, months, &mut chance)).collect();
        Some(Self { pool, draws, growth, span: months })
    }

    /// How many bytes it takes.
    pub fn bytes(demand: &Demand) -> u64 {
        let steps = demand.days.last().map_or(0, Vec::len) * MONTH_DAYS;
        (POOL * steps * size_of::<Step>()) as u64
    }

    /// All futures.
    pub fn draws(&self) -> &[Draw] {
        &self.draws
    }

    /// The months of a future.
    pub fn months<'w>(&'w self, draw: &'w Draw) -> impl Iterator<Item = Traffic<'w>> {
        draw.months
            .iter()
            .map(|(place, times)| Traffic { series: &self.pool[*place], times: *times })
    }
}

/// A month of whole weeks, the last of which is cut.
fn month(weeks: &[&[Vec<Step>]], chance: &mut Chance) -> Series {
    let mut days: Vec<&Vec<Step>> = Vec::with_capacity(MONTH_DAYS + WEEK);
    while days.len() < MONTH_DAYS {
        let Some(week) = chance.pick(weeks) else { break };
        days.extend(week);
    }
    days.truncate(MONTH_DAYS);
    Series::new(0, days.into_iter().flatten().copied().collect())
}

fn draw(growth: Growth, months: Months, chance: &mut Chance) -> Draw {
    let (trend, level) = (chance.normal(), chance.normal());
    let places: Vec<usize> = (0..POOL).collect();
    let month = |month: u32, chance: &mut Chance| {
        let place = chance.pick(&places).unwrap_or(0);
        (place, growth.times(f64::from(month) + 0.5, trend, level))
    };
    let months = (0..months.0).map(|number| month(number, chance)).collect();
    Draw { months, peak: chance.unit(), processors: chance.normal() }
}

/// The day of a month on which a moment of it lies, from 1.
pub fn day_of(at_ms: i64) -> f64 {
    (at_ms / STEP_MS) as f64 / 288.0 + 1.0
}
