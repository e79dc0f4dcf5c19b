//! The page of one host.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::fleet::HostRow;
use super::picture::{Picture, Pictures};
use super::{RangeLink, failed, range_links, render, words};
use crate::fleet;
use crate::graphs::{Period, Size};
use crate::rooms;
use crate::web::content::Content;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Names, Wishes, period};
use crate::web::site::Visit;

/// What the pictures of a host may show; of a new one, also the last minutes.
const PERIODS: [Period; 6] =
    [Period::Minutes, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];

/// Pictures below each other: what happens in the rooms, what it takes, what is left.
const OF_ROOMS: [&str; 3] = ["people", "rooms", "cameras"];
const OF_HOST: [&str; 3] = ["cpu", "memory", "disk"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HostQuery {
    range: Option<String>,
}

#[derive(Template)]
#[template(path = "host.html")]
struct HostPage<'v> {
    zone: &'v str,
    row: HostRow,
    /// What is in its rooms; none without BBB.
    rooms: Option<words::Sentence>,
    ranges: Vec<RangeLink>,
    pictures: Vec<Picture>,
}

pub async fn host(
    gate: Gate,
    Names(instance): Names<String>,
    wishes: Wishes<HostQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, &instance, &wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

fn make(visit: Visit<'_>, instance: &str, query: &HostQuery) -> Result<Content, Problem> {
    let moment = visit.moment();
    let report = fleet::report(visit.reader(), instance, visit.now_ms);
    let Some(report) = report.map_err(|error| failed(&error))? else {
        let sentence = format!("No host {instance} has reported in a month");
        return Err(Problem::not_found(sentence).with(Way::Hosts));
    };
    let host = fleet::host(visit.reader(), &visit.site.records, &report, visit.now_ms);
    let fleet::Host { state, day } = host.map_err(|error| failed(&error))?;
    let new = state.is_new(visit.now_ms);
    let usual = if new { Period::Minutes } else { Period::Day };
    let shown = period(query.range.as_deref(), &PERIODS, usual)?;
    let offered = if new { &PERIODS[..] } else { &PERIODS[1..] };
    let own = rooms::host(visit.samples(), instance, &moment).map_err(|error| failed(&error))?;
    let of = Pictures { visit, period: shown };
    let mut pictures = Vec::new();
    if own.is_some() {
        pictures = of.column(&OF_ROOMS, instance)?;
    }
    let size = if own.is_some() { Size::Strip } else { Size::Full };
    pictures.push(of.of_links(instance, size, &day)?);
    pictures.extend(of.column(&OF_HOST, instance)?);
    let counts = own.as_ref().map(|own| own.now);
    let page = HostPage {
        zone: visit.site.zone_name(),
        row: HostRow::of(&state, counts.as_ref(), visit.now_ms),
        rooms: own.as_ref().map(|own| words::now_and_next(own, &moment)),
        ranges: range_links(offered, shown),
        pictures,
    };
    render(visit, &page)
}
