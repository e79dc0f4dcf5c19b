//! The report on cycles of bills as a page, and as JSON, CSV and Markdown.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::forms::{Form, TableName, formed};
use super::{failed, render};
use crate::reports::Plans;
use crate::reports::cycles::report;
use crate::reports::document::Document;
use crate::reports::plan::HostContract;
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// What is asked of a report.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CyclesQuery {
    /// One host alone.
    host: Option<String>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "cycles.html")]
struct CyclesPage<'v> {
    frame: Frame<'v>,
    document: Document,
    until: String,
}

pub async fn cycles(gate: Gate, wishes: Wishes<CyclesQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| page(visit, &wishes.read()?)).await
}

pub async fn cycles_file(
    gate: Gate,
    wishes: Wishes<CyclesQuery>,
    form: Form,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let query = wishes.read()?;
        let document = document(visit, &query)?;
        formed(&document, form, TableName { asked: query.table.as_deref(), usual: "cycles" })
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: &CyclesQuery) -> Result<Content, Problem> {
    let document = document(visit, query)?;
    let at = jiff::Timestamp::from_millisecond(document.until_ms).unwrap_or_default();
    let until = at.to_zoned(visit.site.zone.clone()).strftime("%a %-d %B %Y %H:%M").to_string();
    render(visit, &CyclesPage { frame: Frame::bare(visit.site), document, until })
}

fn document(visit: Visit<'_>, query: &CyclesQuery) -> Result<Document, Problem> {
    let plans = &visit.site.plans;
    let until_ms = Plans::hour(visit.now_ms);
    let asked = query.host.as_ref().filter(|host| !host.is_empty());
    let is_asked = |one: &&HostContract| asked.is_none_or(|host| *host == one.instance);
    let mut cycles = Vec::new();
    for contract in plans.plan.contracts.iter().filter(is_asked) {
        let cycle = plans.cycle(visit.reader(), contract, visit.now_ms);
        cycles.push(cycle.map_err(|error| failed(&error))?);
    }
    if let (Some(host), true) = (asked, cycles.is_empty()) {
        return Err(Problem::not_found(format!("There is no contract of a host {host}.")));
    }
    Ok(report(cycles, until_ms))
}
