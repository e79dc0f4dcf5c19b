//! The files that WonderNetwork publishes: servers with their places, and pings between them, hourly with a
//! moment or of a day without. Pure: what is read is an argument.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::table::{City, MOST_CITIES, MOST_PAIRS, Pair, Table, TableError};

/// Columns that a file of servers needs, and may lack.
const SERVER_COLUMNS: [&str; 4] = ["id", "name", "latitude", "longitude"];

/// Columns that a file of pings needs.
const PING_COLUMNS: [&str; 6] = ["source", "destination", "min", "avg", "max", "mdev"];

/// So many rows of all files at most.
const MOST_ROWS: u64 = 50_000_000;

/// A file: how it is called, and what is in it.
pub struct PublishedFile<R> {
    /// How it is called.
    pub name: String,
    /// Its bytes.
    pub bytes: R,
}

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

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// It is no CSV.
    #[error("failed to read {file}")]
    Csv {
        /// Which file.
        file: String,
        /// Why.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("{file} has no column {column}; it has {found}")]
    Column {
        /// Which file.
        file: String,
        /// Which column.
        column: &'static str,
        /// Those that are there.
        found: String,
    },
    /// A server without a place.
    #[error("{file}:{line}: {column} ({value}) must be a number of degrees")]
    Place {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// Too many rows.
    #[error("{file} has too many rows: at most {MOST_ROWS} of all files are read")]
    Rows {
        /// Which file.
        file: String,
    },
    /// Nothing in it.
    #[error("none of the {rows} rows is of two known cities; do the files belong together?")]
    Empty {
        /// Rows that were read.
        rows: u64,
    },
    /// The table is too large.
    #[error("failed to make a table")]
    Table(#[from] TableError),
}

impl<R: Read> PublishedFiles<R> {
    /// Reads them all.
    pub fn read(self) -> Result<Imported, PublishedError> {
        let (cities, places) = read_servers(self.servers)?;
        let mut gathering = Gathering { places, ..Gathering::default() };
        for file in self.pings {
            gathering.read(file)?;
        }
        gathering.end(cities)
    }
}

/// Cities, and their places in the table by id and by name.
type Servers = (Vec<City>, HashMap<String, usize>);

fn read_servers<R: Read>(file: PublishedFile<R>) -> Result<Servers, PublishedError> {
    let mut sheet = Sheet::open(file)?;
    let needed = sheet.columns(&SERVER_COLUMNS)?;
    let [title, country, continent] =
        ["title", "country", "continent"].map(|name| sheet.find(name));
    let (mut cities, mut places) = (Vec::new(), HashMap::new());
    while let Some((line, row)) = sheet.next()? {
        let text = |place: usize| String::from_utf8_lossy(row.get(place).unwrap_or_default());
        let own = |place: Option<usize>| place.map(|place| text(place).trim().to_owned());
        let degrees = |at: usize, most: f64| {
            let value = text(needed[at]);
            let read = value.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
            read.ok_or_else(|| PublishedError::Place {
                file: sheet.name.clone(),
                line,
                column: SERVER_COLUMNS[at],
                value: value.chars().take(64).collect(),
            })
        };
        let (latitude, longitude) = (degrees(2, 90.0)?, degrees(3, 180.0)?);
        let name = own(title).filter(|title| !title.is_empty());
        let name = name.unwrap_or_else(|| text(needed[1]).trim().to_owned());
        // Servers of one city are one city.
        let place = *places.entry(name.clone()).or_insert_with(|| {
            cities.push(City {
                name,
                country: own(country).unwrap_or_default(),
                continent: own(continent).unwrap_or_default(),
                latitude,
                longitude,
            });
            cities.len() - 1
        });
        for known_by in [0, 1] {
            places.entry(text(needed[known_by]).trim().to_owned()).or_insert(place);
        }
    }
    if cities.len() > MOST_CITIES {
        return Err(TableError::Large { cities: cities.len(), pairs: 0 }.into());
    }
    Ok((cities, places))
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
    fn read<R: Read>(&mut self, file: PublishedFile<R>) -> Result<(), PublishedError> {
        let mut sheet = Sheet::open(file)?;
        let columns = sheet.columns(&PING_COLUMNS)?;
        let timestamp = sheet.find("timestamp");
        while let Some((_, row)) = sheet.next()? {
            self.imported.rows += 1;
            let cell = |place: usize| row.get(place).unwrap_or_default();
            let moment = timestamp.map(cell).unwrap_or_default();
            self.add(columns.map(cell), moment);
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
        if least_ms > mean_ms || mean_ms > most_ms {
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
        let said = || moments.0.keys().filter(|moment| !moment.is_empty());
        let text = |moment: Option<&Vec<u8>>| {
            moment.map_or_else(String::new, |text| String::from_utf8_lossy(text).into_owned())
        };
        let (since, until) = (text(said().min()), text(said().max()));
        imported.table = Table { since, until, cities, pairs };
        imported.table.check()?;
        Ok(imported)
    }
}

/// A file of CSV with its heads.
struct Sheet<R> {
    name: String,
    reader: Reader<R>,
    heads: Vec<String>,
    row: ByteRecord,
}

impl<R: Read> Sheet<R> {
    fn open(file: PublishedFile<R>) -> Result<Self, PublishedError> {
        let PublishedFile { name, bytes } = file;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
        let heads = match reader.byte_headers() {
            Ok(heads) => heads.iter().map(|head| String::from_utf8_lossy(head).trim().to_owned()),
            Err(source) => return Err(PublishedError::Csv { file: name, source }),
        };
        let heads = heads.map(|head| head.trim_start_matches('\u{feff}').to_lowercase()).collect();
        Ok(Self { name, reader, heads, row: ByteRecord::new() })
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|head| head == name)
    }

    fn columns<const N: usize>(
        &self,
        names: &[&'static str; N],
    ) -> Result<[usize; N], PublishedError> {
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = self.find(name).ok_or_else(|| PublishedError::Column {
                file: self.name.clone(),
                column: name,
                found: self.heads.join(", ").chars().take(200).collect(),
            })?;
        }
        Ok(places)
    }

    /// The next row, and its line.
    fn next(&mut self) -> Result<Option<(u64, ByteRecord)>, PublishedError> {
        match self.reader.read_byte_record(&mut self.row) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = self.row.position().map_or(0, csv::Position::line);
                Ok(Some((line, self.row.clone())))
            }
            Err(source) => Err(PublishedError::Csv { file: self.name.clone(), source }),
        }
    }
}
