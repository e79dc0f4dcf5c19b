//! Rounds in the database: a keyspace for each day that is not merged yet, and keyspaces of 30 days, each
//! dropped whole, for what is merged and for the quantiles of hours.
//!
//! A day is merged into a row for each path, and its keyspace dropped. Whatever a crash leaves, a round
//! that lies in two places counts once.

use std::collections::BTreeMap;

use fjall::{Keyspace, UserValue};

use super::round::{PathRound, settle};
use super::{columns, hours, recent};
use crate::store::database::{self, Database, Row};
use crate::store::day::Day;
use crate::store::head::Head;
use crate::store::lock::read;
use crate::store::numbers::Effort;
use crate::store::{SeriesId, Store, StoreError, periods};

/// Each day that is being written takes memory.
const DAYS_AT_ONCE: usize = 64;

const FRESH: &str = "rounds";
const PATHS: &str = "paths";
const QUANTILES: &str = "quantiles";

/// The keyspaces of rounds.
#[derive(Clone, Default)]
pub struct RoundTables {
    /// By day: rounds as they were sealed, by path and generation.
    fresh: BTreeMap<Day, Keyspace>,
    /// By period: the rounds of a day in one row, by path and day.
    paths: BTreeMap<u32, Keyspace>,
    /// By period: the quantiles of the hours of a day, by path and day.
    quantiles: BTreeMap<u32, Keyspace>,
}

impl RoundTables {
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut tables = Self::default();
        for name in database.names() {
            let Some((kind, number)) = name.split_once('-') else { continue };
            let Ok(number) = number.parse() else { continue };
            match kind {
                FRESH => drop(tables.fresh.insert(Day(number), database.keyspace(&name)?)),
                PATHS => drop(tables.paths.insert(number, database.keyspace(&name)?)),
                QUANTILES => drop(tables.quantiles.insert(number, database.keyspace(&name)?)),
                _ => {}
            }
        }
        Ok(tables)
    }

    /// Days become readable that were sealed into.
    pub fn add_fresh(&mut self, sealed: BTreeMap<Day, Keyspace>) {
        self.fresh.extend(sealed);
    }

    /// The days that wait to be merged.
    pub fn unmerged(&self) -> Vec<Day> {
        self.fresh.keys().copied().collect()
    }

    /// The rows of a path on a day, as they are stored: the merged one first, then those that were sealed
    /// since, in order.
    pub fn rows(
        &self,
        path: SeriesId,
        day: Day,
    ) -> impl Iterator<Item = Result<UserValue, StoreError>> {
        let merged = self.paths.get(&periods::period(day)).and_then(|keyspace| {
            let found = keyspace.get(periods::key(path, day));
            found.map_err(database::failed("read rounds")).transpose()
        });
        let fresh = self.fresh.get(&day).into_iter().flat_map(move |keyspace| {
            let rows = keyspace.prefix(path.0.to_be_bytes());
            rows.map(|entry| database::entry(entry, "read rounds").map(|(_, row)| row))
        });
        merged.into_iter().chain(fresh)
    }

    /// The days from one to another, both included, that may have rounds.
    pub fn days(&self, first: Day, last: Day) -> Vec<Day> {
        if first > last {
            return Vec::new();
        }
        let of_period =
            |period: &u32| (period * periods::PERIOD_DAYS..).take(periods::PERIOD_DAYS as usize);
        let merged = self.paths.keys().flat_map(of_period).map(Day);
        let mut days: Vec<Day> = merged.chain(self.unmerged()).collect();
        days.retain(|day| (first..=last).contains(day));
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The rows of hours of a path from one day to another, both included, with their days.
    pub fn hour_rows(
        &self,
        path: SeriesId,
        (first, last): (Day, Day),
    ) -> impl Iterator<Item = Result<(Day, UserValue), StoreError>> {
        let periods = periods::period(first)..=periods::period(last).max(periods::period(first));
        self.quantiles.range(periods).flat_map(move |(_, keyspace)| {
            let rows = keyspace.range(periods::key(path, first)..=periods::key(path, last));
            rows.map(|entry| {
                let (key, row) = database::entry(entry, "read quantiles")?;
                let day = key.last_chunk::<4>().map_or(0, |day| u32::from_be_bytes(*day));
                Ok((Day(day), row))
            })
        })
    }
}

/// A head on its way into tables.
#[derive(Clone, Copy)]
pub struct Sealed<'h> {
    pub head: &'h Head,
    pub generation: u32,
}

/// Writes the rounds of a head as tables; the answer are the keyspaces of their days.
pub fn write_sealed(
    store: &Store,
    sealed: Sealed<'_>,
) -> Result<BTreeMap<Day, Keyspace>, StoreError> {
    let days: Vec<Day> = sealed.head.round_days().into_iter().collect();
    let mut written = BTreeMap::new();
    for days in days.chunks(DAYS_AT_ONCE) {
        let keyspace = |day: &Day| store.database.keyspace(&format!("{FRESH}-{}", day.0));
        let keyspaces = days.iter().map(keyspace).collect::<Result<Vec<_>, _>>()?;
        let paths = sealed.head.round_paths().into_iter();
        let rows = paths.flat_map(|path| sealed_rows(sealed, path, days));
        database::write_side_by_side(&keyspaces, rows)?;
        written.extend(days.iter().copied().zip(keyspaces));
    }
    Ok(written)
}

