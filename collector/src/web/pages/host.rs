//! The page of one host.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use serde::Deserialize;

use super::fleet::HostRow;
use super::picture::{Picture, Pictures};
use super::{RangeLink, internal, moment, page, period, range_links, site_zone, words};
use crate::fleet;
use crate::graphs::{Period, Size};
use crate::rooms;
use crate::samples::Stop;
use crate::web::Site;
use crate::web::pictures::unreadable;
use crate::web::problem::Problem;
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
struct HostPage {
    zone: String,
    row: HostRow,
    /// What is in its rooms; none without BBB.
    rooms: Option<words::Sentence>,
    ranges: Vec<RangeLink>,
    pictures: Vec<Picture>,
}

pub async fn host(
    State(site): State<Arc<Site>>,
    Path(instance): Path<String>,
    query: Result<Query<HostQuery>, QueryRejection>,
) -> Result<Html<String>, Problem> {
    let Query(query) = query.map_err(|rejection| unreadable(&rejection))?;
    page(move || {
        let budget = site.budget(Stop::default());
        let visit = Visit { site: &site, budget: &budget };
        let moment = moment(&site);
        let now_ms = moment.now_ms;
        let report = fleet::report(visit.reader(), &instance, now_ms).map_err(|e| internal(&e))?;
        let Some(report) = report else {
            let sentence = format!("No host {instance} has reported in a month; / lists all.");
            return Err(Problem::not_found(sentence));
        };
        let host = fleet::host(visit.reader(), &site.records, &report, now_ms);
        let fleet::Host { state, day } = host.map_err(|e| internal(&e))?;
        let new = state.is_new(now_ms);
        let usual = if new { Period::Minutes } else { Period::Day };
        let shown = period(query.range.as_deref(), &PERIODS, usual)?;
        let offered = if new { &PERIODS[..] } else { &PERIODS[1..] };
        let all = rooms::rooms(visit.reader(), &moment).map_err(|e| internal(&e))?;
        let own = all.hosts.iter().find(|host| host.instance == instance);
        let of = Pictures { visit, period: shown, now_ms };
        let mut pictures = Vec::new();
        if own.is_some() {
            pictures = of.column(&OF_ROOMS, &instance)?;
        }
        let size = if own.is_some() { Size::Strip } else { Size::Full };
        pictures.push(of.of_links(&instance, size, &day)?);
        pictures.extend(of.column(&OF_HOST, &instance)?);
        let counts = own.map(|own| own.now);
        let page = HostPage {
            zone: site_zone(&site),
            row: HostRow::of(&state, counts.as_ref(), now_ms),
            rooms: own.map(|own| words::now_and_next(own, &moment)),
            ranges: range_links(offered, shown),
            pictures,
        };
        page.render().map_err(|e| internal(&e))
    })
    .await
}
