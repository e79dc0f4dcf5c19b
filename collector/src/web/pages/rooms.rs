//! The page of rooms: now and today, by host and by organisation, and the same as data.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::picture::{Picture, Pictures};
use super::when::{Asked, When, WhenLinks};
use super::{failed, render, words};
use crate::graphs::{Period, Size};
use crate::rooms::{self, By, HostRooms, Moment, Rooms, TenantRooms, Today};
use crate::web::content::{CSV, Content, JSON};
use crate::web::frame::{ClockTime, Frame};
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Wishes, choice};
use crate::web::site::Visit;

const PERIODS: [Period; 4] = [Period::Hour, Period::Day, Period::Week, Period::Month];

/// The pictures of a host.
const OF_HOST: [&str; 5] = ["people", "rooms", "cameras", "network", "cpu"];

/// Of so many hosts there are pictures at once, the busiest; the others are a link away.
const MOST_HOSTS: usize = 3;

/// What a row of the CSV may be.
const ROWS: [(&str, By); 2] = [("host", By::Host), ("organisation", By::Tenant)];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoomsQuery {
    /// The period of the pictures.
    range: Option<String>,
    /// A day instead.
    day: Option<String>,
    /// The host whose pictures are shown, instead of those with rooms.
    host: Option<String>,
    /// The organisation whose picture is shown instead.
    organisation: Option<String>,
    /// What a row of the CSV is.
    by: Option<String>,
}

#[derive(Template)]
#[template(path = "rooms.html")]
struct RoomsPage<'v> {
    frame: Frame<'v>,
    overview: words::Sentence,
    hosts: Vec<HostRow>,
    tenants: Vec<TenantRow>,
    /// How far the sparklines of each table reach.
    hosts_scale: String,
    tenants_scale: String,
    ranges: WhenLinks,
    /// The same time, as an address says it.
    wish: String,
    /// What was asked for by name.
    host: Option<String>,
    organisation: Option<String>,
    /// People of all hosts, or of the organisation.
    people: Option<Picture>,
    columns: Vec<HostPictures>,
}

/// A host as a row.
struct HostRow {
    instance: String,
    missing: bool,
    sparkline: String,
    rooms: String,
    people: String,
    largest: String,
    cameras: String,
    recording: String,
    advice: words::Sentence,
    today: TodayCells,
}

/// An organisation as a row.
struct TenantRow {
    tenant: String,
    sparkline: String,
    rooms: String,
    people: String,
    cameras: String,
    today: TodayCells,
    share: String,
}

/// What the rows of a table have in common.
#[derive(Clone, Copy)]
struct Table<'v> {
    visit: Visit<'v>,
    scale: words::Scale,
}

struct TodayCells {
    user_hours: String,
    peak: String,
    peak_at: Option<ClockTime>,
}

/// The pictures of one host.
struct HostPictures {
    instance: String,
    now: words::Sentence,
    pictures: Vec<Picture>,
}

const DASH: &str = "–";

impl TodayCells {
    fn of(today: &Today, visit: Visit<'_>) -> Self {
        let peak = today.peak.map_or_else(|| DASH.into(), |(people, _)| format!("{people:.0}"));
        let at = today.peak.filter(|(people, _)| *people > 0.0).map(|(_, at_ms)| at_ms);
        let peak_at = at.map(|at_ms| ClockTime::of(visit.site, at_ms));
        Self { user_hours: words::hours(today.user_hours), peak, peak_at }
    }
}

impl HostRow {
    fn of(host: &HostRooms, table: Table<'_>) -> Self {
        let count = |count: fn(&rooms::Counts) -> f64| {
            host.now.as_ref().map_or_else(|| DASH.into(), |now| format!("{:.0}", count(now)))
        };
        Self {
            instance: host.instance.clone(),
            missing: host.now.is_none(),
            sparkline: table.scale.sparkline(&host.day),
            rooms: count(|now| now.rooms),
            people: count(|now| now.people),
            largest: count(|now| now.largest),
            cameras: count(|now| now.cameras),
            recording: count(|now| now.recording),
            advice: words::advice(host, &table.visit.moment()),
            today: TodayCells::of(&host.today, table.visit),
        }
    }
}

impl TenantRow {
    fn of(tenant: &TenantRooms, all: &Today, table: Table<'_>) -> Self {
        let share = tenant.today.user_hours.zip(all.user_hours.filter(|hours| *hours > 0.0));
        Self {
            tenant: tenant.tenant.clone(),
            sparkline: table.scale.sparkline(&tenant.day),
            rooms: format!("{:.0}", tenant.now.rooms),
            people: format!("{:.0}", tenant.now.people),
            cameras: format!("{:.0}", tenant.now.cameras),
            today: TodayCells::of(&tenant.today, table.visit),
            share: share.map_or_else(
                || DASH.into(),
                |(hours, all)| format!("{:.0} %", hours / all * 100.0),
            ),
        }
    }
}

