//! What a producer reads at one moment: named values, written one behind the other.
//!
//! A reading is a buffer that comes back to its producer, so a value costs no allocation.

use std::error::Error;
use std::fmt::Display;

use headroom_proto::chain::Chain;
use headroom_proto::wire::{Meeting, ProbeRound};

use super::Scope;

/// Names and values that one producer read at one moment, of one scope.
#[derive(Debug, Default)]
pub struct Reading {
    /// What it is about.
    pub scope: Scope,
    /// When it was taken, Unix time in milliseconds.
    pub timestamp_ms: i64,
    /// What it says of series that it lacks.
    pub extent: Extent,
    /// Meetings as they stand at this moment.
    pub meetings: Vec<Meeting>,
    /// Rounds of pings that are over.
    pub rounds: Vec<ProbeRound>,
    pub(super) names: Names,
    pub(super) values: Vec<f64>,
    /// The place of the value that is the frame's own sequence.
    pub(super) sequence_place: Option<usize>,
}

/// What a reading says of the series of its scope that it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Nothing: they go on, and may be told again.
    #[default]
    Part,
    /// They have ended.
    Whole,
}

/// The names of a reading's series, as keys one behind the other. A key is job, metric, and label
/// names and values, with a zero byte between them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    text: String,
    ends: Vec<usize>,
}

/// One value of a reading, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<'r> {
    /// The part of the agent that it comes from: the label `job`.
    pub job: &'r str,
    /// The metric.
    pub metric: &'r str,
    /// The other labels, in the order of their writing.
    pub labels: Vec<(&'r str, &'r str)>,
    /// The value.
    pub value: f64,
}

impl Reading {
    /// Begins anew in the same memory.
    pub fn begin(&mut self, scope: Scope, timestamp_ms: i64) {
        let Self { names, values, .. } = std::mem::take(self);
        *self = Self { scope, timestamp_ms, names, values, ..Self::default() };
        self.names.clear();
        self.values.clear();
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values, in the order of their writing.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Takes the values out, for a frame; an empty buffer stays.
    pub fn take_values(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.values)
    }

    /// Gives a buffer back that was taken out.
    pub fn give_back(&mut self, values: Vec<f64>) {
        self.values = values;
    }

    /// Sets the value that is the frame's own sequence, if there is one.
    pub fn set_sequence(&mut self, sequence: u64) {
        if let Some(value) = self.sequence_place.and_then(|place| self.values.get_mut(place)) {
            *value = sequence as f64;
        }
    }

    /// Each value by name, in the order of their writing.
    pub fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.names.keys().zip(&self.values).map(|(key, value)| Named::of(key, *value))
    }
}

impl Names {
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|place| self.get(place))
    }

    /// The key at a place.
    pub fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(begin..end)
    }

    fn push(&mut self, job: &str, metric: &str, labels: &[(&str, &str)]) {
        self.text.push_str(job);
        self.text.push('\0');
        self.text.push_str(metric);
        for (name, value) in labels {
            self.text.push('\0');
            self.text.push_str(name);
            self.text.push('\0');
            // A zero byte within would end the value here, and begin another label.
            let pieces = value.split('\0').enumerate();
            for (place, piece) in pieces {
                self.text.push_str(if place > 0 { "\u{fffd}" } else { "" });
                self.text.push_str(piece);
            }
        }
        self.ends.push(self.text.len());
    }

    fn truncate(&mut self, mark: usize) {
        let end = mark.checked_sub(1).map_or(0, |last| self.ends[last]);
        self.text.truncate(end);
        self.ends.truncate(mark);
    }
}

impl<'r> Named<'r> {
    /// The value of a key. Labels with an empty value are left out, as Prometheus sees them.
    pub(super) fn of(key: &'r str, value: f64) -> Self {
        let mut parts = key.split('\0');
        let (job, metric) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut labels = Vec::new();
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            if !value.is_empty() {
                labels.push((name, value));
            }
        }
        Self { job, metric, labels, value }
    }
}

/// Writes one round of values into a reading.
#[derive(Debug)]
pub struct Round<'r> {
    reading: &'r mut Reading,
    job: &'static str,
    skipped: Skipped,
}

/// Items that could not be read, and are left out of a round.
#[derive(Debug, Default)]
pub struct Skipped {
    /// How many there are.
    pub count: u64,
    /// What was wrong with the first.
    pub first: Option<String>,
}

impl<'r> Round<'r> {
    /// Goes on behind what `reading` holds.
    pub fn new(reading: &'r mut Reading) -> Self {
        Self { reading, job: "node", skipped: Skipped::default() }
    }

    /// Sets the label `job` of what follows.
    pub fn set_job(&mut self, job: &'static str) {
        self.job = job;
    }

    /// Adds one value. A sum of nothing is 0, not -0.
    pub fn push(&mut self, metric: &str, labels: &[(&str, &str)], value: f64) {
        self.reading.names.push(self.job, metric, labels);
        self.reading.values.push(value + 0.0);
    }

    /// Reads one of several items. One that cannot be read leaves nothing behind, takes none of the
    /// others along, and is counted.
    pub fn item<E: Display>(&mut self, read: impl FnOnce(&mut Self) -> Result<(), E>) {
        let mark = self.len();
        if let Err(error) = read(self) {
            self.truncate(mark);
            self.skip(error);
        }
    }

    /// One of several files, if it could be read. One that could not takes none of the others along, and
    /// is counted.
    pub fn part<T, E: Error + 'static>(&mut self, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.skip(Chain(&error))).ok()
    }

    fn skip(&mut self, what: impl Display) {
        self.skipped.count += 1;
        self.skipped.first.get_or_insert_with(|| what.to_string());
    }

    /// What was skipped since this was asked last.
    pub fn take_skipped(&mut self) -> Skipped {
        std::mem::take(&mut self.skipped)
    }

    /// Adds the sequence of the frame that will carry this reading, which is not known yet.
    pub fn push_sequence(&mut self, metric: &str) {
        self.reading.sequence_place = Some(self.reading.values.len());
        self.push(metric, &[], 0.0);
    }

    /// Says that series which the scope had and this round lacks have ended: they get Prometheus's
    /// stale marker, once.
    pub fn end_missing(&mut self) {
        self.reading.extent = Extent::Whole;
    }

    /// How many values there are: a mark for [`Self::truncate`].
    pub fn len(&self) -> usize {
        self.reading.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.reading.is_empty()
    }

    /// Takes back what was pushed behind a mark.
    pub fn truncate(&mut self, mark: usize) {
        self.reading.names.truncate(mark);
        self.reading.values.truncate(mark);
        self.reading.sequence_place = self.reading.sequence_place.filter(|place| *place < mark);
    }
}