/// The rows of a path on some days, each with the place of its day.
fn sealed_rows(
    sealed: Sealed<'_>,
    path: SeriesId,
    days: &[Day],
) -> Vec<Result<(usize, Row), StoreError>> {
    let mut by_day: BTreeMap<usize, Vec<PathRound>> = BTreeMap::new();
    for round in recent::unpack(&sealed.head.rounds(path)) {
        if let Ok(place) = days.binary_search(&Day::of(round.begin_ms)) {
            by_day.entry(place).or_default().push(round);
        }
    }
    let key = [path.0.to_be_bytes(), sealed.generation.to_be_bytes()].concat();
    let row = |(place, mut rounds): (usize, Vec<PathRound>)| {
        settle(&mut rounds);
        Ok((place, (key.clone(), encode(path, &rounds, Effort::Quick)?)))
    };
    by_day.into_iter().map(row).collect()
}

fn encode(path: SeriesId, rounds: &[PathRound], effort: Effort) -> Result<Vec<u8>, StoreError> {
    columns::encode(rounds, effort).map_err(|source| uncompressed(path, rounds, source))
}

fn uncompressed(path: SeriesId, rounds: &[PathRound], source: pco::errors::PcoError) -> StoreError {
    let first_ms = rounds.first().map_or(0, |round| round.begin_ms);
    StoreError::Compress { series: path.0, first_ms, source }
}

/// Merges the days that `merges` says. The caller holds the maintenance lock.
pub fn merge_all(store: &Store, merges: impl Fn(Day) -> bool) -> Result<(), StoreError> {
    let days = store.read().rounds.unmerged();
    days.into_iter().filter(|day| merges(*day)).try_for_each(|day| merge(store, day))
}

fn merge(store: &Store, day: Day) -> Result<(), StoreError> {
    let period = periods::period(day);
    let paths = store.database.keyspace(&format!("{PATHS}-{period}"))?;
    let quantiles = store.database.keyspace(&format!("{QUANTILES}-{period}"))?;
    let (fresh, tables) = {
        let mut state = store.write();
        state.rounds.paths.insert(period, paths.clone());
        state.rounds.quantiles.insert(period, quantiles.clone());
        let Some(fresh) = state.rounds.fresh.get(&day).cloned() else { return Ok(()) };
        (fresh, state.rounds.clone())
    };
    let mut hour_rows: Vec<Row> = Vec::new();
    let rows = fresh_paths(&fresh).map(|path| {
        let path = path?;
        let key = periods::key(path, day);
        let rounds = read_day(store, &tables, path, day)?;
        let hours = hours::encode(&hours::hours(&rounds));
        hour_rows.push((key.clone(), hours.map_err(|source| uncompressed(path, &rounds, source))?));
        Ok((key, encode(path, &rounds, Effort::Utmost)?))
    });
    database::write_in_bulk(&paths, rows)?;
    database::write_in_bulk(&quantiles, hour_rows.into_iter().map(Ok))?;
    store.write().rounds.fresh.remove(&day);
    store.database.drop_keyspace(fresh)
}

/// The paths that have rows in the keyspace of a day, each once, in order.
fn fresh_paths(fresh: &Keyspace) -> impl Iterator<Item = Result<SeriesId, StoreError>> {
    let mut last = None;
    fresh.iter().filter_map(move |entry| match database::entry(entry, "read rounds to merge") {
        Ok((key, _)) => {
            let path = SeriesId(key.first_chunk::<4>().map_or(0, |id| u32::from_be_bytes(*id)));
            (last.replace(path) != Some(path)).then_some(Ok(path))
        }
        Err(error) => Some(Err(error)),
    })
}

/// All rounds of a path on a day that are sealed. What is damaged is left out, and told.
fn read_day(
    store: &Store,
    tables: &RoundTables,
    path: SeriesId,
    day: Day,
) -> Result<Vec<PathRound>, StoreError> {
    let mut rounds = Vec::new();
    for row in tables.rows(path, day) {
        match columns::decode(&row?) {
            Some(found) => rounds.extend(found),
            None => note_damage(store, "rounds", path, day),
        }
    }
    settle(&mut rounds);
    Ok(rounds)
}

/// What is damaged of a path is told by the names that people know.
pub fn note_damage(store: &Store, what: &str, path: SeriesId, day: Day) {
    let labels = read(&store.index).labels(path);
    let label =
        |name: &str| labels.as_ref().and_then(|labels| labels.get(name)).unwrap_or("?").to_owned();
    let (vantage, target) = (label("vantage"), label("instance"));
    store.note_damage(&format!("{what} of {vantage} to {target} on day {}", day.0));
}

/// How long rounds and their quantiles are kept, by a moment.
#[derive(Debug, Clone, Copy)]
pub struct Oldest {
    /// Rounds that begin before it go.
    pub rounds_ms: i64,
    /// And quantiles.
    pub quantiles_ms: i64,
}

/// Drops the keyspaces that end before.
pub fn drop_expired(store: &Store, oldest: Oldest) -> Result<(), StoreError> {
    let gone: Vec<Keyspace> = {
        let mut state = store.write();
        let rounds = &mut state.rounds;
        let ends_before = |period: u32, oldest_ms: i64| periods::end_ms(period) <= oldest_ms;
        let fresh = rounds.fresh.extract_if(.., |day, _| day.end_ms() <= oldest.rounds_ms);
        let mut gone: Vec<Keyspace> = fresh.map(|(_, keyspace)| keyspace).collect();
        let paths = rounds.paths.extract_if(.., |period, _| ends_before(*period, oldest.rounds_ms));
        gone.extend(paths.map(|(_, keyspace)| keyspace));
        let hours =
            rounds.quantiles.extract_if(.., |period, _| ends_before(*period, oldest.quantiles_ms));
        gone.extend(hours.map(|(_, keyspace)| keyspace));
        gone
    };
    gone.into_iter().try_for_each(|keyspace| store.database.drop_keyspace(keyspace))
}
