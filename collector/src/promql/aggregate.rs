//! Aggregations over series: `sum by (…)` and their kin, group by group.

mod some;

use std::cmp::Ordering;
use std::collections::HashMap;

use super::QueryError;
use super::digits::{number, plain_number};
use super::meter::Meter;
use super::quantile::quantile;
use super::rows::{Numbers, Rows};
use super::signature::Groups;
use super::tree::{Extreme, Fold, Pick};
use super::value::Row;
use super::windows;
use crate::samples::Labels;

/// What all aggregations of a vector share.
pub struct Aggregator<'a, 'b> {
    pub meter: &'a Meter<'b>,
    pub grouping: &'a Pick,
    pub steps: usize,
}

/// The values of one group at one step, summed up so far.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    count: f64,
    first: f64,
    second: f64,
}

impl<'b> Aggregator<'_, 'b> {
    /// One value of all values of a group.
    pub fn fold(&self, rows: &Rows<'b>, fold: Fold) -> Result<Rows<'b>, QueryError> {
        match fold {
            Fold::Sum => self.each_group(rows, add_to_sum, |running| running.first),
            Fold::Average => self.each_group(rows, add_to_mean, |running| running.first),
            Fold::Count => self.each_group(rows, |_, _| {}, |running| running.count),
            Fold::Group => self.each_group(rows, |_, _| {}, |_| 1.0),
            Fold::Max => self.each_group(rows, keep_greater, |running| running.first),
            Fold::Min => self.each_group(rows, keep_lesser, |running| running.first),
            Fold::StandardDeviation => {
                self.each_group(rows, add_to_variance, |running| variance(running).sqrt())
            }
            Fold::Variance => self.each_group(rows, add_to_variance, variance),
        }
    }

    /// Goes through the rows of each group in order; `add` gets each value but the first at a step.
    fn each_group(
        &self,
        rows: &Rows<'b>,
        add: impl Fn(&mut Running, f64),
        end: impl Fn(Running) -> f64,
    ) -> Result<Rows<'b>, QueryError> {
        let mut memory = self.meter.nothing();
        memory.take_items::<Running>(self.steps)?;
        let mut running = vec![Running::default(); self.steps];
        self.groups(rows, |members, found| {
            running.fill(Running::default());
            for &place in members {
                let points = &rows.list[place].points;
                self.meter.each(&mut running, |step, running| {
                    let Some(value) = points[step] else { return };
                    running.count += 1.0;
                    if running.count == 1.0 {
                        running.first = value;
                    } else {
                        add(running, value);
                    }
                })?;
            }
            found.take(self.steps)?;
            self.meter.collect(self.steps, |step| {
                let running = running[step];
                (running.count > 0.0).then(|| end(running))
            })
        })
    }

    /// A quantile of the values of a group.
    pub fn quantile(
        &self,
        rows: &Rows<'b>,
        quantiles: &Numbers<'b>,
    ) -> Result<Rows<'b>, QueryError> {
        let mut memory = self.meter.nothing();
        memory.take_items::<f64>(rows.list.len())?;
        let mut values = Vec::with_capacity(rows.list.len());
        self.groups(rows, |members, found| {
            found.take(self.steps)?;
            self.meter.try_collect(self.steps, |step| {
                values.clear();
                for part in self.meter.parts(members) {
                    values.extend(part?.iter().filter_map(|place| rows.list[*place].points[step]));
                }
                let quantile = quantile(quantiles.list[step], &values, self.meter)?;
                Ok((!values.is_empty()).then_some(quantile))
            })
        })
    }

    /// A row for each group, whose points are found by `points`.
    fn groups(
        &self,
        rows: &Rows<'b>,
        mut points: impl FnMut(&[usize], &mut Rows<'b>) -> Result<Vec<Option<f64>>, QueryError>,
    ) -> Result<Rows<'b>, QueryError> {
        let groups = Groups::of(&rows.list, self.grouping, self.meter)?;
        let mut found = Rows::none(self.meter);
        for members in &groups.rows {
            let points = points(members, &mut found)?;
            let first = &rows.list[members[0]].labels;
            found.names.take(first.bytes())?;
            found.list.push(Row { labels: self.grouping.of(first), points });
        }
        found.drop_empty(self.meter)?;
        Ok(found)
    }

    /// A row for each value and the labels that its series have in common, of which `name` holds the
    /// value before they are compared.
    pub fn count_values(&self, rows: &Rows<'b>, name: &str) -> Result<Rows<'b>, QueryError> {
        let mut found = Rows::none(self.meter);
        let mut places: HashMap<Labels, usize> = HashMap::new();
        let mut known = self.meter.nothing();
        for row in &rows.list {
            // A series has the same value at many steps.
            let mut last: Option<(u64, usize)> = None;
            for span in self.meter.spans(self.steps) {
                for step in span? {
                    let Some(value) = row.points[step] else { continue };
                    let bits = value.to_bits();
                    let place = match last {
                        Some((known, place)) if known == bits => place,
                        Some(_) | None => {
                            let labels =
                                self.grouping_with(&row.labels, name, &plain_number(value));
                            let next = found.list.len();
                            let bytes = labels.bytes();
                            let place = *places.entry(labels.clone()).or_insert(next);
                            if place == next {
                                known.take(2 * size_of::<(Labels, usize)>() as u64)?;
                                found.take(self.steps)?;
                                found.names.take(bytes)?;
                                let points = vec![None; self.steps];
                                found.list.push(Row { labels, points });
                            }
                            place
                        }
                    };
                    last = Some((bits, place));
                    let point = &mut found.list[place].points[step];
                    *point = Some(point.unwrap_or(0.0) + 1.0);
                }
            }
        }
        Ok(found)
    }

    /// The labels of a group whose series have another label first; `by (…)` keeps it too.
    fn grouping_with(&self, labels: &Labels, name: &str, value: &str) -> Labels {
        let labels = labels.with(name, value);
        match self.grouping {
            Pick::Only(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).chain([name]).collect();
                labels.only(&names)
            }
            Pick::Without(_) => self.grouping.of(&labels),
        }
    }

    /// The greatest or least rows of each group at each step, as many as `counts` says there.
    pub fn extremes(
        &self,
        mut rows: Rows<'b>,
        extreme: Extreme,
        counts: &Numbers<'b>,
    ) -> Result<Rows<'b>, QueryError> {
        refuse_overflow(counts)?;
        let mut memory = self.meter.nothing();
        memory.take_items::<(Ranked, usize)>(rows.list.len())?;
        let groups = Groups::of(&rows.list, self.grouping, self.meter)?.rows;
        let mut order = Vec::with_capacity(rows.list.len());
        for members in &groups {
            let mut present: Vec<Ranked> = Vec::with_capacity(members.len());
            for (step, count) in counts.list.iter().enumerate() {
                present.clear();
                for part in self.meter.parts(members) {
                    present.extend(part?.iter().filter_map(|&place| {
                        rows.list[place].points[step].take().map(|value| Ranked { place, value })
                    }));
                }
                self.meter.sort(&mut present, |a, b| by_value(extreme, a.value, b.value))?;
                present.truncate(count.max(0.0) as usize);
                for ranked in &present {
                    rows.list[ranked.place].points[step] = Some(ranked.value);
                }
            }
            // At one moment the answer is in order of value.
            match self.steps {
                1 => order.extend(present.iter().map(|ranked| ranked.place)),
                _ => order.extend_from_slice(members),
            }
        }
        rows.keep(self.meter, &order)?;
        rows.drop_empty(self.meter)?;
        Ok(rows)
    }
}

