//! The file of servers: cities and their places, and by which words pings name them. Pure.

use std::collections::HashMap;
use std::io::Read;

use super::published::{PublishedError, PublishedFile};
use super::sheet::Sheet;
use crate::reference::table::{City, MOST_CITIES, TableError};

/// Columns that a file of servers needs.
const COLUMNS: [&str; 4] = ["id", "name", "latitude", "longitude"];

/// Servers that are at most about 100 km apart may be in one city.
const NEAR_DEGREES: f64 = 1.0;

/// Cities, and their places in the table by what pings call them.
#[derive(Debug, Default)]
pub struct Servers {
    /// The cities.
    pub cities: Vec<City>,
    /// By id and by name. A name of several cities names none of them.
    pub places: HashMap<String, usize>,
}

/// A row.
struct Server {
    id: String,
    name: String,
    state: String,
    city: City,
}

impl Servers {
    /// Reads the file.
    pub fn read<R: Read>(file: PublishedFile<R>) -> Result<Self, PublishedError> {
        let servers = read_rows(file)?;
        let (mut states, mut all) = (Vec::new(), Self::default());
        let mut by_title: HashMap<String, Vec<usize>> = HashMap::new();
        let mut named: HashMap<String, Option<usize>> = HashMap::new();
        for Server { id, name, state, city } in servers {
            let title = city.name.clone();
            // Servers of one city are one city; Portland and Portland are two.
            let own = by_title.entry(title.clone()).or_default();
            let known = own.iter().copied().find(|place| is_near(&all.cities[*place], &city));
            let place = known.unwrap_or(all.cities.len());
            if known.is_none() {
                own.push(place);
                states.push(state);
                all.cities.push(city);
            }
            all.places.entry(id).or_insert(place);
            for text in [name, title] {
                let one = named.entry(text).or_insert(Some(place));
                *one = one.filter(|one| *one == place);
            }
        }
        if all.cities.len() > MOST_CITIES {
            return Err(TableError::Large { cities: all.cities.len(), pairs: 0 }.into());
        }
        for (text, place) in named {
            if let Some(place) = place {
                all.places.entry(text).or_insert(place);
            }
        }
        for places in by_title.values().filter(|places| places.len() > 1) {
            tell_apart(&mut all.cities, &states, places);
        }
        Ok(all)
    }
}

fn read_rows<R: Read>(file: PublishedFile<R>) -> Result<Vec<Server>, PublishedError> {
    let mut sheet = Sheet::open(file)?;
    let needed = sheet.columns(&COLUMNS)?;
    let [title, state, country, continent] =
        ["title", "state", "country", "continent"].map(|name| sheet.find(name));
    let mut servers = Vec::new();
    while let Some((line, row)) = sheet.next()? {
        let text = |place: usize| String::from_utf8_lossy(row.get(place).unwrap_or_default());
        let own = |place: Option<usize>| place.map(|place| text(place).trim().to_owned());
        let degrees = |at: usize, most: f64| {
            let value = text(needed[at]);
            let read = value.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most);
            read.ok_or_else(|| PublishedError::Place {
                file: sheet.name.clone(),
                line,
                column: COLUMNS[at],
                value: value.chars().take(64).collect(),
            })
        };
        let (latitude, longitude) = (degrees(2, 90.0)?, degrees(3, 180.0)?);
        let [id, name] = [0, 1].map(|known_by| text(needed[known_by]).trim().to_owned());
        let title = own(title).filter(|title| !title.is_empty());
        let city = City {
            name: title.unwrap_or_else(|| name.clone()),
            country: own(country).unwrap_or_default(),
            continent: own(continent).unwrap_or_default(),
            latitude,
            longitude,
        };
        servers.push(Server { id, name, state: own(state).unwrap_or_default(), city });
    }
    Ok(servers)
}

/// Whether two places are next to each other, over the date line and at the poles too.
fn is_near(one: &City, other: &City) -> bool {
    let north = (one.latitude - other.latitude).abs();
    let around = (one.longitude - other.longitude).abs();
    let east = around.min(360.0 - around) * one.latitude.to_radians().cos();
    north <= NEAR_DEGREES && east <= NEAR_DEGREES
}

/// Gives cities of one name what they differ in: the country, else the state, else the place.
fn tell_apart(cities: &mut [City], states: &[String], places: &[usize]) {
    let differ = |texts: &[String]| {
        texts
            .iter()
            .all(|text| !text.is_empty() && texts.iter().filter(|one| *one == text).count() == 1)
    };
    let of_all = |text: &dyn Fn(usize) -> String| -> Vec<String> {
        places.iter().map(|place| text(*place)).collect()
    };
    let by_country = of_all(&|place| cities[place].country.clone());
    let by_state = of_all(&|place| states[place].clone());
    let by_place = of_all(&|place| {
        let City { latitude, longitude, .. } = &cities[place];
        format!("{latitude} {longitude}")
    });
    let found = [by_country, by_state].into_iter().find(|texts| differ(texts)).unwrap_or(by_place);
    for (place, text) in places.iter().zip(found) {
        let name = &mut cities[*place].name;
        *name = format!("{name} ({text})");
    }
}
