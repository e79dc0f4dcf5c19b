//! The page of what others measured between cities: some cities as columns, those of a continent as rows; and
//! the same as data, whole unless less is asked for.

use std::fmt::Write as _;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::picture::form_urlencoded;
use super::render;
use crate::graphs::significant;
use crate::latency::{Bound, Coordinates};
use crate::reference::{City, Pair, Picked, Row, Table};
use crate::sheet::{RowEnd, Sheet};
use crate::web::content::{CSV, Content, JSON};
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// The most columns of the page.
const MOST_COLUMNS: usize = 8;

/// How many are shown if none is named.
const USUAL_COLUMNS: usize = 4;

const HEADS: [&str; 10] = [
    "from",
    "to",
    "least_ms",
    "mean_ms",
    "most_ms",
    "deviation_ms",
    "measurements",
    "distance_km",
    "fibre_bound_ms",
    "flag",
];

const DASH: &str = "–";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReferenceQuery {
    /// The columns: names of cities, with commas between them.
    to: Option<String>,
    /// The continent of the rows.
    continent: Option<String>,
}

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage<'v> {
    frame: Frame<'v>,
    since: String,
    until: String,
    cities: usize,
    pairs: usize,
    /// What is asked for, as the form shows it.
    to: String,
    continent: String,
    continents: Vec<String>,
    /// The same for addresses of data.
    wish: String,
    columns: Vec<String>,
    rows: Vec<CityRow>,
}

struct CityRow {
    city: String,
    country: String,
    cells: Vec<CityCell>,
}

struct CityCell {
    mean: String,
    /// Why there is none.
    missing: &'static str,
    beside: String,
    /// What is wrong with it, if anything.
    flag: &'static str,
}

pub async fn reference(gate: Gate, wishes: Wishes<ReferenceQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Page, move |visit| page(visit, &wishes.read()?)).await
}

pub async fn reference_csv(
    gate: Gate,
    wishes: Wishes<ReferenceQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let (table, picked) = asked(visit, &wishes.read()?)?;
        Ok(Content::whole(CSV, csv(&table, &picked)).revalidated())
    };
    gate.pass(Kind::Page, answer).await
}

pub async fn reference_json(
    gate: Gate,
    wishes: Wishes<ReferenceQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let (table, picked) = asked(visit, &wishes.read()?)?;
        Ok(Content::whole(JSON, json(&table, &picked)).revalidated())
    };
    gate.pass(Kind::Page, answer).await
}

type Shared = std::sync::Arc<Table>;

/// The table, if there is one.
fn table(visit: Visit<'_>) -> Result<Option<Shared>, Problem> {
    let table = visit.site.reference.table();
    table.map_err(|error| Problem::internal("read the reference table", &error))
}

fn asked(visit: Visit<'_>, query: &ReferenceQuery) -> Result<(Shared, Picked), Problem> {
    let missing = || Problem::not_found("No reference table has been imported").with(Way::Overview);
    let table = table(visit)?.ok_or_else(missing)?;
    let picked = picked(&table, query)?;
    Ok((table, picked))
}

fn picked(table: &Table, query: &ReferenceQuery) -> Result<Picked, Problem> {
    let names = query.to.iter().flat_map(|to| to.split(','));
    let mut to = Vec::new();
    for name in names.map(str::trim).filter(|name| !name.is_empty()) {
        let city = table.city(name).ok_or_else(|| {
            let sentence = format!("to={name} is no city of the reference table");
            Problem::bad_request(sentence).and("the rows of /reference are its cities.")
        })?;
        if !to.contains(&city) {
            to.push(city);
        }
    }
    let continent = query.continent.clone().filter(|name| !name.is_empty());
    if let Some(name) = continent.as_deref().filter(|name| !table.continents().contains(name)) {
        let all = table.continents().join(", ");
        return Err(Problem::bad_request(format!("continent={name} is none of {all}.")));
    }
    Ok(Picked { to, continent })
}

