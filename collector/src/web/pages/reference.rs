//! The page of what others measured between cities: some cities as columns, those of a continent as rows; and
//! the same as data, whole unless less is asked for.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::picture::form_urlencoded;
use super::render;
use crate::graphs::significant;
use crate::latency::{Bound, Coordinates};
use crate::reference::{City, MatrixCell, Pair, Picked, Row, Table};
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

fn csv(table: &Table, picked: &Picked) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    sheet.row(HEADS);
    for cell in table.cells(picked) {
        let figures = figures(&cell).map(|value| ((value * 1e3).round() / 1e3).to_string());
        let names = [cell.from.name.clone(), cell.to.name.clone()];
        let flag = [flag(&cell).unwrap_or_default().to_owned()];
        sheet.row(names.into_iter().chain(figures).chain(flag));
    }
    sheet.text()
}

fn json(table: &Table, picked: &Picked) -> String {
    let row = |cell: MatrixCell<'_>| {
        let names = [json!(cell.from.name), json!(cell.to.name)];
        let values = names.into_iter().chain(figures(&cell).map(|value| json!(value)));
        let values = values.chain([json!(flag(&cell))]);
        let pairs = HEADS.iter().map(|head| (*head).to_owned()).zip(values);
        serde_json::Value::Object(pairs.collect())
    };
    let pairs: Vec<_> = table.cells(picked).map(row).collect();
    json!({ "since": table.since, "until": table.until, "pairs": pairs }).to_string()
}

/// What light says of a pair.
fn flag(MatrixCell { pair, from, to }: &MatrixCell<'_>) -> Option<&'static str> {
    bound(from, to).flag(pair.least_ms)
}

fn figures(MatrixCell { pair, from, to }: &MatrixCell<'_>) -> [f64; 7] {
    let bound = bound(from, to);
    [
        pair.least_ms,
        pair.mean_ms,
        pair.most_ms,
        pair.deviation_ms,
        f64::from(pair.count),
        bound.distance_km,
        bound.least_ms,
    ]
}
