//! The report on costs as a page, and as JSON, CSV and Markdown.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{failed, render};
use crate::costs::Month;
use crate::reports::costs::used::{self, Asked};
use crate::reports::costs::{Alternatives, Question, report};
use crate::reports::document::{Document, csv, json, markdown};
use crate::reports::servers::demand::{self, Demand};
use crate::reports::{self, Plans};
use crate::web::content::{CSV, Content, JSON, MARKDOWN};
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// What is asked of a report.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CostsQuery {
    /// Such as 2020-07; this month if none is named.
    month: Option<String>,
    /// The table of the CSV.
    table: Option<String>,
}

#[derive(Template)]
#[template(path = "costs.html")]
struct CostsPage<'v> {
    frame: Frame<'v>,
    document: Document,
    month: Month,
    month_words: String,
    before: Month,
    before_words: String,
    /// The month behind, if it has begun.
    after: Option<(Month, String)>,
}

pub async fn costs(gate: Gate, wishes: Wishes<CostsQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Report, move |visit: Visit<'_>| page(visit, &wishes.read()?)).await
}

pub async fn costs_json(gate: Gate, wishes: Wishes<CostsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let (_, document) = document(visit, &wishes.read()?)?;
        Ok(Content::whole(JSON, json(&document)).revalidated())
    };
    gate.pass(Kind::Report, answer).await
}

pub async fn costs_markdown(gate: Gate, wishes: Wishes<CostsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let (_, document) = document(visit, &wishes.read()?)?;
        Ok(Content::whole(MARKDOWN, markdown(&document)).revalidated())
    };
    gate.pass(Kind::Report, answer).await
}

pub async fn costs_csv(gate: Gate, wishes: Wishes<CostsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let query = wishes.read()?;
        let (_, document) = document(visit, &query)?;
        let table = query.table.as_deref().unwrap_or("balances");
        let found = csv(&document, table).ok_or_else(|| {
            let known = document.tables().join(", ");
            let of = if known.is_empty() { "no bill of this month".to_owned() } else { known };
            Problem::bad_request(format!("table={table} is none of {of}."))
        })?;
        Ok(Content::whole(CSV, found).revalidated())
    };
    gate.pass(Kind::Report, answer).await
}

fn page(visit: Visit<'_>, query: &CostsQuery) -> Result<Content, Problem> {
    let (month, document) = document(visit, query)?;
    let zone = &visit.site.zone;
    let after = Month::of(month.bounds_ms(zone).1, zone);
    let has_begun = month.bounds_ms(zone).1 <= visit.now_ms;
    let page = CostsPage {
        frame: Frame::bare(visit.site),
        document,
        month,
        month_words: month.words(),
        before: month.before(),
        before_words: month.before().words(),
        after: has_begun.then(|| (after, after.words())),
    };
    render(visit, &page)
}

fn document(visit: Visit<'_>, query: &CostsQuery) -> Result<(Month, Document), Problem> {
    let (zone, plan, now_ms) = (&visit.site.zone, &visit.site.plans.plan, visit.now_ms);
    let this = Month::of(now_ms, zone);
    let month = match &query.month {
        None => this,
        Some(text) => {
            text.parse().map_err(|error| Problem::bad_request(format!("month={text} {error}.")))?
        }
    };
    if month > this {
        return Err(Problem::bad_request(format!("month={month} has not begun.")));
    }
    // Until the last full hour, so that the same question has the same answer within an hour.
    let until_ms = Plans::hour(now_ms);
    let (from_ms, to_ms) = month.bounds_ms(zone);
    let to_ms = to_ms.min(until_ms).max(from_ms);
    let used = used::read(visit.reader(), Asked { plan, from_ms, to_ms });
    let used = used.map_err(|error| failed(&error))?;
    let weeks = used::weeks(visit.reader(), plan, until_ms).map_err(|error| failed(&error))?;
    let carried = carried(visit, until_ms)?;
    let alternatives = plan.offers.as_deref().zip(carried.as_ref());
    let sent_bytes = sent_bytes(visit)?;
    let alternatives =
        alternatives.map(|(catalogue, carried)| Alternatives { catalogue, carried, sent_bytes });
    let question =
        Question { plan, month, used: &used, weeks: &weeks, alternatives, until_ms, zone };
    Ok((month, report(question)))
}

/// What the host carried whose rooms are to move, where the file of offers names one.
fn carried(visit: Visit<'_>, until_ms: i64) -> Result<Option<Demand>, Problem> {
    let offers = visit.site.plans.plan.offers.as_ref();
    let Some(host) = offers.and_then(|offers| offers.choice.host.as_ref()) else {
        return Ok(None);
    };
    demand::carried(visit.reader(), host, until_ms).map(Some).map_err(|error| failed(&error))
}

/// What all hosts sent for organisations in four weeks, where all their models are made.
fn sent_bytes(visit: Visit<'_>) -> Result<Option<f64>, Problem> {
    let hosts = reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    let of = |host: &String| {
        let model = visit.site.plans.known(host)?;
        Some(model.usage.organisations.iter().map(|one| one.bytes).sum::<f64>())
    };
    Ok(hosts.iter().map(of).sum())
}
