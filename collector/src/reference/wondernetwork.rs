//! The files that WonderNetwork publishes: servers with their places, and pings between them, hourly with a
//! moment or of a day without. Pure: what is read is an argument.

mod published;
mod servers;
mod sheet;

use std::collections::{HashMap, HashSet};
use std::io::Read;

use self::published::MOST_ROWS;
pub use self::published::{PublishedError, PublishedFile};
use self::servers::Servers;
use self::sheet::Sheet;
use super::table::{City, MOST_PAIRS, Pair, Table, TableError};

/// Columns that a file of pings needs.
const PING_COLUMNS: [&str; 6] = ["source", "destination", "min", "avg", "max", "mdev"];

/// All that is published of one time.
pub struct PublishedFiles<R> {
    /// The servers.
    pub servers: PublishedFile<R>,
    /// Pings between them.
    pub pings: Vec<PublishedFile<R>>,
}

/// A table, and what of the files is not in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// The table.
    pub table: Table,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that say again what an earlier one said of the same pair and moment.
    pub duplicates: u64,
    /// Rows of a city that is in no list, and the first such city.
    pub unknown: u64,
    /// The first of them.
    pub first_unknown: Option<String>,
    /// Rows without an answer, or with numbers that cannot be.
    pub senseless: u64,
}

impl<R: Read> PublishedFiles<R> {
    /// Reads them all.
    pub fn read(self) -> Result<Imported, PublishedError> {
        let Servers { cities, places } = Servers::read(self.servers)?;
        let mut gathering = Gathering { places, ..Gathering::default() };
        for (number, file) in self.pings.into_iter().enumerate() {
            gathering.read(file, number)?;
        }
        gathering.end(cities)
    }
}

/// Pairs as they come.
#[derive(Default)]
struct Gathering {
    places: HashMap<String, usize>,
    pairs: HashMap<(usize, usize), Sums>,
    seen: HashSet<Row>,
    /// Servers and moments as they are written, by their number.
    servers: Numbered,
    moments: Numbered,
    imported: Imported,
}

/// What makes a row the same as another: servers and moment.
#[derive(PartialEq, Eq, Hash)]
struct Row {
    source: u32,
    destination: u32,
    moment: u32,
}

/// Texts by the number of their first coming.
#[derive(Default)]
struct Numbered(HashMap<Vec<u8>, u32>);

impl Numbered {
    fn of(&mut self, text: &[u8]) -> u32 {
        if let Some(known) = self.0.get(text) {
            return *known;
        }
        let next = self.0.len() as u32;
        self.0.insert(text.to_owned(), next);
        next
    }
}

/// What was measured of a pair so far.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    least_ms: f64,
    means_ms: f64,
    most_ms: f64,
    deviations_ms: f64,
    count: u32,
}

impl Gathering {
    fn read<R: Read>(
        &mut self,
        file: PublishedFile<R>,
        number: usize,
    ) -> Result<(), PublishedError> {
        let mut sheet = Sheet::open(file)?;
        let columns = sheet.columns(&PING_COLUMNS)?;
        let timestamp = sheet.find("timestamp");
        // Without moments each file is of a time of its own: the next day's says nothing again.
        let of_file = format!("\0{number}");
        while let Some((_, row)) = sheet.next()? {
            self.imported.rows += 1;
            let cell = |place: usize| row.get(place).unwrap_or_default();
            let moment = timestamp.map(cell).filter(|moment| !moment.is_empty());
            self.add(columns.map(cell), moment.unwrap_or(of_file.as_bytes()));
            if self.imported.rows > MOST_ROWS {
                return Err(PublishedError::Rows { file: sheet.name });
            }
        }
        Ok(())
    }

    fn add(&mut self, [source, destination, rest @ ..]: [&[u8]; 6], moment: &[u8]) {
        let place = |text: &[u8]| self.places.get(str::from_utf8(text).ok()?.trim()).copied();
        let (Some(from), Some(to)) = (place(source), place(destination)) else {
            self.imported.unknown += 1;
            let unknown = if place(source).is_none() { source } else { destination };
            self.imported
                .first_unknown
                .get_or_insert_with(|| String::from_utf8_lossy(unknown).chars().take(64).collect());
            return;
        };
        let number = |text: &[u8]| str::from_utf8(text).ok()?.trim().parse::<f64>().ok();
        let numbers = rest.map(number).map(|ms| ms.filter(|ms| ms.is_finite() && *ms >= 0.0));
        let [Some(least_ms), Some(mean_ms), Some(most_ms), Some(deviation_ms)] = numbers else {
            self.imported.senseless += 1;
            return;
        };
        // Nothing takes no time: where nobody answered, some write 0.
        if least_ms == 0.0 && from != to || least_ms > mean_ms || mean_ms > most_ms {
            self.imported.senseless += 1;
            return;
        }
        let (source, destination) = (self.servers.of(source), self.servers.of(destination));
        let row = Row { source, destination, moment: self.moments.of(moment) };
        if !self.seen.insert(row) {
            self.imported.duplicates += 1;
            return;
        }
        // A city's own is no distance.
        if from == to {
            return;
        }
        let sums = self.pairs.entry((from, to)).or_insert(Sums { least_ms, ..Sums::default() });
        sums.least_ms = sums.least_ms.min(least_ms);
        sums.means_ms += mean_ms;
        sums.most_ms = sums.most_ms.max(most_ms);
        sums.deviations_ms += deviation_ms;
        sums.count += 1;
    }

    fn end(self, cities: Vec<City>) -> Result<Imported, PublishedError> {
        let Self { pairs, moments, mut imported, .. } = self;
        if pairs.is_empty() {
            return Err(PublishedError::Empty { rows: imported.rows });
        }
        if pairs.len() > MOST_PAIRS {
            return Err(TableError::Large { cities: cities.len(), pairs: pairs.len() }.into());
        }
        let pair = |((from, to), sums): ((usize, usize), Sums)| {
            let count = f64::from(sums.count);
            let (mean_ms, deviation_ms) = (sums.means_ms / count, sums.deviations_ms / count);
            let Sums { least_ms, most_ms, count, .. } = sums;
            Pair { from, to, least_ms, mean_ms, most_ms, deviation_ms, count }
        };
        let mut pairs: Vec<Pair> = pairs.into_iter().map(pair).collect();
        pairs.sort_by_key(|pair| (pair.from, pair.to));
        // As they are written they sort as they came.
        let said = || moments.0.keys().filter(|moment| moment.first() != Some(&0));
        let text = |moment: Option<&Vec<u8>>| {
            moment.map_or_else(String::new, |text| String::from_utf8_lossy(text).into_owned())
        };
        let (since, until) = (text(said().min()), text(said().max()));
        imported.table = Table { since, until, cities, pairs };
        imported.table.check()?;
        Ok(imported)
    }
}
