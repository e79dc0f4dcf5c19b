//! The quote of an event as a page, and as JSON, CSV and Markdown.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::forms::{Form, TableName, formed};
use super::picture::form_urlencoded;
use super::{failed, render};
use crate::costs::Month;
use crate::reports::document::Document;
use crate::reports::event::before::{self, Around, OtherHost};
use crate::reports::event::month::HostMonth;
use crate::reports::event::rehearsal::Rehearsal;
use crate::reports::event::usual::Usual;
use crate::reports::event::{Event, Question, report};
use crate::reports::host::HostModel;
use crate::reports::servers::demand;
use crate::reports::{self, Plans, Sources, words};
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Wishes, field, typed_moment};
use crate::web::site::Visit;

/// The most people, cameras and rooms, and hours of an event: a month has no more.
const MOST: u32 = 10_000;
const MOST_HOURS: f64 = 720.0;

/// What is shorter is no event.
const LEAST_HOURS: f64 = 0.1;

/// A rehearsal is no longer.
const LONGEST_REHEARSAL_MS: i64 = 86_400_000;

/// What is asked of a quote.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct EventQuery {
    #[serde(deserialize_with = "field")]
    users: Option<u32>,
    #[serde(deserialize_with = "field")]
    hours: Option<f64>,
    #[serde(deserialize_with = "field")]
    cameras: Option<u32>,
    #[serde(deserialize_with = "field")]
    shares: Option<u32>,
    #[serde(deserialize_with = "field")]
    rooms: Option<u32>,
    /// When it begins: Unix seconds or RFC 3339, or a moment as a form has it, in the collector's zone.
    at: Option<String>,
    /// The host; that which carries it best, if none is named.
    host: Option<String>,
    /// When the event was tried: from when, and until when.
    rehearsal_from: Option<String>,
    rehearsal_to: Option<String>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage<'v> {
    frame: Frame<'v>,
    /// None before anything is asked.
    document: Option<Document>,
    query: EventQuery,
    hosts: Vec<String>,
    /// What follows the address for the same quote in another form.
    wish: String,
}

pub async fn event(gate: Gate, wishes: Wishes<EventQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| page(visit, wishes.read()?)).await
}

pub async fn event_file(
    gate: Gate,
    wishes: Wishes<EventQuery>,
    form: Form,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let query = wishes.read()?;
        let needs =
            || Problem::bad_request("A quote needs users and hours, such as users=200&hours=3.");
        let event = query.event(visit)?.ok_or_else(needs)?;
        let document = document(visit, &query, &event)?;
        formed(&document, form, TableName { asked: query.table.as_deref(), usual: "price" })
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: EventQuery) -> Result<Content, Problem> {
    let event = query.event(visit)?;
    let hosts = reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    let document = event.map(|event| document(visit, &query, &event)).transpose()?;
    let frame = Frame::bare(visit.site);
    render(visit, &EventPage { frame, document, wish: query.wish(), query, hosts })
}

fn document(visit: Visit<'_>, query: &EventQuery, event: &Event) -> Result<Document, Problem> {
    let (site, plan) = (visit.site, &visit.site.plans.plan);
    let Best { model, other } = best(visit, query, event)?;
    let rehearsal = rehearsal(visit, query, &model)?;
    let waiting = before::waiting(visit.reader(), &model.instance, visit.now_ms);
    let around = Around { waiting: waiting.map_err(|error| failed(&error))?, other };
    let until_ms = Plans::hour(visit.now_ms);
    let demand = demand::read(visit.reader(), &model, until_ms).map_err(|error| failed(&error))?;
    let usual = Usual::of(event, &model, &demand, &site.zone);
    let month = Month::of(event.begin_ms.unwrap_or(visit.now_ms), &site.zone);
    let month = HostMonth::of(plan, &model.instance, month);
    Ok(report(Question {
        event,
        terms: plan.events,
        model: &model,
        usual: &usual,
        rehearsal: rehearsal.as_ref(),
        around: &around,
        month: &month,
        catalogue: plan.offers.as_deref(),
        until_ms,
        zone: &site.zone,
    }))
}

/// The host that holds the event, and another that may stand in.
struct Best {
    model: Arc<HostModel>,
    other: Option<OtherHost>,
}

/// The host that is asked for, or that which carries the event best; of the others the best stands in.
fn best(visit: Visit<'_>, query: &EventQuery, event: &Event) -> Result<Best, Problem> {
    let hosts = reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    let sources = Sources { reader: visit.reader(), records: &visit.site.records };
    let asked = query.host.as_ref().filter(|host| !host.is_empty());
    let mut all: Vec<(f64, Arc<HostModel>)> = Vec::new();
    for host in &hosts {
        let model = visit.site.plans.model(sources, host, visit.now_ms);
        let model = model.map_err(|error| failed(&error))?;
        let likely = model.host().and_then(|host| host.answer(&event.mix()));
        all.push((likely.map_or(-1.0, |answer| answer.probability), model));
    }
    // Of equal ones the first by name.
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let is_asked = |model: &HostModel| asked.is_none_or(|asked| *asked == model.instance);
    let place = all.iter().position(|(_, model)| is_asked(model)).ok_or_else(|| {
        let sentence = asked.map_or_else(
            || "There is no host with rooms that could hold an event".to_owned(),
            |host| format!("There is no host {host} with rooms"),
        );
        Problem::not_found(sentence).with(Way::Rooms)
    })?;
    let (_, model) = all.remove(place);
    let other = all.first().filter(|(probability, _)| *probability >= 0.0);
    let other = other.map(|(probability, model)| OtherHost {
        name: model.instance.clone(),
        probability: *probability,
    });
    Ok(Best { model, other })
}

