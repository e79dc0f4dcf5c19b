//! Prometheus's query API, for Grafana and promtool: the same addresses, parameters and answers.

mod answer;
mod parameters;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawForm, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value as Json, json};

use self::answer::{failure, success};
use self::parameters::Parameters;
use super::{Site, now_ms};
use crate::promql::{self, QueryError, QueryLimits};
use crate::store::{Labels, TimeRange};

pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/query", get(query).post(query))
        .route("/query_range", get(query_range).post(query_range))
        .route("/series", get(series).post(series))
        .route("/labels", get(labels).post(labels))
        .route("/label/{name}/values", get(label_values))
        .route("/metadata", get(metadata))
        .route("/status/buildinfo", get(build_info))
}

async fn query(State(site): State<Arc<Site>>, RawForm(form): RawForm) -> Response {
    answer(move || {
        let parameters = Parameters::read(&form);
        let at_ms = parameters.time("time")?.unwrap_or_else(now_ms);
        let limits = limits(&parameters)?;
        let value = promql::instant(&site.store, parameters.required("query")?, at_ms, limits)?;
        Ok(answer::instant(&value, at_ms))
    })
    .await
}

async fn query_range(State(site): State<Arc<Site>>, RawForm(form): RawForm) -> Response {
    answer(move || {
        let parameters = Parameters::read(&form);
        let (from_ms, to_ms) =
            (parameters.required_time("start")?, parameters.required_time("end")?);
        let step_ms = parameters.step("step")?;
        let grid = (from_ms, to_ms, step_ms);
        let limits = limits(&parameters)?;
        let value = promql::range(&site.store, parameters.required("query")?, grid, limits)?;
        Ok(answer::range(&value, (from_ms, step_ms)))
    })
    .await
}

fn limits(parameters: &Parameters) -> Result<QueryLimits, QueryError> {
    let default = QueryLimits::default();
    let lookback_ms = match parameters.get("lookback_delta") {
        None => default.lookback_ms,
        Some(_) => parameters.step("lookback_delta")?,
    };
    Ok(QueryLimits { lookback_ms, ..default })
}

async fn series(State(site): State<Arc<Site>>, RawForm(form): RawForm) -> Response {
    answer(move || {
        let parameters = Parameters::read(&form);
        let matching = matching(&site, &parameters, true)?;
        let text = |labels: &Labels| answer::labels(labels);
        Ok(matching.iter().map(text).collect())
    })
    .await
}

async fn labels(State(site): State<Arc<Site>>, RawForm(form): RawForm) -> Response {
    answer(move || {
        let matching = matching(&site, &Parameters::read(&form), false)?;
        let names = matching.iter().flat_map(Labels::iter).map(|(name, _)| name);
        let unique: std::collections::BTreeSet<&str> = names.collect();
        Ok(json!(unique))
    })
    .await
}

async fn label_values(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    RawForm(form): RawForm,
) -> Response {
    answer(move || {
        if !headroom_proto::metric::is_label_name(&name) {
            return Err(QueryError::BadData(format!("invalid label name: {name:?}")));
        }
        let matching = matching(&site, &Parameters::read(&form), false)?;
        let values = matching.iter().filter_map(|labels| labels.get(&name));
        let unique: std::collections::BTreeSet<&str> = values.collect();
        Ok(json!(unique))
    })
    .await
}

/// The series that any of the `match[]` selects and that have samples between `start` and `end`.
fn matching(
    site: &Site,
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
    promql::series(&site.store, &selectors, range)
}

/// Counters end in `_total`; more is not known of a metric.
async fn metadata(State(site): State<Arc<Site>>, RawForm(form): RawForm) -> Response {
    answer(move || {
        let parameters = Parameters::read(&form);
        let names = site.store.label_values(crate::store::METRIC, &[]);
        let wanted =
            |name: &&String| parameters.get("metric").is_none_or(|metric| metric == **name);
        let entry = |name: &String| {
            let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
            (name.clone(), json!([{ "type": kind, "help": "", "unit": "" }]))
        };
        let entries: serde_json::Map<String, Json> =
            names.iter().filter(wanted).map(entry).collect();
        Ok(Json::Object(entries))
    })
    .await
}

async fn build_info() -> Response {
    // The version is that of the language served; tools choose their features by it.
    let version = env!("CARGO_PKG_VERSION");
    success(&json!({ "version": "2.42.0", "application": "headroom", "revision": version }))
}

async fn answer(work: impl FnOnce() -> Result<Json, QueryError> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(data)) => success(&data),
        Ok(Err(error)) => failure(&error),
        Err(error) => failure(&QueryError::Execution(error.to_string())),
    }
}
