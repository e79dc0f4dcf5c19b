//! Finding series by matchers, in short turns: the index is locked for some hundred series at a
//! time, and a search ends soon after nobody waits for it. What grows meanwhile is not missed by a
//! reader who asked what is there before.

use std::collections::HashMap;
use std::sync::RwLock;

use super::SeriesId;
use super::index::Index;
use super::lock::read;
use super::room::{bytes_of, make_room};
use super::symbols::Symbol;
use crate::samples::{Budget, Held, Matcher, ReadError};

/// So many series, values or texts are looked at a time.
pub const TURN: usize = 1024;

/// The most values of a label whose test a filter remembers.
const MOST_KNOWN: usize = 1 << 16;

/// The series that all matchers accept, in order of their ids, and the memory of the ids.
pub fn search<'b>(
    index: &RwLock<Index>,
    matchers: &[Matcher],
    budget: &'b Budget,
) -> Result<(Vec<SeriesId>, Held<'b>), ReadError> {
    let mut memory = Held::nothing(budget);
    let mut search = Search::begin(index, matchers, &mut memory)?;
    let mut accepted = Vec::new();
    while let Some(part) = search.next_turn(budget)? {
        make_room(&mut accepted, part.len(), &mut memory)?;
        accepted.extend(part);
    }
    memory.less(bytes_of::<SeriesId>(search.candidates.capacity()));
    Ok((accepted, memory))
}

/// A search that goes on as long as somebody wants more of it.
pub struct Search<'m> {
    index: &'m RwLock<Index>,
    candidates: Vec<SeriesId>,
    looked_at: usize,
    filters: Vec<Filter<'m>>,
}

impl<'m> Search<'m> {
    /// Finds who may match; takes memory for their ids.
    pub fn begin(
        index: &'m RwLock<Index>,
        matchers: &'m [Matcher],
        memory: &mut Held<'_>,
    ) -> Result<Self, ReadError> {
        let candidates = match rarest(index, matchers, memory)? {
            Some(ids) => ids,
            None => match narrowed(index, matchers, memory)? {
                Some(ids) => ids,
                None => all(index, memory)?,
            },
        };
        let filters = matchers.iter().map(Filter::new).collect();
        Ok(Self { index, candidates, looked_at: 0, filters })
    }

    /// Those of the next few that match, in order of their ids; nothing if all were looked at.
    pub fn next_turn(&mut self, budget: &Budget) -> Result<Option<Vec<SeriesId>>, ReadError> {
        let left = &self.candidates[self.looked_at..];
        if left.is_empty() {
            return Ok(None);
        }
        budget.check()?;
        let part = &left[..left.len().min(TURN)];
        let index = read(self.index);
        for filter in &mut self.filters {
            filter.look_up(&index);
        }
        let matching = part.iter().filter(|id| {
            let pairs = index.pairs(**id);
            !pairs.is_empty() && self.filters.iter_mut().all(|f| f.accepts(&index, pairs))
        });
        let matching = matching.copied().collect();
        self.looked_at += part.len();
        Ok(Some(matching))
    }
}

/// The series of the rarest exact value, if a matcher names one.
fn rarest(
    index: &RwLock<Index>,
    matchers: &[Matcher],
    memory: &mut Held<'_>,
) -> Result<Option<Vec<SeriesId>>, ReadError> {
    let index = read(index);
    let exact = matchers.iter().filter_map(|matcher| {
        let pair = index.symbol(matcher.name()).zip(index.symbol(matcher.exact()?));
        Some(pair.map_or(&[][..], |(name, value)| index.posting(name, value)))
    });
    let Some(rarest) = exact.min_by_key(|series| series.len()) else { return Ok(None) };
    memory.more(bytes_of::<SeriesId>(rarest.len()))?;
    Ok(Some(rarest.to_vec()))
}

/// The series of the values that the first matcher accepts that does not accept all series
/// without its label; nothing if there is no such matcher.
fn narrowed(
    index: &RwLock<Index>,
    matchers: &[Matcher],
    memory: &mut Held<'_>,
) -> Result<Option<Vec<SeriesId>>, ReadError> {
    let Some(matcher) = matchers.iter().find(|matcher| !matcher.accepts("")) else {
        return Ok(None);
    };
    let Some(name) = read(index).symbol(matcher.name()) else { return Ok(Some(Vec::new())) };
    let values = values(index, name, memory)?;
    let mut ids: Vec<SeriesId> = Vec::new();
    for part in values.chunks(TURN) {
        memory.budget().check()?;
        let index = read(index);
        for value in part.iter().filter(|value| matcher.accepts(index.text(**value))) {
            let posting = index.posting(name, *value);
            make_room(&mut ids, posting.len(), memory)?;
            ids.extend_from_slice(posting);
        }
    }
    memory.less(bytes_of::<Symbol>(values.capacity()));
    ids.sort_unstable();
    Ok(Some(ids))
}

/// The values of a label, as symbols.
pub fn values(
    index: &RwLock<Index>,
    name: Symbol,
    memory: &mut Held<'_>,
) -> Result<Vec<Symbol>, ReadError> {
    let index = read(index);
    let values = index.values(name);
    memory.more(bytes_of::<Symbol>(values.len()))?;
    Ok(values.to_vec())
}

fn all(index: &RwLock<Index>, memory: &mut Held<'_>) -> Result<Vec<SeriesId>, ReadError> {
    let count = read(index).len();
    memory.more(bytes_of::<SeriesId>(count))?;
    Ok((0..count as u32).map(SeriesId).collect())
}

/// A matcher that tests each value once.
struct Filter<'m> {
    matcher: &'m Matcher,
    name: Option<Symbol>,
    known: HashMap<Option<Symbol>, bool>,
}

impl<'m> Filter<'m> {
    fn new(matcher: &'m Matcher) -> Self {
        Self { matcher, name: None, known: HashMap::new() }
    }

    /// The first series with a label may have come since the last turn.
    fn look_up(&mut self, index: &Index) {
        self.name = self.name.or_else(|| index.symbol(self.matcher.name()));
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
    }

    fn accepts(&mut self, index: &Index, pairs: &[(Symbol, Symbol)]) -> bool {
        let pair = pairs.iter().find(|(name, _)| Some(*name) == self.name);
        let value = pair.map(|pair| pair.1);
        let test = || self.matcher.accepts(value.map_or("", |value| index.text(value)));
        *self.known.entry(value).or_insert_with(test)
    }
}