fn page(visit: Visit<'_>, query: &ReferenceQuery) -> Result<Content, Problem> {
    let table = table(visit)?.unwrap_or_default();
    let mut picked = picked(&table, query)?;
    let wish = asked_again(&picked, &table);
    if picked.to.is_empty() {
        picked.to = nearest(visit, &table);
    }
    picked.to.truncate(MOST_COLUMNS);
    let name = |city: &usize| table.cities[*city].name.clone();
    let columns: Vec<String> = picked.to.iter().map(name).collect();
    let rows = table.rows(&picked);
    let page = ReferencePage {
        frame: Frame::of(visit, 0),
        since: day(&table.since).to_owned(),
        until: day(&table.until).to_owned(),
        cities: table.cities.len(),
        pairs: table.pairs.len(),
        to: columns.join(", "),
        continent: picked.continent.clone().unwrap_or_default(),
        continents: table.continents().into_iter().map(str::to_owned).collect(),
        wish,
        columns,
        rows: rows.iter().map(|row| CityRow::of(row, &picked.to, &table)).collect(),
    };
    render(visit, &page)
}

/// The day of a moment as the files have it, `2020-07-19 00:00:00`.
fn day(moment: &str) -> &str {
    moment.split([' ', 'T']).next().unwrap_or(moment)
}

/// What was asked for, behind the question mark of an address.
fn asked_again(picked: &Picked, table: &Table) -> String {
    let names: Vec<&str> = picked.to.iter().map(|city| &*table.cities[*city].name).collect();
    let continent = picked.continent.as_deref().unwrap_or_default();
    format!("to={}&continent={}", form_urlencoded(&names.join(",")), form_urlencoded(continent))
}

/// The cities next to the datacentres that are configured, or else the first ones.
fn nearest(visit: Visit<'_>, table: &Table) -> Vec<usize> {
    let places = visit.places();
    let mut found: Vec<usize> = Vec::new();
    for at in places.datacentres.iter().filter_map(|one| one.coordinates) {
        let km = |city: &City| Bound::between(at, coordinates(city)).distance_km;
        let cities = table.cities.iter().enumerate();
        let next = cities.min_by(|(_, one), (_, other)| km(one).total_cmp(&km(other)));
        found.extend(next.map(|(place, _)| place).filter(|place| !found.contains(place)));
    }
    if found.is_empty() {
        found.extend(0..table.cities.len().min(USUAL_COLUMNS));
    }
    found.truncate(USUAL_COLUMNS);
    found
}

fn coordinates(city: &City) -> Coordinates {
    Coordinates { latitude: city.latitude, longitude: city.longitude }
}

fn bound(from: &City, to: &City) -> Bound {
    Bound::between(coordinates(from), coordinates(to))
}

impl CityRow {
    fn of(row: &Row<'_>, to: &[usize], table: &Table) -> Self {
        let from = &table.cities[row.from];
        Self {
            city: from.name.clone(),
            country: from.country.clone(),
            cells: row
                .pairs
                .iter()
                .zip(to)
                .map(|(pair, to)| match pair {
                    Some(pair) => CityCell::of(pair, from, table),
                    None if *to == row.from => CityCell::without("It is the same city."),
                    None => CityCell::without("Nobody measured this pair."),
                })
                .collect(),
        }
    }
}

impl CityCell {
    fn without(missing: &'static str) -> Self {
        Self { mean: DASH.into(), missing, beside: String::new(), flag: "" }
    }

    fn of(pair: &Pair, from: &City, table: &Table) -> Self {
        let bound = bound(from, &table.cities[pair.to]);
        let ratio = (bound.least_ms > 0.0).then(|| pair.least_ms / bound.least_ms);
        let ratio = ratio.map(|ratio| format!(", {ratio:.1} × light"));
        let beside = format!("least {}{}", significant(pair.least_ms), ratio.unwrap_or_default());
        let flag = bound.flag(pair.least_ms).unwrap_or_default();
        Self { mean: significant(pair.mean_ms), missing: "", beside, flag }
    }
}

