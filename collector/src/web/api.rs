//! Prometheus's query API, for Grafana and promtool: the same addresses, parameters and answers.

mod answer;
mod escape;
mod listing;
mod metadata;
mod parameters;
mod rules;
pub mod status;

use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use self::answer::{small, success, success_of_some};
pub use self::listing::{label_values, labels, metadata, series};
use self::parameters::Parameters;
pub use self::rules::{alerts, rules};
use super::content::Content;
use super::gate::{Asked, Gate, Kind, LONGEST};
use super::problem::{Code, Problem};
use super::site::Visit;
use crate::promql::{self, QueryError, QueryLimits, Value};

pub async fn query(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let asked = asked(&gate, &parameters)?;
    let answer = move |visit: Visit<'_>| {
        let at_ms = parameters.time("time")?.unwrap_or(visit.now_ms);
        let limits = limits(&parameters)?;
        let most = parameters.most("limit")?;
        let value = promql::instant(visit.reader(), &parameters.query(), at_ms, limits)?;
        up_to(most, visit, value, |value| answer::Instant { value, at_ms })
    };
    gate.pass(asked, answer).await
}

pub async fn query_range(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let asked = asked(&gate, &parameters)?;
    let answer = move |visit: Visit<'_>| {
        let (from_ms, to_ms) =
            (parameters.required_time("start")?, parameters.required_time("end")?);
        // What ends before it starts is told first.
        let step_ms = if to_ms < from_ms { 1 } else { parameters.step("step")? };
        let steps = promql::Steps { from_ms, to_ms, step_ms };
        let limits = limits(&parameters)?;
        let most = parameters.most("limit")?;
        let value = promql::range(visit.reader(), &parameters.query(), steps, limits)?;
        up_to(most, visit, value, |value| answer::Range { value, from_ms, step_ms })
    };
    gate.pass(asked, answer).await
}

/// An answer with as many series as were asked for, as Prometheus 3 has it.
fn up_to<T: Serialize>(
    most: Option<usize>,
    visit: Visit<'_>,
    mut value: Value,
    form: impl FnOnce(Value) -> T,
) -> Result<Content, Problem> {
    if most.is_some_and(|most| value.shorten(most)) {
        success_of_some(visit, &form(value))
    } else {
        success(visit, &form(value))
    }
}

/// The expression on as many lines as it needs.
pub async fn format_query(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        promql::show(&parameters.query(), visit.budget, |shown| {
            success(visit, &answer::Text(shown.lines()))
        })?
    };
    gate.pass(Kind::Query, answer).await
}

/// The parts of the expression.
pub async fn parse_query(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        promql::show(&parameters.query(), visit.budget, |shown| success(visit, &shown.parts()))?
    };
    gate.pass(Kind::Query, answer).await
}

/// A query, which may have less time than the longest.
fn asked(gate: &Gate, parameters: &Parameters) -> Result<Asked, Problem> {
    let time = parameters.timeout(LONGEST);
    let time: Duration = time.map_err(|error| gate.refuse(Kind::Query, error.into()))?;
    Ok(Asked::within(Kind::Query, time))
}

fn limits(parameters: &Parameters) -> Result<QueryLimits, QueryError> {
    let usual = QueryLimits::default();
    Ok(parameters.lookback_ms()?.map_or(usual, |lookback_ms| QueryLimits { lookback_ms }))
}

/// There are no exemplars.
pub async fn exemplars() -> Response {
    small(&json!([]))
}

/// In the query API's own words, which are Prometheus's.
impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let code = Code::from(&error);
        match code {
            Code::Internal => Self::internal("answer a query", &error),
            Code::NotFound
            | Code::BadRequest
            | Code::Unprocessable
            | Code::Late
            | Code::Queued
            | Code::Misdirected
            | Code::Unauthorized
            | Code::Forbidden
            | Code::Busy
            | Code::Loading
            | Code::Large
            | Code::Slow => Self::new(code, error.to_string()),
        }
    }
}
