//! The series of one boot and the values of one round: what samplers write into.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use headroom_proto::metric::{JOB, STALE_BITS};
use headroom_proto::wire::{Label, SeriesDefinition};

/// The most series an agent keeps in one boot; further ones are dropped and counted.
pub const MAX_SERIES: usize = 10_000;

/// Gives each series of a boot its id.
#[derive(Debug, Default)]
pub struct SeriesTable {
    ids: HashMap<Arc<str>, u32>,
    keys: Vec<Arc<str>>,
    definitions: Vec<SeriesDefinition>,
    /// The ids of the last round of each kind in order: the next one mostly has the same.
    orders: [Vec<u32>; 2],
}

/// What a round is of: rounds of one kind mostly have the same series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundKind {
    /// The host.
    Host,
    /// Its rooms.
    Rooms,
}

impl SeriesTable {
    /// The series so far; a series' id is its place.
    pub fn definitions(&self) -> &[SeriesDefinition] {
        &self.definitions
    }
}

/// The values of one round, being collected.
#[derive(Debug)]
pub struct Round<'t> {
    table: &'t mut SeriesTable,
    kind: RoundKind,
    job: &'static str,
    key: String,
    ids: Vec<u32>,
    values: Vec<f64>,
    /// How many of them are no stale markers, once these are set.
    live: Option<usize>,
    dropped: u64,
}

impl<'t> Round<'t> {
    /// An empty round over the series of `table`.
    pub fn new(table: &'t mut SeriesTable) -> Self {
        Self::of(RoundKind::Host, table)
    }

    /// An empty round of that kind.
    pub fn of(kind: RoundKind, table: &'t mut SeriesTable) -> Self {
        let expected = table.orders[kind as usize].len();
        Self {
            table,
            kind,
            job: "node",
            key: String::with_capacity(256),
            ids: Vec::with_capacity(expected),
            values: Vec::with_capacity(expected),
            live: None,
            dropped: 0,
        }
    }

    /// Sets the label `job` of what follows.
    pub fn set_job(&mut self, job: &'static str) {
        self.job = job;
    }

    /// Adds one value. Labels with an empty value are left out, as Prometheus sees them.
    pub fn push(&mut self, metric: &str, labels: &[(&str, &str)], value: f64) {
        self.write_key(metric, labels);
        let id = match self.known() {
            Some(id) => id,
            None if self.table.definitions.len() < MAX_SERIES => self.define(metric, labels),
            None => {
                self.dropped += 1;
                return;
            }
        };
        self.ids.push(id);
        self.values.push(value);
    }

    /// Ends each series of the last round of this kind that this one does not have: it gets
    /// Prometheus's stale marker, once.
    pub fn end_missing(&mut self) {
        let has: HashSet<u32> = self.ids.iter().copied().collect();
        let had = &self.table.orders[self.kind as usize];
        let missing: Vec<u32> = had.iter().copied().filter(|id| !has.contains(id)).collect();
        self.live = Some(self.ids.len());
        self.values.resize(self.values.len() + missing.len(), f64::from_bits(STALE_BITS));
        self.ids.extend(missing);
    }

    /// How many values there are: a mark for [`Self::truncate`].
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Takes back what was pushed behind a mark.
    pub fn truncate(&mut self, mark: usize) {
        self.ids.truncate(mark);
        self.values.truncate(mark);
    }

    /// Ids and values, side by side, and how many values found no room in the table.
    pub fn finish(self) -> (Vec<u32>, Vec<f64>, u64) {
        let live = self.live.unwrap_or(self.ids.len());
        self.ids[..live].clone_into(&mut self.table.orders[self.kind as usize]);
        (self.ids, self.values, self.dropped)
    }

    /// Looks first where the key stood in the last round.
    fn known(&self) -> Option<u32> {
        let guess = self.table.orders[self.kind as usize].get(self.ids.len()).copied();
        let right = guess.filter(|&id| *self.table.keys[id as usize] == *self.key);
        right.or_else(|| self.table.ids.get(self.key.as_str()).copied())
    }

    fn write_key(&mut self, metric: &str, labels: &[(&str, &str)]) {
        self.key.clear();
        self.key.push_str(self.job);
        self.key.push('\0');
        self.key.push_str(metric);
        for (name, value) in labels {
            self.key.extend(["\0", name, "\0", value]);
        }
    }

    fn define(&mut self, metric: &str, labels: &[(&str, &str)]) -> u32 {
        let id = self.table.definitions.len() as u32;
        let label =
            |&(name, value): &(&str, &str)| Label { name: name.into(), value: value.into() };
        let mut labels: Vec<Label> =
            labels.iter().filter(|(_, value)| !value.is_empty()).map(label).collect();
        labels.push(Label { name: JOB.into(), value: self.job.into() });
        self.table.definitions.push(SeriesDefinition { id, metric: metric.into(), labels });
        let key: Arc<str> = self.key.as_str().into();
        self.table.keys.push(Arc::clone(&key));
        self.table.ids.insert(key, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_keeps_its_id_over_rounds() {
        let mut table = SeriesTable::default();
        let mut round = Round::new(&mut table);
        round.push("up", &[("device", "eth0")], 1.0);
        round.push("up", &[("device", "eth1")], 2.0);
        assert_eq!(round.finish(), (vec![0, 1], vec![1.0, 2.0], 0));
        let mut round = Round::new(&mut table);
        round.push("up", &[("device", "eth1")], 3.0);
        round.set_job("headroom");
        round.push("up", &[("device", "eth1"), ("empty", "")], 4.0);
        assert_eq!(round.finish().0, vec![1, 2]);
        let names: Vec<_> = table.definitions()[2].labels.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["device", "job"]);
    }

    #[test]
    fn a_series_that_is_missing_ends_once_and_only_in_its_kind() {
        let mut table = SeriesTable::default();
        let mut round = |kind, metrics: &[&str]| {
            let mut round = Round::of(kind, &mut table);
            for metric in metrics {
                round.push(metric, &[], 1.0);
            }
            round.end_missing();
            let (ids, values, _) = round.finish();
            let stale = values.iter().map(|value| value.to_bits() == STALE_BITS);
            ids.into_iter().zip(stale).collect::<Vec<_>>()
        };
        assert_eq!(round(RoundKind::Rooms, &["a", "b"]), [(0, false), (1, false)]);
        assert_eq!(round(RoundKind::Host, &["c"]), [(2, false)]);
        assert_eq!(round(RoundKind::Rooms, &["b"]), [(1, false), (0, true)]);
        assert_eq!(round(RoundKind::Rooms, &["b"]), [(1, false)]);
        assert_eq!(round(RoundKind::Rooms, &["a", "b"]), [(0, false), (1, false)]);
    }

    #[test]
    fn a_full_table_drops_and_counts() {
        let mut table = SeriesTable::default();
        let mut round = Round::new(&mut table);
        for number in 0..MAX_SERIES + 5 {
            round.push("m", &[("n", &number.to_string())], 0.0);
        }
        let (ids, _, dropped) = round.finish();
        assert_eq!((ids.len(), dropped), (MAX_SERIES, 5));
    }
}
