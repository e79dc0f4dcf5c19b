//! The report on servers as a page with a picture, and as JSON, CSV and Markdown.

mod picture;

pub use self::picture::{servers_map, servers_picture};

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use self::picture::Mapped;
use super::forms::{Form, TableName, formed};
use super::{failed, render};
use crate::latency;
use crate::reports::document::Document;
use crate::reports::servers::demand;
use crate::reports::servers::{Catalogue, Found, Published, Question, bytes, report};
use crate::reports::{self, Plans, Sources, Wanted};
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// What is asked of a report.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ServersQuery {
    /// Whose rooms are to move; as the file of offers has it, or the host that sent most.
    host: Option<String>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "servers.html")]
struct ServersPage<'v> {
    frame: Frame<'v>,
    /// None where no offers are configured.
    document: Option<Document>,
    /// The address of the picture; empty where there is nothing to draw.
    picture: String,
    /// That of the map, and how high it is, full and narrow.
    map: Option<Mapped>,
    host: String,
    /// All hosts that it can be asked of.
    hosts: Vec<String>,
    until: String,
}

pub async fn servers(gate: Gate, wishes: Wishes<ServersQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| page(visit, &wishes.read()?)).await
}

pub async fn servers_file(
    gate: Gate,
    wishes: Wishes<ServersQuery>,
    form: Form,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let query = wishes.read()?;
        let hosts = hosts(visit)?;
        let host = host(visit, &query, &hosts)?;
        let found = found(visit, &host)?.ok_or_else(without_offers)?;
        let name = TableName { asked: query.table.as_deref(), usual: "offers" };
        formed(&found.document, form, name)
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: &ServersQuery) -> Result<Content, Problem> {
    let hosts = hosts(visit)?;
    let has_offers = visit.site.plans.plan.offers.is_some();
    let host = if has_offers { host(visit, query, &hosts)? } else { String::new() };
    let found = if has_offers { found(visit, &host)? } else { None };
    let is_drawn = found.as_ref().is_some_and(|found| !found.beside.is_empty());
    let picture = if is_drawn { picture::address(&host) } else { String::new() };
    let map = found.as_ref().and_then(|found| Mapped::of(visit, found, &host));
    let document = found.map(|found| found.document.clone());
    let at = jiff::Timestamp::from_millisecond(Plans::hour(visit.now_ms)).unwrap_or_default();
    let until = at.to_zoned(visit.site.zone.clone()).strftime("%a %-d %B %Y %H:%M").to_string();
    let frame = Frame::bare(visit.site);
    render(visit, &ServersPage { frame, document, picture, map, host, hosts, until })
}

fn hosts(visit: Visit<'_>) -> Result<Vec<String>, Problem> {
    reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))
}

/// Whose rooms are to move.
fn host(visit: Visit<'_>, query: &ServersQuery, hosts: &[String]) -> Result<String, Problem> {
    let plan = &visit.site.plans.plan;
    let configured = plan.offers.as_ref().and_then(|offers| offers.choice.host.clone());
    match query.host.clone().filter(|host| !host.is_empty()).or(configured) {
        Some(host) if hosts.contains(&host) => Ok(host),
        Some(host) => {
            let sentence = format!("There is no host {host} with rooms");
            Err(Problem::not_found(sentence).with(Way::Rooms))
        }
        None => busiest(visit, hosts),
    }
}

/// The host that sent most in a minute.
fn busiest(visit: Visit<'_>, hosts: &[String]) -> Result<String, Problem> {
    let sources = Sources { reader: visit.reader(), records: &visit.site.records };
    let mut most: Option<(f64, &String)> = None;
    for host in hosts {
        let model = visit.site.plans.model(sources, host, visit.now_ms);
        let peak = model.map_err(|error| failed(&error))?.load.peak_mbit;
        if most.is_none_or(|(known, _)| peak > known) {
            most = Some((peak, host));
        }
    }
    let sentence = "There is no host with rooms whose rooms could move";
    most.map(|(_, host)| host.clone()).ok_or_else(|| Problem::not_found(sentence).with(Way::Rooms))
}

fn without_offers() -> Problem {
    let sentence = "No offers are configured: write offers = \"offers.toml\" into the \
                    collector's configuration.";
    Problem::not_found(sentence)
}

/// What offers make of a host's rooms; none where there are no offers.
fn found(visit: Visit<'_>, host: &str) -> Result<Option<Arc<Found>>, Problem> {
    let Some(catalogue) = visit.site.plans.plan.offers.as_ref().map(Arc::clone) else {
        return Ok(None);
    };
    let find = || find(visit, &catalogue, host);
    let wanted = Wanted { instance: host, now_ms: visit.now_ms };
    visit.site.plans.found(visit.reader(), wanted, find).map(Some)
}

fn find(visit: Visit<'_>, catalogue: &Catalogue, host: &str) -> Result<Found, Problem> {
    let (site, now_ms) = (visit.site, visit.now_ms);
    let sources = Sources { reader: visit.reader(), records: &site.records };
    let model = site.plans.model(sources, host, now_ms).map_err(|error| failed(&error))?;
    let until_ms = Plans::hour(now_ms);
    let demand = demand::read(visit.reader(), &model, until_ms).map_err(|error| failed(&error))?;
    let paths = latency::paths(visit.reader(), &visit.places(), now_ms);
    let paths = paths.map_err(|error| failed(&error))?;
    let table = site.reference.table();
    let table = table.map_err(|error| Problem::internal("read the reference table", &error))?;
    let published = table.as_deref().map(Published::of);
    let _memory = visit.budget.lend(bytes(&demand)).map_err(|error| failed(&error))?;
    Ok(report(Question {
        catalogue,
        host,
        demand: &demand,
        members: &site.plans.plan.members,
        paths: &paths,
        published: published.as_ref(),
        until_ms,
        zone: &site.zone,
    }))
}
