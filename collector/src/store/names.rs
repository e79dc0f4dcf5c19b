//! The labels of series that are there, their names and their values; no sample is read for them.

use std::collections::HashSet;

use super::lock::read;
use super::presence::There;
use super::room::{bytes_of, make_room};
use super::search::{self, Search, TURN, search};
use super::symbols::Symbol;
use super::view::View;
use super::{SeriesId, Store};
use crate::samples::{Budget, Held, Labels, ReadError, Selection, TimeRange, sorted};

/// What a set of symbols takes for each, at most, in bytes.
const SYMBOL_BYTES: u64 = 16;

/// The labels of the series that match and are there, sorted; at most so many.
pub fn find(
    store: &Store,
    what: Selection<'_>,
    most: usize,
    budget: &Budget,
) -> Result<Vec<Labels>, ReadError> {
    let view = View::of_none(store, what.range, budget)?;
    let mut there = There::within(&view, what.range);
    let mut memory = Held::nothing(budget);
    let mut search = Search::begin(&store.index, what.matchers, &mut memory)?;
    let mut present: Vec<SeriesId> = Vec::new();
    while present.len() < most
        && let Some(part) = search.next_turn(budget)?
    {
        let mut part = there.among(&part)?;
        part.truncate(most - present.len());
        // Labels are made once all of them may be held: what is refused has cost nothing.
        budget.hold(bytes_of::<Labels>(part.len()))?;
        let index = read(&store.index);
        budget.hold(part.iter().map(|id| index.labels_bytes(*id)).sum())?;
        make_room(&mut present, part.len(), &mut memory)?;
        present.extend(part);
    }
    let mut found: Vec<Labels> = Vec::with_capacity(present.len());
    for part in present.chunks(TURN) {
        budget.check()?;
        let index = read(&store.index);
        found.extend(part.iter().filter_map(|id| index.labels(*id)));
    }
    sorted(found, budget, Labels::cmp)
}

/// The names of the labels of the series that match and are there, sorted.
pub fn label_names(
    store: &Store,
    what: Selection<'_>,
    budget: &Budget,
) -> Result<Vec<String>, ReadError> {
    texts(store, what, Part::Names, budget)
}

/// The values of one label of the series that match and are there, sorted.
pub fn label_values(
    store: &Store,
    what: Selection<'_>,
    name: &str,
    budget: &Budget,
) -> Result<Vec<String>, ReadError> {
    let Some(name) = read(&store.index).symbol(name) else { return Ok(Vec::new()) };
    texts(store, what, Part::ValuesOf(name), budget)
}

/// The part of labels that is asked for.
#[derive(Clone, Copy)]
enum Part {
    Names,
    ValuesOf(Symbol),
}

impl Part {
    /// What labels have of it.
    fn of(self, pairs: &[(Symbol, Symbol)]) -> impl Iterator<Item = Symbol> {
        pairs.iter().filter_map(move |(name, value)| match self {
            Self::Names => Some(*name),
            Self::ValuesOf(wanted) => (*name == wanted).then_some(*value),
        })
    }
}

fn texts(
    store: &Store,
    what: Selection<'_>,
    part: Part,
    budget: &Budget,
) -> Result<Vec<String>, ReadError> {
    let mut memory = Held::nothing(budget);
    let symbols = match (what.range == TimeRange::EVER, what.matchers.is_empty(), part) {
        // Nothing is known of a series that never had a sample.
        (true, true, Part::Names) => read(&store.index).names().collect(),
        (true, true, Part::ValuesOf(name)) => search::values(&store.index, name, &mut memory)?,
        (true, false, Part::Names | Part::ValuesOf(_)) => {
            let (ids, _ids) = search(&store.index, what.matchers, budget)?;
            let mut found = Found { store, part, symbols: HashSet::new(), memory: &mut memory };
            for part in ids.chunks(TURN) {
                found.add(part)?;
            }
            found.symbols.into_iter().collect()
        }
        (false, true | false, Part::Names | Part::ValuesOf(_)) => {
            let view = View::open(store, what, budget)?;
            let mut there = There::within(&view, what.range);
            let mut found = Found { store, part, symbols: HashSet::new(), memory: &mut memory };
            for part in view.series.chunks(TURN) {
                // Whoever brings nothing new need not be looked for.
                let news = found.news(part)?;
                found.add(&there.among(&news)?)?;
            }
            found.symbols.into_iter().collect()
        }
    };
    let mut texts = Vec::new();
    budget.hold((symbols.len() * size_of::<String>()) as u64)?;
    texts.reserve_exact(symbols.len());
    for part in symbols.chunks(TURN) {
        let index = read(&store.index);
        budget.hold(part.iter().map(|symbol| index.text(*symbol).len() as u64).sum())?;
        texts.extend(part.iter().map(|symbol| index.text(*symbol).to_owned()));
    }
    drop(symbols);
    sorted(texts, budget, String::cmp)
}

/// The symbols of the series that were looked at.
struct Found<'f, 'b> {
    store: &'f Store,
    part: Part,
    symbols: HashSet<Symbol>,
    memory: &'f mut Held<'b>,
}

impl Found<'_, '_> {
    /// Those of some hundred series that have a symbol which is not found yet.
    fn news(&mut self, ids: &[SeriesId]) -> Result<Vec<SeriesId>, ReadError> {
        self.memory.budget().check()?;
        let index = read(&self.store.index);
        let is_new = |symbol| !self.symbols.contains(&symbol);
        let news = ids.iter().filter(|id| self.part.of(index.pairs(**id)).any(is_new));
        Ok(news.copied().collect())
    }

    /// Adds the symbols of some hundred series.
    fn add(&mut self, ids: &[SeriesId]) -> Result<(), ReadError> {
        self.memory.budget().check()?;
        let index = read(&self.store.index);
        for id in ids {
            for symbol in self.part.of(index.pairs(*id)) {
                if !self.symbols.contains(&symbol) {
                    self.memory.more(SYMBOL_BYTES)?;
                    self.symbols.insert(symbol);
                }
            }
        }
        Ok(())
    }
}
