//! The capacity report as a page, and as JSON, CSV and Markdown.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::picture::form_urlencoded;
use super::{failed, render};
use crate::planning::mix::Mix;
use crate::reports::capacity::{Question, report};
use crate::reports::document::{Document, csv, json, markdown};
use crate::reports::host::HostModel;
use crate::reports::{self, Plans, Sources};
use crate::web::content::{CSV, Content, JSON, MARKDOWN};
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Names, Wishes, field};
use crate::web::site::Visit;

/// Of so many hosts all is shown at once; of the others the answer, and a link.
const MOST_WHOLE: usize = 12;

/// The most of anything in a mix that is typed.
const MOST: u32 = 10_000;

/// What is asked of a report.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CapacityQuery {
    /// One host alone.
    host: Option<String>,
    /// A mix as somebody types it: so many rooms.
    #[serde(deserialize_with = "field")]
    rooms: Option<u32>,
    /// People in each.
    #[serde(deserialize_with = "field")]
    people: Option<u32>,
    /// Cameras in each.
    #[serde(deserialize_with = "field")]
    cameras: Option<u32>,
    /// Screen shares in each.
    #[serde(deserialize_with = "field")]
    shares: Option<u32>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "capacity.html")]
struct CapacityPage<'v> {
    frame: Frame<'v>,
    document: Document,
    /// When the figures are from, in words.
    until: String,
    query: CapacityQuery,
    /// What follows the address for the same report in another form.
    wish: String,
    /// Whether all is shown of each host.
    whole: bool,
}

/// In which form.
#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Csv,
    Markdown,
}

const FILES: [(&str, Form); 3] =
    [("capacity.json", Form::Json), ("capacity.csv", Form::Csv), ("capacity.md", Form::Markdown)];

pub async fn capacity(gate: Gate, wishes: Wishes<CapacityQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| page(visit, wishes.read()?);
    gate.pass(Kind::Report, answer).await
}

pub async fn capacity_file(
    gate: Gate,
    Names(file): Names<String>,
    wishes: Wishes<CapacityQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let form = FILES.iter().find(|(name, _)| *name == file);
        let Some((_, form)) = form else {
            let sentence = format!("There is no page /planning/{file}");
            return Err(Problem::not_found(sentence).with(Way::Overview));
        };
        self::file(visit, &wishes.read()?, *form)
    };
    gate.pass(Kind::Report, answer).await
}

fn file(visit: Visit<'_>, query: &CapacityQuery, form: Form) -> Result<Content, Problem> {
    let document = document(visit, query)?;
    let content = match form {
        Form::Json => Content::whole(JSON, json(&document)),
        Form::Markdown => Content::whole(MARKDOWN, markdown(&document)),
        Form::Csv => {
            let table = query.table.as_deref().unwrap_or("mixes");
            let found = csv(&document, table);
            let found = found.ok_or_else(|| unknown_table(&document, table))?;
            Content::whole(CSV, found)
        }
    };
    Ok(content.revalidated())
}

fn unknown_table(document: &Document, asked: &str) -> Problem {
    Problem::bad_request(format!("table={asked} is none of {}.", document.tables().join(", ")))
}

fn page(visit: Visit<'_>, query: CapacityQuery) -> Result<Content, Problem> {
    let document = document(visit, &query)?;
    let at = jiff::Timestamp::from_millisecond(document.until_ms).unwrap_or_default();
    let until = at.to_zoned(visit.site.zone.clone()).strftime("%a %-d %B %Y %H:%M").to_string();
    let page = CapacityPage {
        frame: Frame::bare(visit.site),
        whole: document.parts.len() <= MOST_WHOLE,
        wish: query.wish(),
        until,
        document,
        query,
    };
    render(visit, &page)
}

fn document(visit: Visit<'_>, query: &CapacityQuery) -> Result<Document, Problem> {
    let (now_ms, plans) = (visit.now_ms, &visit.site.plans);
    let typed = query.typed()?;
    let asked = query.host.as_ref().filter(|host| !host.is_empty());
    let hosts = reports::hosts(visit.reader(), now_ms).map_err(|error| failed(&error))?;
    let hosts: Vec<&String> =
        hosts.iter().filter(|host| asked.is_none_or(|wanted| wanted == *host)).collect();
    if let Some(host) = asked.filter(|_| hosts.is_empty()) {
        let sentence = format!("There is no host {host} with rooms");
        return Err(Problem::not_found(sentence).with(Way::Rooms));
    }
    let sources = Sources { reader: visit.reader(), records: &visit.site.records };
    let models = hosts.iter().map(|host| plans.model(sources, host, now_ms));
    let models =
        models.collect::<Result<Vec<Arc<HostModel>>, _>>().map_err(|error| failed(&error))?;
    let models: Vec<&HostModel> = models.iter().map(|model| &**model).collect();
    let question = Question { plan: &plans.plan, typed, zone: &visit.site.zone };
    Ok(report(&models, &question, Plans::hour(now_ms)))
}

impl CapacityQuery {
    /// The mix that is typed, if there is one.
    fn typed(&self) -> Result<Option<Mix>, Problem> {
        let (Some(rooms), Some(people)) = (self.rooms, self.people) else {
            return match (self.rooms, self.people, self.cameras, self.shares) {
                (None, None, None, None) => Ok(None),
                _ => Err(Problem::bad_request(
                    "A mix needs rooms and people, such as rooms=8&people=25.",
                )),
            };
        };
        let (cameras, shares) = (self.cameras.unwrap_or(0), self.shares.unwrap_or(0));
        for (name, value, least) in [
            ("rooms", rooms, 1),
            ("people", people, 1),
            ("cameras", cameras, 0),
            ("shares", shares, 0),
        ] {
            if !(least..=MOST).contains(&value) {
                let sentence = format!("{name}={value} must be between {least} and {MOST}.");
                return Err(Problem::bad_request(sentence));
            }
        }
        for (name, value) in [("cameras", cameras), ("shares", shares)] {
            if value > people {
                let sentence =
                    format!("{name}={value} is more than there are people in a room ({people}).");
                return Err(Problem::bad_request(sentence));
            }
        }
        let of = |count: u32, one: &str, several: &str| {
            let word = if count == 1 { one } else { several };
            format!("{count} {word}")
        };
        let name = format!(
            "{} of {people} with {} and {} each",
            of(rooms, "room", "rooms"),
            of(cameras, "camera", "cameras"),
            of(shares, "share", "shares")
        );
        Ok(Some(Mix::of(&name, rooms, [people, cameras, shares])))
    }

    /// What of it follows an address.
    fn wish(&self) -> String {
        let numbers = [
            ("rooms", self.rooms),
            ("people", self.people),
            ("cameras", self.cameras),
            ("shares", self.shares),
        ];
        let numbers =
            numbers.into_iter().filter_map(|(name, value)| Some((name, value?.to_string())));
        let host = self.host.iter().map(|host| ("host", form_urlencoded(host)));
        let all: Vec<String> =
            host.chain(numbers).map(|(name, value)| format!("{name}={value}")).collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }

    /// A number as its field shows it: of rooms, people, cameras, shares.
    fn field(&self, place: usize) -> String {
        let value = [self.rooms, self.people, self.cameras, self.shares].get(place).copied();
        value.flatten().map_or_else(String::new, |value| value.to_string())
    }
}
