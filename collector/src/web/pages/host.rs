//! The page of one host.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::fleet::HostRow;
use super::picture::{Picture, Pictures};
use super::services::ServiceTables;
use super::when::{Asked, When, WhenLinks};
use super::{failed, render, words};
use crate::fleet::{self, Mount};
use crate::graphs::{Period, Size};
use crate::rooms;
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Names, Wishes};
use crate::web::site::Visit;

/// What the pictures of a host may show; of a new one, also the last minutes.
const PERIODS: [Period; 6] =
    [Period::Minutes, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];

/// Pictures, in this order: what happens in the rooms, what it takes, what is left.
const OF_ROOMS: [&str; 3] = ["people", "rooms", "cameras"];
const OF_HOST: [&str; 3] = ["cpu", "memory", "disk"];

/// So many file systems have a picture of their own, the fullest first.
const MOST_MOUNTS: usize = 4;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HostQuery {
    range: Option<String>,
    /// A day instead.
    day: Option<String>,
}

/// A file system as a row.
struct MountRow {
    mountpoint: String,
    used: String,
    left: String,
    size: String,
    full_in: String,
}

impl MountRow {
    fn of(mount: &Mount) -> Self {
        let size = mount.used_bytes + mount.left_bytes;
        let dash = || "–".to_owned();
        Self {
            mountpoint: mount.mountpoint.clone(),
            used: mount.used_ratio().map_or_else(dash, fleet::percent),
            left: words::bytes(mount.left_bytes),
            size: words::bytes(size),
            full_in: mount.seconds_left().map_or_else(dash, fleet::lasting),
        }
    }
}

#[derive(Template)]
#[template(path = "host.html")]
struct HostPage<'v> {
    frame: Frame<'v>,
    row: HostRow,
    /// What is in its rooms; none without BBB.
    rooms: Option<words::Sentence>,
    mounts: Vec<MountRow>,
    services: ServiceTables,
    /// The datacentres that it stands in.
    datacentres: Vec<String>,
    times: WhenLinks,
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
    let facts = fleet::one(visit.reader(), instance, &visit.site.configured, visit.now_ms);
    let Some(facts) = facts.map_err(|error| failed(&error))? else {
        let sentence = format!("No host {instance} has reported in a month");
        return Err(Problem::not_found(sentence).with(Way::Hosts));
    };
    let host = fleet::host(visit.reader(), &visit.site.records, facts, visit.now_ms);
    let fleet::Host { state, day } = host.map_err(|error| failed(&error))?;
    let new = state.is_new(visit.now_ms);
    let usual = if new { Period::Minutes } else { Period::Day };
    let asked = Asked { range: query.range.as_deref(), day: query.day.as_deref() };
    let when = When::of(asked, visit, &PERIODS, usual)?;
    let offered = if new { &PERIODS[..] } else { &PERIODS[1..] };
    let mut mounts: Vec<&Mount> = state.facts.mounts.iter().collect();
    mounts.sort_by(|a, b| b.used_ratio().unwrap_or(0.0).total_cmp(&a.used_ratio().unwrap_or(0.0)));
    let own = rooms::host(visit.rooms(), instance, &moment).map_err(|error| failed(&error))?;
    let of = Pictures { visit, when };
    let mut pictures = Vec::new();
    if own.is_some() {
        pictures = of.several(&OF_ROOMS, instance)?;
    }
    pictures.push(of.of_links(instance, Size::Small, &day)?);
    pictures.extend(of.several(&OF_HOST, instance)?);
    for mount in mounts.iter().take(MOST_MOUNTS) {
        pictures.push(of.of_mount(instance, &mount.mountpoint)?);
    }
    let counts = own.as_ref().map(|own| own.now);
    let services = fleet::services(visit.reader(), instance, visit.now_ms);
    let services = services.map_err(|error| failed(&error))?;
    let page = HostPage {
        frame: Frame::of(visit, state.findings.len()),
        row: HostRow::of(&state, counts.as_ref(), visit),
        rooms: own.as_ref().map(|own| words::now_and_next(own, &moment)),
        mounts: mounts.into_iter().map(MountRow::of).collect(),
        services: ServiceTables::of(&services, visit.now_ms),
        datacentres: datacentres(visit, instance),
        times: when.links(visit, offered),
        pictures,
    };
    render(visit, &page)
}

/// The datacentres that a host stands in, which have pages of how far away they are.
fn datacentres(visit: Visit<'_>, instance: &str) -> Vec<String> {
    let places = visit.places();
    let all = places.datacentres.iter();
    let own = all.filter(|one| one.hosts.iter().any(|host| **host == *instance));
    own.map(|one| one.name.to_string()).collect()
}
