//! A table of round trips between cities: as text, and what of it somebody wants to see. Pure.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// The most cities and pairs of a table.
pub const MOST_CITIES: usize = 5_000;
pub const MOST_PAIRS: usize = 2_000_000;

/// A city, as its source names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct City {
    /// Its name.
    pub name: String,
    /// Its country.
    pub country: String,
    /// Its continent; empty if the source does not say.
    pub continent: String,
    /// North of the equator, in degrees.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// What was measured from one city to another, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// From which city, by its place in the table.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// The least round trip of all measurements.
    pub least_ms: f64,
    /// The mean of their means.
    pub mean_ms: f64,
    /// The longest.
    pub most_ms: f64,
    /// The mean of their mean deviations.
    pub deviation_ms: f64,
    /// How many measurements.
    pub count: u32,
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// The first and the last moment of measurements as the source writes them; empty if it does not.
    pub since: String,
    /// The last.
    pub until: String,
    /// All cities.
    pub cities: Vec<City>,
    /// All pairs, by their cities.
    pub pairs: Vec<Pair>,
}

/// Why a text is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It cannot be read.
    #[error("it is no table")]
    Text(#[from] serde_json::Error),
    /// It has too much.
    #[error("it has {cities} cities and {pairs} pairs, at most {MOST_CITIES} and {MOST_PAIRS}")]
    Large {
        /// Cities.
        cities: usize,
        /// Pairs.
        pairs: usize,
    },
    /// A pair of cities that are not there, or a number that is none.
    #[error("its pair {0} makes no sense")]
    Pair(usize),
}

/// What of a table is wanted: some cities as columns, and the cities of a continent as rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picked {
    /// The columns, by their place; all of them if there is none.
    pub to: Vec<usize>,
    /// The continent of the rows; all if none is named.
    pub continent: Option<String>,
}

/// A cell of a matrix: where it is from, and what was measured to each column.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixCell<'t> {
    /// The pair.
    pub pair: &'t Pair,
    /// From where.
    pub from: &'t City,
    /// To where.
    pub to: &'t City,
}

/// A row of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'t> {
    /// From which city, by its place.
    pub from: usize,
    /// What was measured to each column.
    pub pairs: Vec<Option<&'t Pair>>,
}

impl Table {
    /// Reads and checks it.
    pub fn read(text: &str) -> Result<Self, TableError> {
        let table: Self = serde_json::from_str(text)?;
        table.check()?;
        Ok(table)
    }

    /// Whether it can be kept.
    pub fn check(&self) -> Result<(), TableError> {
        let (cities, pairs) = (self.cities.len(), self.pairs.len());
        if cities > MOST_CITIES || pairs > MOST_PAIRS {
            return Err(TableError::Large { cities, pairs });
        }
        let is_sound = |pair: &Pair| {
            let numbers = [pair.least_ms, pair.mean_ms, pair.most_ms, pair.deviation_ms];
            let known = pair.from < cities && pair.to < cities && pair.count > 0;
            known && numbers.iter().all(|ms| ms.is_finite() && *ms >= 0.0)
        };
        match self.pairs.iter().position(|pair| !is_sound(pair)) {
            Some(place) => Err(TableError::Pair(place)),
            None => Ok(()),
        }
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("names and finite numbers are JSON")
    }

    /// A city by its name, whatever its letters' size.
    pub fn city(&self, name: &str) -> Option<usize> {
        let wanted = name.trim().to_lowercase();
        self.cities.iter().position(|city| city.name.to_lowercase() == wanted)
    }

    /// All continents.
    pub fn continents(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.cities.iter().map(|city| &*city.continent).collect();
        all.sort_unstable();
        all.dedup();
        all.retain(|continent| !continent.is_empty());
        all
    }

    /// What is picked, row by row.
    pub fn cells<'t>(&'t self, picked: &'t Picked) -> impl Iterator<Item = MatrixCell<'t>> {
        let is_wanted = move |pair: &&Pair| {
            let column = picked.to.is_empty() || picked.to.contains(&pair.to);
            let continent = &self.cities[pair.from].continent;
            column && picked.continent.as_ref().is_none_or(|wanted| wanted == continent)
        };
        let cell =
            |pair| MatrixCell { pair, from: &self.cities[pair.from], to: &self.cities[pair.to] };
        self.pairs.iter().filter(is_wanted).map(cell)
    }

    /// What is picked by rows: for each city what it measured to each column, those first that are nearest
    /// to the first column.
    pub fn rows<'t>(&'t self, picked: &'t Picked) -> Vec<Row<'t>> {
        let columns: HashMap<usize, usize> =
            picked.to.iter().enumerate().map(|(place, city)| (*city, place)).collect();
        let mut rows: BTreeMap<usize, Vec<Option<&'t Pair>>> = BTreeMap::new();
        for MatrixCell { pair, .. } in self.cells(picked) {
            let Some(column) = columns.get(&pair.to) else { continue };
            let row = rows.entry(pair.from).or_insert_with(|| vec![None; picked.to.len()]);
            row[*column] = Some(pair);
        }
        let mut rows: Vec<Row<'t>> =
            rows.into_iter().map(|(from, pairs)| Row { from, pairs }).collect();
        let nearest = |row: &Row<'_>| {
            row.pairs.iter().flatten().next().map_or(f64::INFINITY, |pair| pair.mean_ms)
        };
        rows.sort_by(|one, other| nearest(one).total_cmp(&nearest(other)));
        rows
    }
}
