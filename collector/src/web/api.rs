//! Prometheus's query API, for Grafana and promtool: the same addresses, parameters and answers.

mod answer;
mod gate;
mod metadata;
mod parameters;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use self::answer::success;
use self::gate::{Gate, MAX_TIME};
use self::parameters::Parameters;
use super::site::Visit;
use super::{Site, now_ms};
use crate::promql::{self, QueryError, QueryLimits};
use crate::samples::{Labels, METRIC, Selection, Stop, TimeRange};

pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/query", get(query).post(query))
        .route("/query_range", get(query_range).post(query_range))
        .route("/series", get(series).post(series))
        .route("/labels", get(labels).post(labels))
        .route("/label/{name}/values", get(label_values))
        .route("/metadata", get(metadata))
        .route("/status/buildinfo", get(build_info))
        // Grafana asks for these and shows what it finds.
        .route("/query_exemplars", get(nothing).post(nothing))
        .route("/rules", get(async || success(&json!({ "groups": [] }))))
        .route("/alerts", get(async || success(&json!({ "alerts": [] }))))
        .fallback(async || (StatusCode::NOT_FOUND, "404 page not found\n"))
        .layer(Extension(Gate::new()))
}

async fn query(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    parameters: Parameters,
) -> Response {
    let (counts, timeout) = (Arc::clone(&site.counts), parameters.timeout(MAX_TIME));
    let work = move |stop| {
        let at_ms = parameters.time("time")?.unwrap_or_else(now_ms);
        let limits = limits(&parameters)?;
        let budget = site.budget(stop);
        let reader = Visit { site: &site, budget: &budget }.reader();
        let value = promql::instant(reader, parameters.query(), at_ms, limits)?;
        Ok(answer::Instant { value, at_ms })
    };
    gate.pass(&counts, timeout, work).await
}

async fn query_range(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    parameters: Parameters,
) -> Response {
    let (counts, timeout) = (Arc::clone(&site.counts), parameters.timeout(MAX_TIME));
    let work = move |stop| {
        let (from_ms, to_ms) =
            (parameters.required_time("start")?, parameters.required_time("end")?);
        let step_ms = parameters.step("step")?;
        let grid = (from_ms, to_ms, step_ms);
        let limits = limits(&parameters)?;
        let budget = site.budget(stop);
        let reader = Visit { site: &site, budget: &budget }.reader();
        let value = promql::range(reader, parameters.query(), grid, limits)?;
        Ok(answer::Range { value, from_ms, step_ms })
    };
    gate.pass(&counts, timeout, work).await
}

fn limits(parameters: &Parameters) -> Result<QueryLimits, QueryError> {
    let default = QueryLimits::default();
    let lookback_ms = match parameters.get("lookback_delta") {
        None => default.lookback_ms,
        Some(_) => parameters.step("lookback_delta")?,
    };
    Ok(QueryLimits { lookback_ms, ..default })
}

async fn series(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    parameters: Parameters,
) -> Response {
    let counts = Arc::clone(&site.counts);
    let work = move |stop| Ok(answer::Metrics(matching((&site, stop), &parameters, true)?));
    gate.pass(&counts, Ok(MAX_TIME), work).await
}

async fn labels(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    parameters: Parameters,
) -> Response {
    let counts = Arc::clone(&site.counts);
    let work = move |stop| {
        let matching = matching((&site, stop), &parameters, false)?;
        let names = matching.iter().flat_map(Labels::iter).map(|(name, _)| name);
        let unique: std::collections::BTreeSet<&str> = names.collect();
        Ok(json!(unique))
    };
    gate.pass(&counts, Ok(MAX_TIME), work).await
}

async fn label_values(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Response {
    let counts = Arc::clone(&site.counts);
    let work = move |stop| {
        if !headroom_proto::metric::is_label_name(&name) {
            return Err(QueryError::BadData(format!("invalid label name: {name:?}")));
        }
        let matching = matching((&site, stop), &parameters, false)?;
        let values = matching.iter().filter_map(|labels| labels.get(&name));
        let unique: std::collections::BTreeSet<&str> = values.collect();
        Ok(json!(unique))
    };
    gate.pass(&counts, Ok(MAX_TIME), work).await
}

/// The series that any of the `match[]` selects and that have samples between `start` and `end`.
fn matching(
    (site, stop): (&Site, Stop),
    parameters: &Parameters,
    required: bool,
) -> Result<Vec<Labels>, QueryError> {
    let range = TimeRange {
        from_ms: parameters.time("start")?.unwrap_or(0),
        to_ms: parameters.time("end")?.unwrap_or(i64::MAX),
    };
    let selectors = parameters.all("match[]");
    if required && selectors.is_empty() {
        return Err(QueryError::BadData("no match[] parameter provided".into()));
    }
    let budget = site.budget(stop);
    promql::series(Visit { site, budget: &budget }.reader(), &selectors, range)
}

/// What is known of the metrics that have series.
async fn metadata(
    State(site): State<Arc<Site>>,
    Extension(gate): Extension<Gate>,
    parameters: Parameters,
) -> Response {
    let counts = Arc::clone(&site.counts);
    let work = move |stop| {
        let limit = parameters.limit("limit")?.unwrap_or(usize::MAX);
        let budget = site.budget(stop);
        let all = Selection::ever(&[]);
        let reader = Visit { site: &site, budget: &budget }.reader();
        let names = reader.label_values(all, METRIC)?;
        Ok(json!(metadata::of(&names, parameters.get("metric"), limit)))
    };
    gate.pass(&counts, Ok(MAX_TIME), work).await
}

async fn build_info() -> Response {
    // The version is that of the language served; tools choose their features by it.
    let version = env!("CARGO_PKG_VERSION");
    success(&json!({ "version": "2.42.0", "application": "headroom", "revision": version }))
}

/// There are no exemplars.
async fn nothing() -> Response {
    success(&json!([]))
}
