//! From labels to series and back, all of it in memory. New series are written to the log with the
//! first frame that uses them, and to the database when that log is sealed.

use std::collections::HashMap;

use hashbrown::HashTable;
use headroom_proto::metric::INSTANCE;
use xxhash_rust::xxh3::xxh3_64;

use super::database::{self, Database, Row};
use super::living::{Claim, Counted, Living, SeriesLimit, SeriesLimits};
use super::pairs;
use super::symbols::{Symbol, Symbols};
use super::{SeriesId, StoreError};
use crate::samples::Labels;

/// What a series takes beside its names: where they begin, its place by hash, when it was seen.
const SERIES_BYTES: u64 = 24;

/// The most ids in a row that damage may have left without their series.
const LONGEST_HOLE: usize = 1 << 20;

/// What each of its labels takes: two symbols, and its place among the series that have it.
const LABEL_BYTES: u64 = 16;

/// What a text takes beside its bytes, and a pair of name and value that no series had before.
const TEXT_BYTES: u64 = 56;
const PAIR_BYTES: u64 = 80;

/// Names and values sorted by name, as [`Labels`] and decoded requests have them.
pub type Pairs<'a> = [(&'a str, &'a str)];

pub struct Index {
    symbols: Symbols,
    /// The pairs of all series, one series behind the other.
    pairs: Vec<(Symbol, Symbol)>,
    /// Where the pairs of each series begin, and where those of the last end.
    begins: Vec<u32>,
    ids: HashTable<SeriesId>,
    /// By label name and value, in order of ids.
    postings: HashMap<(Symbol, Symbol), Vec<SeriesId>>,
    /// The values of each label name.
    values: HashMap<Symbol, Vec<Symbol>>,
    living: Living,
}

impl Index {
    pub fn new(limits: SeriesLimits) -> Self {
        Self {
            symbols: Symbols::default(),
            pairs: Vec::new(),
            begins: vec![0],
            ids: HashTable::new(),
            postings: HashMap::new(),
            values: HashMap::new(),
            living: Living::new(limits),
        }
    }

    /// Reads the series that are sealed. A damaged row leaves a series without a name; the answer
    /// counts those.
    pub fn load(&mut self, database: &Database) -> Result<u64, StoreError> {
        let mut damaged = 0;
        for entry in database.series.iter() {
            let (key, value) = database::entry(entry, "read the index")?;
            let id = (*key).try_into().map(u32::from_be_bytes);
            let Ok(id) = id else {
                damaged += 1;
                continue;
            };
            let checked = value.split_first_chunk::<4>();
            let sound = checked.filter(|(sum, rest)| crc32fast::hash(rest).to_le_bytes() == **sum);
            let pairs = sound.and_then(|(_, rest)| pairs::decode(rest));
            if !pairs.is_some_and(|pairs| self.restore(SeriesId(id), &pairs)) {
                damaged += 1;
            }
        }
        Ok(damaged)
    }

    /// Whether an id may be one that was given before: beyond the others there is a hole at most as
    /// long as damage may leave, for each id takes memory.
    pub fn may_have(&self, id: SeriesId) -> bool {
        (id.0 as usize) < self.len() + LONGEST_HOLE
    }

    /// Takes a series that was given its id before, if it may have been. What lies between is left
    /// without a name.
    pub fn restore(&mut self, id: SeriesId, pairs: &Pairs<'_>) -> bool {
        if !self.may_have(id) {
            return false;
        }
        while self.len() < id.0 as usize {
            self.begins.push(self.pairs.len() as u32);
            self.living.add_nameless();
        }
        if self.len() == id.0 as usize {
            let (_, counted) = self.add(pairs);
            self.living.add_old(counted);
        }
        true
    }

    pub fn len(&self) -> usize {
        self.begins.len() - 1
    }

    pub fn find(&self, pairs: &Pairs<'_>) -> Option<SeriesId> {
        let same = |id: &SeriesId| self.is(*id, pairs);
        self.ids.find(hash(pairs.iter().copied()), same).copied()
    }

    fn is(&self, id: SeriesId, pairs: &Pairs<'_>) -> bool {
        self.pairs(id).len() == pairs.len() && self.texts(id).eq(pairs.iter().copied())
    }

    /// The labels of a series; none if their record was damaged.
    pub fn labels(&self, id: SeriesId) -> Option<Labels> {
        (!self.pairs(id).is_empty()).then(|| Labels::sorted(self.texts(id)))
    }

    /// Names and values of a series, sorted by name.
    pub fn texts(&self, id: SeriesId) -> impl Iterator<Item = (&str, &str)> {
        let text = |symbol| self.symbols.text(symbol);
        self.pairs(id).iter().map(move |&(name, value)| (text(name), text(value)))
    }

