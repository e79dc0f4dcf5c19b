//! The series of one boot: each has an id, and belongs to the scope that tells of it.
//!
//! What ends is decided by scope, so a reading of one thing says nothing of another.

mod reading;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use headroom_proto::metric::{JOB, STALE_BITS};
use headroom_proto::wire::{Label, SeriesDefinition};

use self::reading::Names;
pub use self::reading::{Extent, Named, Reading, Round, Skipped};

/// The most series an agent keeps at once; samples of further ones are dropped and counted. Those that
/// have ended make room, so that a container that starts anew each minute, each time with another
/// interface, takes it from nobody.
pub const MAX_SERIES: usize = 10_000;

/// How many of them the host itself leaves to its rooms and pings, whatever crowds of cores, mounts and
/// links it has.
const LEFT_BY_HOST: usize = 2_000;

/// What a reading is about. Each scope has its own series: those of one never end those of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// The host itself.
    pub const HOST: Self = Self(Cow::Borrowed("host"));
    /// The rooms of its BigBlueButton.
    pub const ROOMS: Self = Self(Cow::Borrowed("rooms"));
    /// Rounds of pings, of which the collector makes series.
    pub const PINGS: Self = Self(Cow::Borrowed("pings"));

    /// The scope of that name, such as one target that is probed.
    pub fn named(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::HOST
    }
}

/// The series of a frame, in the order of its values.
#[derive(Debug, Default)]
pub struct Layout {
    ids: Vec<u32>,
    definitions: Vec<Arc<SeriesDefinition>>,
}

impl Layout {
    /// The series of those definitions.
    pub fn of(definitions: Vec<Arc<SeriesDefinition>>) -> Self {
        let ids = definitions.iter().map(|definition| definition.id).collect();
        Self { ids, definitions }
    }

    /// The ids of the series.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// What the ids stand for.
    pub fn definitions(&self) -> &[Arc<SeriesDefinition>] {
        &self.definitions
    }
}

/// What became of the names of a reading.
#[derive(Debug)]
pub struct Resolved {
    /// The series of the reading's values; the very same as before, as long as the names are.
    pub layout: Arc<Layout>,
    /// Samples that found no room among the series of this boot, or whose series was told before in the
    /// same reading.
    pub dropped_samples: u64,
}

/// All series of one boot.
#[derive(Debug, Default)]
pub struct SeriesTables {
    scopes: HashMap<Scope, ScopeTable>,
    supply: Supply,
}

/// What is left to be given to new series.
#[derive(Debug)]
struct Supply {
    next_id: u32,
    /// How many more series there may be.
    room: usize,
    /// The most that the scope which is at it may have.
    most: usize,
}

impl Default for Supply {
    fn default() -> Self {
        Self { next_id: 0, room: MAX_SERIES, most: MAX_SERIES }
    }
}

/// The series of one scope.
#[derive(Debug, Default)]
struct ScopeTable {
    known: HashMap<Box<str>, Arc<SeriesDefinition>>,
    /// The last reading: the next one mostly has the same names in the same order.
    names: Names,
    told: Arc<Layout>,
    /// Series that were told of and have not ended.
    alive: BTreeMap<u32, Arc<SeriesDefinition>>,
    /// Whether those are just the ones of the last reading.
    whole: bool,
}

impl SeriesTables {
    /// Finds the series of a reading. Its values get the stale markers of what has ended, and lose
    /// what finds no room; then they are all that a frame holds.
    ///
    /// A scope of which a whole reading tells nothing at all is forgotten: its series have ended.
    pub fn resolve(&mut self, reading: &mut Reading) -> Resolved {
        if !self.scopes.contains_key(&reading.scope) {
            self.scopes.insert(reading.scope.clone(), ScopeTable::default());
        }
        let Some(table) = self.scopes.get_mut(&reading.scope) else {
            unreachable!("a scope that was just added is there")
        };
        let left = if reading.scope == Scope::HOST { LEFT_BY_HOST } else { 0 };
        self.supply.most = MAX_SERIES - left;
        let resolved = table.resolve(reading, &mut self.supply);
        let is_full = self.supply.room == 0 || table.known.len() >= self.supply.most;
        if table.alive.is_empty() && reading.extent == Extent::Whole {
            self.supply.room += table.known.len();
            self.scopes.remove(&reading.scope);
        }
        // Whoever finds no room, what has ended in any scope makes some for the next reading.
        if resolved.dropped_samples > 0 && is_full {
            self.supply.room +=
                self.scopes.values_mut().map(ScopeTable::forget_ended).sum::<usize>();
        }
        resolved
    }
}

