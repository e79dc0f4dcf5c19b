//! What Prometheus says of itself, as clients ask for it: of a server that scrapes nothing, alerts
//! nobody and keeps what it is sent.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{small, success};
use super::parameters::Parameters;
use crate::moments::iso;
use crate::promql::{QueryError, QueryLimits};
use crate::store::{Amount, StoreState};
use crate::web::gate::{Gate, Kind, LONGEST};
use crate::web::problem::{Code, Problem};
use crate::web::site::Visit;

/// The most entries of each kind of statistics, and how many there are unless asked otherwise.
const MOST_STATISTICS: usize = 10_000;
const USUAL_STATISTICS: usize = 10;

/// What a Prometheus without a configuration has.
const CONFIGURATION: &str = "global:\n  scrape_interval: 1m\n  scrape_timeout: 10s\n  \
                             evaluation_interval: 1m\n";

pub async fn build_info() -> Response {
    // The version is that of the language served; tools choose their features by it.
    let version = env!("CARGO_PKG_VERSION");
    small(&json!({
        "version": "2.42.0",
        "application": "headroom",
        "revision": version,
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}

/// Nothing is scraped.
pub async fn targets() -> Response {
    small(&json!({ "activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {} }))
}

/// Nor is there anything that would be.
pub async fn scrape_pools() -> Response {
    small(&json!({ "scrapePools": [] }))
}

/// What scraped targets say of their metrics.
pub async fn targets_metadata() -> Response {
    small(&json!([]))
}

/// Nobody is told of alerts.
pub async fn alert_managers() -> Response {
    small(&json!({ "activeAlertmanagers": [], "droppedAlertmanagers": [] }))
}

/// The log is read before anything is served.
pub async fn replay() -> Response {
    small(&json!({ "min": 0, "max": 0, "current": 0 }))
}

/// Nothing of the collector's own configuration, in which tokens are, is told.
pub async fn configuration() -> Response {
    small(&json!({ "yaml": CONFIGURATION }))
}

/// The settings by Prometheus's names that there are here too.
pub async fn flags(gate: Gate) -> Result<Response, Problem> {
    let answer = |visit: Visit<'_>| {
        let lookback = QueryLimits::default().lookback_ms / 1000;
        success(
            visit,
            &json!({
                "query.lookback-delta": format!("{lookback}s"),
                "query.timeout": format!("{}s", LONGEST.as_secs()),
                "storage.tsdb.retention.time": retention(visit),
                "web.enable-admin-api": "false",
                "web.enable-lifecycle": "false",
                "web.enable-remote-write-receiver": "true",
            }),
        )
    };
    gate.pass(Kind::Listing, answer).await
}

pub async fn runtime_info(gate: Gate) -> Result<Response, Problem> {
    let answer = |visit: Visit<'_>| {
        let state = visit.site.records.state();
        let started = iso(visit.site.started_ms);
        success(
            visit,
            &json!({
                "startTime": started,
                "serverTime": iso(visit.now_ms),
                "CWD": "/",
                "reloadConfigSuccess": true,
                "lastConfigTime": started,
                "corruptionCount": state.counts.damaged,
                "goroutineCount": 0,
                "GOMAXPROCS": std::thread::available_parallelism().map_or(1, usize::from),
                "GOGC": "",
                "GODEBUG": "",
                "storageRetention": retention(visit),
            }),
        )
    };
    gate.pass(Kind::Listing, answer).await
}

/// What makes the store large.
pub async fn store(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let most = statistics(parameters.get("limit").as_deref())?;
        let found = visit.site.records.cardinality(most, visit.budget).map_err(QueryError::from)?;
        let state = visit.site.records.state();
        success(
            visit,
            &json!({
                "headStats": head(visit, &state, found.pairs),
                "seriesCountByMetricName": Amounts(&found.series_by_metric),
                "labelValueCountByLabelName": Amounts(&found.values_by_label),
                "memoryInBytesByLabelName": Amounts(&found.bytes_by_label),
                "seriesCountByLabelValuePair": Amounts(&found.series_by_pair),
            }),
        )
    };
    gate.pass(Kind::Listing, answer).await
}

fn head(visit: Visit<'_>, state: &StoreState, pairs: u64) -> Value {
    let reach = visit.site.records.in_memory();
    json!({
        "numSeries": state.living_series,
        "numLabelPairs": pairs,
        "chunkCount": state.head_samples,
        "minTime": reach.map_or(i64::MAX, |reach| reach.from_ms),
        "maxTime": reach.map_or(i64::MIN, |reach| reach.to_ms),
    })
}

/// How many entries are asked for, as Prometheus reads it.
fn statistics(asked: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = asked else { return Ok(USUAL_STATISTICS) };
    let number = text.parse().ok().filter(|number| *number >= 1);
    let number = number.ok_or_else(|| {
        Problem::new(Code::BadRequest, "limit must be a positive number".to_owned())
    })?;
    if number > MOST_STATISTICS {
        let message = format!("limit must not exceed {MOST_STATISTICS}");
        return Err(Problem::new(Code::BadRequest, message));
    }
    Ok(number)
}

/// How long samples are kept, in days.
fn retention(visit: Visit<'_>) -> String {
    format!("{}d", visit.site.remote_write.oldest().as_secs() / 86_400)
}

/// Amounts as Prometheus lists them.
struct Amounts<'a>(&'a [Amount]);

impl Serialize for Amounts<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = |amount: &Amount| json!({ "name": amount.name, "value": amount.value });
        serializer.collect_seq(self.0.iter().map(entry))
    }
}
