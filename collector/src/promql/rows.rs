//! Values under way: numbers and series, with the memory that they take.

use std::collections::HashMap;

use super::QueryError;
use super::meter::{Held, Meter};
use super::value::Row;
use crate::samples::{Labels, METRIC};

/// A number at each step.
#[derive(Debug)]
pub struct Numbers<'b> {
    pub list: Vec<f64>,
    pub memory: Held<'b>,
}

/// Series with a value at some steps.
#[derive(Debug)]
pub struct Rows<'b> {
    pub list: Vec<Row>,
    /// What rows and points take.
    pub memory: Held<'b>,
    pub names: Names<'b>,
}

/// The memory of labels, of those that were read and of those that were made.
#[derive(Debug)]
pub struct Names<'b> {
    memory: Held<'b>,
    /// Whether labels that are handed on take memory.
    heirs_of_made: bool,
}

impl Numbers<'_> {
    pub fn new<'b>(
        meter: &Meter<'b>,
        steps: usize,
        number: impl FnMut(usize) -> f64,
    ) -> Result<Numbers<'b>, QueryError> {
        let mut memory = meter.nothing();
        memory.take_items::<f64>(steps)?;
        Ok(Numbers { list: meter.collect(steps, number)?, memory })
    }
}

impl<'b> Rows<'b> {
    /// None yet.
    pub fn none(meter: &Meter<'b>) -> Self {
        Self { list: Vec::new(), memory: meter.nothing(), names: Names::none(meter) }
    }

    /// One row.
    pub fn one(
        meter: &Meter<'b>,
        labels: Labels,
        steps: usize,
        point: impl FnMut(usize) -> Option<f64>,
    ) -> Result<Self, QueryError> {
        let mut rows = Self::none(meter);
        rows.take(steps)?;
        rows.list.push(Row { labels, points: meter.collect(steps, point)? });
        Ok(rows)
    }

    /// Takes the memory of one more row.
    pub fn take(&mut self, steps: usize) -> Result<(), QueryError> {
        self.memory.take(row_bytes(steps))
    }

    /// Takes over all rows of another value.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.memory.absorb(other.memory);
        self.names.memory.absorb(other.names.memory);
    }

    /// Leaves out rows without a value.
    pub fn drop_empty(&mut self, meter: &Meter<'b>) -> Result<(), QueryError> {
        for row in &mut self.list {
            meter.check()?;
            if row.is_empty() {
                self.memory.give_back((row.points.len() * size_of::<Option<f64>>()) as u64);
                row.points = Vec::new();
            }
        }
        let before = self.list.len();
        self.list.retain(|row| !row.points.is_empty());
        self.memory.give_back((before - self.list.len()) as u64 * row_bytes(0));
        Ok(())
    }

    /// Leaves the rows at some places, in their order; no place stands twice.
    pub fn keep(&mut self, meter: &Meter<'b>, places: &[usize]) -> Result<(), QueryError> {
        let nobody = Labels::none();
        let mut kept = Vec::with_capacity(places.len());
        for part in meter.parts(places) {
            kept.extend(part?.iter().map(|place| {
                let row = Row { labels: nobody.clone(), points: Vec::new() };
                std::mem::replace(&mut self.list[*place], row)
            }));
        }
        let left_out = std::mem::replace(&mut self.list, kept);
        let bytes = left_out.iter().filter(|row| !row.points.is_empty());
        self.memory.give_back(bytes.map(|row| row_bytes(row.points.len())).sum());
        Ok(())
    }

    /// Gives rows other labels; nothing leaves them as they are.
    pub fn relabel(
        &mut self,
        meter: &Meter<'b>,
        mut change: impl FnMut(&Labels, &mut Held<'b>) -> Result<Option<Labels>, QueryError>,
    ) -> Result<(), QueryError> {
        let mut names = self.names.heir(meter);
        for row in &mut self.list {
            meter.check()?;
            match change(&row.labels, &mut names.memory)? {
                Some(labels) => row.labels = labels,
                None => row.labels = names.kept(&row.labels)?,
            }
        }
        self.names = names;
        Ok(())
    }

    /// Takes the metrics' names away: results are no longer those metrics.
    pub fn unname(&mut self, meter: &Meter<'b>) -> Result<(), QueryError> {
        let mut names = self.names.heir(meter);
        for row in &mut self.list {
            meter.check()?;
            row.labels = names.unnamed(&row.labels)?;
        }
        self.names = names;
        Ok(())
    }

    /// Joins rows that have the same labels at different steps; at the same step they are an error.
    pub fn merge(&mut self, meter: &Meter<'b>) -> Result<(), QueryError> {
        self.drop_empty(meter)?;
        let twins = twins(&self.list, meter)?;
        for (place, first) in &twins {
            let twin = std::mem::take(&mut self.list[*place].points);
            let known = &mut self.list[*first].points;
            let mut clash = false;
            meter.each(known, |step, point| {
                clash |= point.is_some() && twin[step].is_some();
                *point = point.or(twin[step]);
            })?;
            if clash {
                return Err(same_labels());
            }
            self.memory.give_back(row_bytes(twin.len()));
        }
        if !twins.is_empty() {
            self.list.retain(|row| !row.points.is_empty());
        }
        Ok(())
    }

    /// Refuses rows with the same labels, even at different steps.
    pub fn refuse_twins(&self, meter: &Meter<'b>) -> Result<(), QueryError> {
        if twins(&self.list, meter)?.is_empty() { Ok(()) } else { Err(same_labels()) }
    }
}