    /// Name and value of each label of a series, sorted by name; none if their record was damaged.
    pub fn pairs(&self, SeriesId(id): SeriesId) -> &[(Symbol, Symbol)] {
        match (self.begins.get(id as usize), self.begins.get(id as usize + 1)) {
            (Some(&begin), Some(&end)) => &self.pairs[begin as usize..end as usize],
            _ => &[],
        }
    }

    /// The series of these names and values; a new one if there is room for it.
    pub fn insert(&mut self, pairs: &Pairs<'_>, claim: Claim) -> Result<SeriesId, SeriesLimit> {
        if let Some(id) = self.find(pairs) {
            return Ok(id);
        }
        self.check_room(pairs, claim)?;
        let (id, counted) = self.add(pairs);
        self.living.add_new(counted);
        Ok(id)
    }

    /// Whether there is room for a series of these names and values.
    pub fn check_room(&self, pairs: &Pairs<'_>, claim: Claim) -> Result<(), SeriesLimit> {
        let instance = pairs.iter().find(|(name, _)| *name == INSTANCE).map_or("", |pair| pair.1);
        let symbol = self.symbols.find(instance).filter(|_| !instance.is_empty());
        self.living.check_room(symbol, instance, claim)
    }

    fn add(&mut self, pairs: &Pairs<'_>) -> (SeriesId, Counted) {
        let id = SeriesId(self.len() as u32);
        let mut counted = Counted { instance: None, bytes: SERIES_BYTES };
        for &(name, value) in pairs {
            let texts = self.symbols.len();
            let pair = (self.symbols.intern(name), self.symbols.intern(value));
            let new =
                self.symbols.text_bytes(texts) + (self.symbols.len() - texts) as u64 * TEXT_BYTES;
            counted.bytes += LABEL_BYTES + new;
            if name == INSTANCE && !value.is_empty() {
                counted.instance = Some(pair.1);
            }
            self.pairs.push(pair);
            let posting = self.postings.entry(pair).or_default();
            if posting.is_empty() {
                counted.bytes += PAIR_BYTES;
                self.values.entry(pair.0).or_default().push(pair.1);
            }
            posting.push(id);
        }
        self.begins.push(self.pairs.len() as u32);
        let Self { ids, pairs: all, begins, symbols, .. } = self;
        let rehash = |id: &SeriesId| {
            let span = begins[id.0 as usize] as usize..begins[id.0 as usize + 1] as usize;
            hash(all[span].iter().map(|&(name, value)| (symbols.text(name), symbols.text(value))))
        };
        ids.insert_unique(hash(pairs.iter().copied()), id, rehash);
        (id, counted)
    }

    /// Which series live.
    pub fn living(&self) -> &Living {
        &self.living
    }

    /// Looks at a moment which series live; those that are given have samples in memory.
    pub fn look_at_living(&mut self, now_ms: i64, present: &[SeriesId]) {
        let Self { living, symbols, pairs, begins, .. } = self;
        let name = symbols.find(INSTANCE);
        let instance_of = |id: u32| {
            let span = begins[id as usize] as usize..begins[id as usize + 1] as usize;
            let pair = pairs[span].iter().find(|pair| Some(pair.0) == name);
            pair.map(|pair| pair.1).filter(|value| !symbols.text(*value).is_empty())
        };
        living.look(now_ms, present.iter().map(|id| id.0), instance_of);
    }

    /// The symbol of a text that some label has.
    pub fn symbol(&self, text: &str) -> Option<Symbol> {
        self.symbols.find(text)
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols.text(symbol)
    }

    /// The names of all labels.
    pub fn names(&self) -> impl Iterator<Item = Symbol> {
        self.values.keys().copied()
    }

    /// The values of a label.
    pub fn values(&self, name: Symbol) -> &[Symbol] {
        self.values.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The series that have a label with a value, in order of ids.
    pub fn posting(&self, name: Symbol, value: Symbol) -> &[SeriesId] {
        self.postings.get(&(name, value)).map_or(&[], Vec::as_slice)
    }

    /// What the labels of a series take once they are handed out, in bytes.
    pub fn labels_bytes(&self, id: SeriesId) -> u64 {
        Labels::bytes_of(self.texts(id))
    }

    /// Series as rows of the database: id (u32, big endian) to CRC-32 (u32) and labels.
    pub fn rows(&self, series: std::ops::Range<usize>) -> Vec<Row> {
        let row = |id: u32| {
            let mut bytes = Vec::new();
            pairs::encode(self.texts(SeriesId(id)), &mut bytes);
            let checked = [&crc32fast::hash(&bytes).to_le_bytes()[..], &bytes].concat();
            (id.to_be_bytes().to_vec(), checked)
        };
        (series.start as u32..series.end as u32).map(row).collect()
    }
}

/// Of names and values, each ended by a byte that no text holds.
fn hash<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
    let mut bytes = Vec::with_capacity(256);
    for text in pairs.flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0xff);
    }
    xxh3_64(&bytes)
}
