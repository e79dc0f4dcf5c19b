//! The report on one meeting as a page, and as JSON, CSV, Markdown and MediaWiki; without one, those of the
//! last day to choose from.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::forms::{Form, TableName, formed};
use super::{failed, render};
use crate::latency;
use crate::moments::DAY_MS;
use crate::reports::document::Document;
use crate::reports::meeting::{Asked, Found, Question, find, hash, picture, report};
use crate::reports::{self, Sources, words};
use crate::samples::TimeRange;
use crate::store::Meeting;
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Wishes, typed_moment};
use crate::web::site::Visit;

/// So many meetings are listed, the largest.
const MOST_LISTED: usize = 40;

/// The shortest beginning of a hash.
const SHORTEST_ID: usize = 6;

/// What is asked of a report.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct MeetingQuery {
    /// Its hash, or how that begins.
    id: Option<String>,
    /// Its host.
    host: Option<String>,
    /// A moment at which it ran: Unix seconds or RFC 3339, or as a form has it, in the collector's zone.
    at: Option<String>,
    /// What people call it.
    title: Option<String>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "meeting.html")]
struct MeetingPage<'v> {
    frame: Frame<'v>,
    /// None before one is asked for.
    told: Option<Told>,
    /// Those of the last day.
    meetings: Vec<Row>,
    /// All hosts that it can be asked of.
    hosts: Vec<String>,
}

/// A meeting that was found.
struct Told {
    document: Document,
    picture: String,
    id: String,
    host: String,
}

/// A meeting to choose.
struct Row {
    id: String,
    short: String,
    host: String,
    tenant: String,
    began: String,
    began_ms: i64,
    people: u32,
    cameras: u32,
    minutes: i64,
}

pub async fn meeting(gate: Gate, wishes: Wishes<MeetingQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| page(visit, &wishes.read()?)).await
}

pub async fn meeting_wiki(gate: Gate, wishes: Wishes<MeetingQuery>) -> Result<Response, Problem> {
    meeting_file(gate, wishes, Form::MediaWiki).await
}

pub async fn meeting_file(
    gate: Gate,
    wishes: Wishes<MeetingQuery>,
    form: Form,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let query = wishes.read()?;
        let needs = || {
            Problem::bad_request(
                "A meeting is asked for by id, or by host and at: see /rooms/meetings.csv.",
            )
        };
        let told = told(visit, &query)?.ok_or_else(needs)?;
        let name = TableName { asked: query.table.as_deref(), usual: "traffic" };
        formed(&told.document, form, name)
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: &MeetingQuery) -> Result<Content, Problem> {
    let told = told(visit, query)?;
    let hosts = reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    let meetings = if told.is_some() { Vec::new() } else { of_the_last_day(visit, &hosts)? };
    render(visit, &MeetingPage { frame: Frame::bare(visit.site), told, meetings, hosts })
}

/// The meeting that is asked for; none if nothing is.
fn told(visit: Visit<'_>, query: &MeetingQuery) -> Result<Option<Told>, Problem> {
    let (site, now_ms) = (visit.site, visit.now_ms);
    let present = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (id, at) = (present(&query.id), present(&query.at));
    if id.is_none() && at.is_none() {
        return Ok(None);
    }
    if let Some(id) = id.as_ref().filter(|id| !is_hash(id)) {
        return Err(Problem::bad_request(format!(
            "id={id} must be the beginning of a meeting's hash, at least {SHORTEST_ID} of 0-9 and a-f."
        )));
    }
    let at_ms = at.as_deref().map(|text| typed_moment("at", text, &site.zone)).transpose()?;
    let mut hosts = reports::hosts(visit.reader(), now_ms).map_err(|error| failed(&error))?;
    hosts.retain(|host| query.host.as_ref().is_none_or(|asked| asked.is_empty() || asked == host));
    let sources = Sources { reader: visit.reader(), records: &site.records };
    let asked = Asked { hosts: &hosts, id: id.as_deref(), at_ms, now_ms };
    let found = find(sources, asked).map_err(|error| failed(&error))?;
    let Some(found) = found else {
        return Err(Problem::not_found(unfound(query)).with(Way::Rooms));
    };
    Ok(Some(of(visit, &found, query.title.as_deref())?))
}

fn of(visit: Visit<'_>, found: &Found, title: Option<&str>) -> Result<Told, Problem> {
    let site = visit.site;
    let host = found.meeting.instance.to_string();
    let sources = Sources { reader: visit.reader(), records: &site.records };
    let model = site.plans.model(sources, &host, visit.now_ms).map_err(|error| failed(&error))?;
    let paths = latency::paths(visit.reader(), &visit.places(), found.meeting.seen_ms);
    let mut paths = paths.map_err(|error| failed(&error))?;
    let places = visit.places();
    let own = places.datacentres.iter().find(|one| one.hosts.iter().any(|known| **known == *host));
    paths.retain(|path| own.is_some_and(|own| *own.name == *path.name.datacentre));
    let title = title.filter(|title| !title.is_empty());
    let question = Question { found, model: &model, paths: &paths, title, zone: &site.zone };
    Ok(Told {
        document: report(question),
        picture: picture(found),
        id: hash(&found.meeting.id),
        host,
    })
}

/// Says of what was asked that there is no meeting.
fn unfound(query: &MeetingQuery) -> String {
    let asked = [("id", &query.id), ("host", &query.host), ("at", &query.at)];
    let asked = asked.into_iter().filter_map(|(name, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        Some(format!("{name}={value}"))
    });
    let asked: Vec<String> = asked.collect();
    format!("There is no meeting of {}", words::listed(&asked))
}

fn is_hash(text: &str) -> bool {
    (SHORTEST_ID..=32).contains(&text.len())
        && text.bytes().all(|sign| matches!(sign, b'0'..=b'9' | b'a'..=b'f'))
}

/// The largest of the last day, the newest first.
fn of_the_last_day(visit: Visit<'_>, hosts: &[String]) -> Result<Vec<Row>, Problem> {
    let range = TimeRange { from_ms: visit.now_ms - DAY_MS, to_ms: visit.now_ms };
    let mut meetings = Vec::new();
    for host in hosts {
        let own = visit.site.records.meetings(host, range, visit.budget);
        meetings.extend(own.map_err(|error| failed(&error))?);
    }
    meetings.sort_by(|a, b| b.participant_seconds.total_cmp(&a.participant_seconds));
    meetings.truncate(MOST_LISTED);
    meetings.sort_by_key(|meeting| std::cmp::Reverse(meeting.started_ms));
    let row = |meeting: &Meeting| {
        let began = jiff::Timestamp::from_millisecond(meeting.started_ms).unwrap_or_default();
        let id = hash(&meeting.id);
        Row {
            short: id.chars().take(8).collect(),
            id,
            host: meeting.instance.to_string(),
            tenant: meeting.tenant.clone(),
            began: began.to_zoned(visit.site.zone.clone()).strftime("%a %H:%M").to_string(),
            began_ms: meeting.started_ms,
            people: meeting.participants_peak,
            cameras: meeting.cameras_peak,
            minutes: (meeting.seen_ms - meeting.started_ms) / 60_000,
        }
    };
    Ok(meetings.iter().map(row).collect())
}
