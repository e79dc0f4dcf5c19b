//! The report on servers as a page, and as JSON, CSV and Markdown.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::forms::{Form, TableName, formed};
use super::{failed, render};
use crate::latency;
use crate::reports::document::Document;
use crate::reports::servers::demand;
use crate::reports::servers::{Question, bytes, report};
use crate::reports::{self, Plans, Sources};
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
        let document = document(visit, &host)?.ok_or_else(|| {
            let sentence = "No offers are configured: write offers = \"offers.toml\" into the \
                            collector's configuration.";
            Problem::not_found(sentence)
        })?;
        let name = TableName { asked: query.table.as_deref(), usual: "offers" };
        formed(&document, form, name)
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: &ServersQuery) -> Result<Content, Problem> {
    let hosts = hosts(visit)?;
    let has_offers = visit.site.plans.plan.offers.is_some();
    let host = if has_offers { host(visit, query, &hosts)? } else { String::new() };
    let document = if has_offers { document(visit, &host)? } else { None };
    let at = jiff::Timestamp::from_millisecond(Plans::hour(visit.now_ms)).unwrap_or_default();
    let until = at.to_zoned(visit.site.zone.clone()).strftime("%a %-d %B %Y %H:%M").to_string();
    render(visit, &ServersPage { frame: Frame::bare(visit.site), document, host, hosts, until })
}

fn hosts(visit: Visit<'_>) -> Result<Vec<String>, Problem> {
    reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))
}

/// Whose rooms are to move.
fn host(visit: Visit<'_>, query: &ServersQuery, hosts: &[String]) -> Result<String, Problem> {
    let plan = &visit.site.plans.plan;
    let configured = plan.offers.as_ref().and_then(|offers| offers.choice.host.clone());
    match query.host.clone().or(configured) {
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

fn document(visit: Visit<'_>, host: &str) -> Result<Option<Document>, Problem> {
    let (site, now_ms) = (visit.site, visit.now_ms);
    let Some(catalogue) = site.plans.plan.offers.as_ref().map(Arc::clone) else {
        return Ok(None);
    };
    let sources = Sources { reader: visit.reader(), records: &site.records };
    let model = site.plans.model(sources, host, now_ms).map_err(|error| failed(&error))?;
    let until_ms = Plans::hour(now_ms);
    let demand = demand::read(visit.reader(), &model, until_ms).map_err(|error| failed(&error))?;
    let paths = latency::paths(visit.reader(), &visit.places(), now_ms);
    let paths = paths.map_err(|error| failed(&error))?;
    let _memory = visit.budget.lend(bytes(&demand)).map_err(|error| failed(&error))?;
    Ok(Some(report(Question {
        catalogue: &catalogue,
        host,
        demand: &demand,
        members: &site.plans.plan.members,
        paths: &paths,
        until_ms,
        zone: &site.zone,
    })))
}