/// What was found when the event was tried.
fn rehearsal(
    visit: Visit<'_>,
    query: &EventQuery,
    model: &HostModel,
) -> Result<Option<Rehearsal>, Problem> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (from, to) = (text(&query.rehearsal_from), text(&query.rehearsal_to));
    let (Some(from), Some(to)) = (&from, &to) else {
        return match (from, to) {
            (None, None) => Ok(None),
            _ => Err(Problem::bad_request(
                "A rehearsal needs both its begin and its end: rehearsal_from and rehearsal_to.",
            )),
        };
    };
    let from_ms = typed_moment("rehearsal_from", from, &visit.site.zone)?;
    let to_ms = typed_moment("rehearsal_to", to, &visit.site.zone)?;
    let refused =
        |why: &str| Problem::bad_request(format!("A rehearsal from {from} to {to} {why}."));
    if to_ms <= from_ms {
        return Err(refused("ends before it begins"));
    }
    if to_ms > visit.now_ms {
        return Err(refused("is not over"));
    }
    if to_ms - from_ms > LONGEST_REHEARSAL_MS {
        return Err(refused("is longer than a day"));
    }
    let sources = Sources { reader: visit.reader(), records: &visit.site.records };
    let minutes = visit.site.plans.minutes(sources, &model.instance, [from_ms, to_ms]);
    let minutes = minutes.map_err(|error| failed(&error))?;
    let found = Rehearsal::of(model, &minutes);
    found.map(Some).map_err(|error| Problem::bad_request(words::sentence(&error.to_string())))
}

impl EventQuery {
    /// The event, if one is asked for.
    fn event(&self, visit: Visit<'_>) -> Result<Option<Event>, Problem> {
        let (Some(users), Some(hours)) = (self.users, self.hours) else {
            return match (self.users, self.hours) {
                (None, None) => Ok(None),
                _ => Err(Problem::bad_request(
                    "A quote needs users and hours, such as users=200&hours=3.",
                )),
            };
        };
        let refused = |sentence: String| Err(Problem::bad_request(sentence));
        let rooms = self.rooms.unwrap_or(1);
        let (cameras, shares) = (self.cameras.unwrap_or(0), self.shares.unwrap_or(0));
        for (name, value, least) in [
            ("users", users, 1),
            ("rooms", rooms, 1),
            ("cameras", cameras, 0),
            ("shares", shares, 0),
        ] {
            if !(least..=MOST).contains(&value) {
                return refused(format!("{name}={value} must be between {least} and {MOST}."));
            }
        }
        if !(LEAST_HOURS..=MOST_HOURS).contains(&hours) {
            let is_short = hours == 0.0 || (1e-3..1e9).contains(&hours.abs());
            let hours = if is_short { hours.to_string() } else { format!("{hours:e}") };
            return refused(format!(
                "hours={hours} must be at least 0.1 and at most {MOST_HOURS}: for a month or more, see the offers of servers."
            ));
        }
        if rooms > users {
            return refused(format!("rooms={rooms} is more than there are people ({users})."));
        }
        let people = users.div_ceil(rooms);
        for (name, value) in [("cameras", cameras), ("shares", shares)] {
            if value > people {
                return refused(format!(
                    "{name}={value} is more than there are people in a room ({people})."
                ));
            }
        }
        let begin_ms = self.begin_ms(visit)?;
        Ok(Some(Event { users, hours, cameras, shares, rooms, begin_ms }))
    }

    fn begin_ms(&self, visit: Visit<'_>) -> Result<Option<i64>, Problem> {
        let Some(text) = self.at.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let at_ms = typed_moment("at", text, &visit.site.zone)?;
        if at_ms < visit.now_ms {
            let sentence = format!("at={text} lies in the past; an event is still to come.");
            return Err(Problem::bad_request(sentence));
        }
        Ok(Some(at_ms))
    }

    fn wish(&self) -> String {
        let number = |value: Option<u32>| value.map(|value| value.to_string());
        let plain = |text: &Option<String>| {
            text.as_ref().filter(|text| !text.is_empty()).map(|text| form_urlencoded(text))
        };
        let all = [
            ("users", number(self.users)),
            ("hours", self.hours.map(|hours| hours.to_string())),
            ("cameras", number(self.cameras)),
            ("shares", number(self.shares)),
            ("rooms", number(self.rooms)),
            ("at", plain(&self.at)),
            ("host", plain(&self.host)),
            ("rehearsal_from", plain(&self.rehearsal_from)),
            ("rehearsal_to", plain(&self.rehearsal_to)),
        ];
        let all = all.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let all: Vec<String> = all.collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }

    /// A number as its field shows it.
    fn field(&self, name: &str) -> String {
        let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        match name {
            "users" => number(self.users),
            "hours" => self.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            "cameras" => number(self.cameras),
            "shares" => number(self.shares),
            "rooms" => number(self.rooms),
            "at" => self.at.clone().unwrap_or_default(),
            "rehearsal_from" => self.rehearsal_from.clone().unwrap_or_default(),
            "rehearsal_to" => self.rehearsal_to.clone().unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn is_host(&self, name: &str) -> bool {
        self.host.as_deref() == Some(name)
    }
}