/// A row's place and its value at a step.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    place: usize,
    value: f64,
}

/// Refuses what is no count.
fn refuse_overflow(counts: &Numbers<'_>) -> Result<(), QueryError> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let overflows = |count: &&f64| !(-LIMIT..LIMIT).contains(*count);
    let Some(count) = counts.list.iter().find(overflows) else { return Ok(()) };
    let told = number(*count);
    Err(QueryError::Execution(format!("Scalar value {told} overflows int64")))
}

fn add_to_sum(running: &mut Running, value: f64) {
    running.first += value;
}

/// The mean without keeping what rounding loses, as aggregations of Prometheus 2.42 have it.
fn add_to_mean(running: &mut Running, value: f64) {
    if !windows::stays_infinite(running.first, value) {
        running.first += value / running.count - running.first / running.count;
    }
}

fn keep_greater(running: &mut Running, value: f64) {
    if value > running.first || running.first.is_nan() {
        running.first = value;
    }
}

fn keep_lesser(running: &mut Running, value: f64) {
    if value < running.first || running.first.is_nan() {
        running.first = value;
    }
}

/// Mean and sum of squares (Welford 1962).
fn add_to_variance(running: &mut Running, value: f64) {
    let delta = value - running.first;
    running.first += delta / running.count;
    running.second += delta * (value - running.first);
}

fn variance(running: Running) -> f64 {
    running.second / running.count
}

/// The order of a sort: NaN last.
pub fn by_value(first: Extreme, a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => match first {
            Extreme::Greatest => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
            Extreme::Least => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        },
    }
}