/// A table has tens of thousands of pairs: its texts are written straight on.
fn csv(table: &Table, picked: &Picked) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    let mut cells: [String; HEADS.len()] = HEADS.map(str::to_owned);
    sheet.row(&cells);
    for cell in table.cells(picked) {
        let [from, to, figures @ .., flag] = &mut cells;
        from.clone_from(&cell.from.name);
        to.clone_from(&cell.to.name);
        let bound = bound(cell.from, cell.to);
        for (text, figure) in figures.iter_mut().zip(figures_of(cell.pair, bound)) {
            text.clear();
            // What is written into memory is never refused.
            let _ = write!(text, "{figure}");
        }
        flag.clear();
        flag.push_str(bound.flag(cell.pair.least_ms).unwrap_or_default());
        sheet.row(&cells);
    }
    sheet.text()
}

fn json(table: &Table, picked: &Picked) -> String {
    let word = |text: &str| json!(text).to_string();
    let names: Vec<String> = table.cities.iter().map(|city| word(&city.name)).collect();
    let mut text = format!("{{\"since\":{},\"until\":{}", word(&table.since), word(&table.until));
    text.push_str(",\"pairs\":[");
    let [from, to, heads @ .., flag] = HEADS;
    for (place, cell) in table.cells(picked).enumerate() {
        let Pair { from: one, to: other, .. } = *cell.pair;
        let comma = if place > 0 { "," } else { "" };
        let (one, other) = (&names[one], &names[other]);
        let _ = write!(text, "{comma}{{\"{from}\":{one},\"{to}\":{other}");
        let bound = bound(cell.from, cell.to);
        for (head, figure) in heads.iter().zip(figures_of(cell.pair, bound)) {
            let _ = write!(text, ",\"{head}\":{figure}");
        }
        let said = bound.flag(cell.pair.least_ms).map_or_else(|| "null".to_owned(), word);
        let _ = write!(text, ",\"{flag}\":{said}}}");
    }
    text.push_str("]}");
    text
}

/// To the microsecond and the metre, which is more than anybody measures.
fn figures_of(pair: &Pair, bound: Bound) -> [f64; 7] {
    let all = [
        pair.least_ms,
        pair.mean_ms,
        pair.most_ms,
        pair.deviation_ms,
        f64::from(pair.count),
        bound.distance_km,
        bound.least_ms,
    ];
    all.map(|value| (value * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_says_each_pair_with_its_flag_and_names_as_they_are() {
        let city = |name: &str, longitude: f64| City {
            name: name.into(),
            country: String::new(),
            continent: String::new(),
            latitude: 0.0,
            longitude,
        };
        let pair = |from, to, least_ms: f64| Pair {
            from,
            to,
            least_ms,
            mean_ms: 90.0,
            most_ms: 1e6 / 7.0,
            deviation_ms: 0.0,
            count: 2,
        };
        let table = Table {
            since: "2020 \"x\"".into(),
            cities: vec![city("A \"b\", c", 0.0), city("=D", 90.0)],
            pairs: vec![pair(0, 1, 1.25), pair(1, 0, 120.5)],
            ..Table::default()
        };
        let expected = "\
            from,to,least_ms,mean_ms,most_ms,deviation_ms,measurements,distance_km,fibre_bound_ms,flag\n\
            \"A \"\"b\"\", c\",'=D,1.25,90,142857.143,0,2,10007.557,100.146,faster than light: the location is wrong\n\
            '=D,\"A \"\"b\"\", c\",120.5,90,142857.143,0,2,10007.557,100.146,\n";
        assert_eq!(csv(&table, &Picked::default()), expected);
        let read: serde_json::Value =
            serde_json::from_str(&json(&table, &Picked::default())).unwrap();
        let pair = |from, to, least_ms: f64, flag: Option<&str>| {
            json!({
                "from": from, "to": to, "least_ms": least_ms, "mean_ms": 90, "most_ms": 142_857.143,
                "deviation_ms": 0, "measurements": 2, "distance_km": 10_007.557,
                "fibre_bound_ms": 100.146, "flag": flag,
            })
        };
        let (one, other) = ("A \"b\", c", "=D");
        let all = [
            pair(one, other, 1.25, Some("faster than light: the location is wrong")),
            pair(other, one, 120.5, None),
        ];
        assert_eq!(read, json!({ "since": "2020 \"x\"", "until": "", "pairs": all }));
    }
}