/// What a row takes beside its labels, in bytes.
fn row_bytes(steps: usize) -> u64 {
    let points = (steps as u64).saturating_mul(size_of::<Option<f64>>() as u64);
    points.saturating_add(size_of::<Row>() as u64)
}

/// What one label takes, in bytes.
pub fn label_bytes(name: &str, value: &str) -> u64 {
    (name.len() + value.len() + 2 * size_of::<Box<str>>()) as u64
}

/// Rows whose labels another had before, each with the first of those.
fn twins(rows: &[Row], meter: &Meter<'_>) -> Result<Vec<(usize, usize)>, QueryError> {
    /// An entry of the map, and some room.
    const ENTRY_BYTES: usize = 2 * size_of::<(&Labels, usize)>();
    let mut twins = Vec::new();
    if rows.len() < 2 {
        return Ok(twins);
    }
    let _memory = meter.hold((rows.len() * ENTRY_BYTES) as u64)?;
    let mut firsts: HashMap<&Labels, usize> = HashMap::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        meter.check()?;
        let first = *firsts.entry(&row.labels).or_insert(place);
        if first < place {
            twins.push((place, first));
        }
    }
    Ok(twins)
}

fn same_labels() -> QueryError {
    QueryError::Execution("vector cannot contain metrics with the same labelset".into())
}

impl<'b> Names<'b> {
    /// None yet.
    pub fn none(meter: &Meter<'b>) -> Self {
        Self::read(meter.nothing())
    }

    /// Labels that were read, in memory that is taken.
    pub fn read(memory: Held<'b>) -> Self {
        Self { memory, heirs_of_made: false }
    }

    /// The memory of labels that are derived from these.
    pub fn heir(&self, meter: &Meter<'b>) -> Self {
        Self { memory: meter.nothing(), heirs_of_made: self.memory.bytes() > 0 }
    }

    /// Takes the memory of labels that are made.
    pub fn take(&mut self, bytes: u64) -> Result<(), QueryError> {
        self.memory.take(bytes)
    }

    /// Holds until the budget ends: the evaluation hands the labels out.
    pub fn keep(self) {
        self.memory.keep();
    }

    /// Labels that are handed on.
    pub fn kept(&mut self, labels: &Labels) -> Result<Labels, QueryError> {
        if self.heirs_of_made {
            self.memory.take(labels.bytes())?;
        }
        Ok(labels.clone())
    }

    /// Labels without the metric's name.
    pub fn unnamed(&mut self, labels: &Labels) -> Result<Labels, QueryError> {
        if labels.get(METRIC).is_none() {
            return self.kept(labels);
        }
        self.memory.take(labels.bytes())?;
        Ok(labels.without(&[METRIC]))
    }
}