impl ScopeTable {
    fn resolve(&mut self, reading: &mut Reading, supply: &mut Supply) -> Resolved {
        let changed = reading.names != self.names;
        let dropped_samples = if changed { self.learn(reading, supply) } else { 0 };
        let told = Arc::clone(&self.told);
        let was_whole = std::mem::replace(&mut self.whole, reading.extent == Extent::Whole);
        let layout = match reading.extent {
            // As mostly, nothing has come and nothing has ended.
            Extent::Whole if !changed && was_whole => told,
            Extent::Part if changed => {
                self.alive.extend(told.definitions.iter().map(|one| (one.id, Arc::clone(one))));
                told
            }
            Extent::Part => told,
            Extent::Whole => self.end_missing(told, &mut reading.values),
        };
        if dropped_samples > 0 {
            // The next reading has to be looked at name by name, too.
            self.names.clear();
            self.told = Arc::default();
        }
        Resolved { layout, dropped_samples }
    }

    /// Ends what is alive and not told.
    fn end_missing(&mut self, told: Arc<Layout>, values: &mut Vec<f64>) -> Arc<Layout> {
        let ids: HashSet<u32> = told.ids.iter().copied().collect();
        if ids.len() == self.alive.len() && ids.iter().all(|id| self.alive.contains_key(id)) {
            return told;
        }
        let alive = told.definitions.iter().map(|one| (one.id, Arc::clone(one))).collect();
        let before = std::mem::replace(&mut self.alive, alive);
        let missing = before.into_iter().filter(|(id, _)| !ids.contains(id));
        let mut definitions = told.definitions.clone();
        definitions.extend(missing.map(|(_, definition)| definition));
        values.resize(definitions.len(), f64::from_bits(STALE_BITS));
        if definitions.len() == told.ids.len() { told } else { Arc::new(Layout::of(definitions)) }
    }

    /// Looks at each name, first where it stood in the last reading; keeps the names as the last.
    /// Answers how many samples are left out: those that found no room, and all but the first of a
    /// series.
    fn learn(&mut self, reading: &mut Reading, supply: &mut Supply) -> u64 {
        let mut definitions = Vec::with_capacity(reading.values.len());
        let mut sequence_place = None;
        let mut seen = HashSet::with_capacity(reading.values.len());
        for (place, key) in reading.names.keys().enumerate() {
            let at_the_same_place = self.names.get(place).is_some_and(|last| last == key);
            let definition = if at_the_same_place {
                self.told.definitions.get(place).cloned()
            } else {
                self.known.get(key).cloned().or_else(|| self.define(key, supply))
            };
            let Some(definition) = definition.filter(|definition| seen.insert(definition.id))
            else {
                continue;
            };
            if reading.sequence_place == Some(place) {
                sequence_place = Some(definitions.len());
            }
            reading.values[definitions.len()] = reading.values[place];
            definitions.push(definition);
        }
        let dropped = reading.values.len() - definitions.len();
        reading.values.truncate(definitions.len());
        reading.sequence_place = sequence_place;
        std::mem::swap(&mut self.names, &mut reading.names);
        self.told = Arc::new(Layout::of(definitions));
        dropped as u64
    }

    /// Forgets series that have ended: one that comes back is a new one. Answers how many there were. Of
    /// a scope that never says what has ended, none has.
    fn forget_ended(&mut self) -> usize {
        if !self.whole {
            return 0;
        }
        let before = self.known.len();
        self.known.retain(|_, definition| self.alive.contains_key(&definition.id));
        before - self.known.len()
    }

    fn define(&mut self, key: &str, supply: &mut Supply) -> Option<Arc<SeriesDefinition>> {
        (self.known.len() < supply.most).then_some(())?;
        supply.room = supply.room.checked_sub(1)?;
        let id = supply.next_id;
        supply.next_id += 1;
        let Named { job, metric, mut labels, .. } = Named::of(key, 0.0);
        labels.push((JOB, job));
        let label = |(name, value): (&str, &str)| Label { name: name.into(), value: value.into() };
        let labels = labels.into_iter().map(label).collect();
        let definition = Arc::new(SeriesDefinition { id, metric: metric.into(), labels });
        self.known.insert(key.into(), Arc::clone(&definition));
        Some(definition)
    }
}

#[cfg(test)]
mod tests;