/// The rooms of everybody, as the site sees them now.
fn read(visit: Visit<'_>, moment: &Moment) -> Result<Rooms, Problem> {
    rooms::rooms(visit.rooms(), moment).map_err(|error| failed(&error))
}

pub async fn rooms(gate: Gate, wishes: Wishes<RoomsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

fn make(visit: Visit<'_>, query: RoomsQuery) -> Result<Content, Problem> {
    let asked = Asked { range: query.range.as_deref(), day: query.day.as_deref() };
    let when = When::of(asked, visit, &PERIODS, Period::Day)?;
    let moment = visit.moment();
    let rooms = read(visit, &moment)?;
    check(&query, &rooms)?;
    let pictures = Pictures { visit, when };
    let people = match (&query.host, &query.organisation) {
        _ if rooms.hosts.is_empty() => None,
        (Some(_), _) => None,
        (None, None) => Some(pictures.one("organisations", "", Size::Strip)?),
        (None, Some(name)) => Some(pictures.one("organisation", name, Size::Full)?),
    };
    let columns = shown_hosts(&query, &rooms).map(|host| {
        Ok(HostPictures {
            instance: host.instance.clone(),
            now: words::now_and_next(host, &moment),
            pictures: pictures.several(&OF_HOST, &host.instance)?,
        })
    });
    let columns = columns.collect::<Result<_, Problem>>()?;
    let hosts = words::Scale::of(rooms.hosts.iter().map(|host| &host.day));
    let tenants = words::Scale::of(rooms.tenants.iter().map(|one| &one.day));
    let [hosts, tenants] = [hosts, tenants].map(|scale| Table { visit, scale });
    let page = RoomsPage {
        frame: Frame::of(visit, rooms.hosts.iter().filter(|host| host.now.is_none()).count()),
        overview: words::overview(&rooms, &moment),
        hosts: rooms.hosts.iter().map(|host| HostRow::of(host, hosts)).collect(),
        tenants: rooms
            .tenants
            .iter()
            .map(|one| TenantRow::of(one, &rooms.today, tenants))
            .collect(),
        hosts_scale: hosts.scale.words("people", 1.0),
        tenants_scale: tenants.scale.words("people", 1.0),
        ranges: when.links(visit, &PERIODS),
        wish: when.wish(),
        people,
        columns,
        host: query.host,
        organisation: query.organisation,
    };
    render(visit, &page)
}

/// What is asked for by name must be there.
fn check(query: &RoomsQuery, rooms: &Rooms) -> Result<(), Problem> {
    let missing = |what: &str, name: &String| {
        Problem::not_found(format!("There is no {what} {name} with rooms")).with(Way::Rooms)
    };
    if let Some(name) = &query.host
        && !rooms.hosts.iter().any(|host| host.instance == *name)
    {
        return Err(missing("host", name));
    }
    if let Some(name) = &query.organisation
        && !rooms.tenants.iter().any(|tenant| tenant.tenant == *name)
    {
        return Err(missing("organisation", name));
    }
    Ok(())
}

/// The host that was asked for, or the busiest of those that have rooms.
fn shown_hosts<'r>(query: &'r RoomsQuery, rooms: &'r Rooms) -> impl Iterator<Item = &'r HostRooms> {
    let shown = move |host: &&HostRooms| match (&query.host, &query.organisation) {
        (Some(name), _) => host.instance == *name,
        (None, Some(_)) => false,
        (None, None) => host.now.is_some_and(|now| !now.is_empty()),
    };
    rooms.hosts.iter().filter(shown).take(MOST_HOSTS)
}

pub async fn rooms_csv(gate: Gate, wishes: Wishes<RoomsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let by = choice("by", wishes.read()?.by.as_deref(), &ROWS)?;
        let rooms = read(visit, &visit.moment())?;
        Ok(Content::whole(CSV, rooms::csv(&rooms, by)).revalidated())
    };
    gate.pass(Kind::Page, answer).await
}

pub async fn rooms_json(gate: Gate) -> Result<Response, Problem> {
    let answer = |visit: Visit<'_>| {
        let moment = visit.moment();
        let rooms = read(visit, &moment)?;
        Ok(Content::whole(JSON, rooms::json(&rooms, &moment)).revalidated())
    };
    gate.pass(Kind::Page, answer).await
}
