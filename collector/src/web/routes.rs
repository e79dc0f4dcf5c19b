//! Every address, by who may ask for it. Each group has one layer, through which all of its requests
//! pass.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{delete, get, post};

use super::doors::{Door, Group, admit};
use super::gate::Gate;
use super::pages::Form::{Csv, Json, Markdown};
use super::problem::Problem;
use super::site::Site;
use super::{
    Linked, alertmanager, answers, api, assets, check, cross_origin, heartbeats, links, meetings,
    metrics, pages, pictures, placement, probe, problem, ready, reload, remote_write, rounds,
};

/// What a browser sends of a check at most, in bytes; links and heartbeats have less.
const CHECK_BYTES: usize = 16 << 10;

/// All groups together.
pub fn routes(site: &Arc<Site>) -> Router {
    let gate = Gate::new(Arc::clone(site));
    let for_group = |group, routes: Router| {
        let door = Door { group, site: Arc::clone(site) };
        routes.route_layer(from_fn_with_state(door, admit))
    };
    Router::new()
        .merge(for_group(Group::Public, public(site)))
        .merge(for_group(Group::Reader, reader(gate, site)))
        .merge(for_group(Group::Writer, writer(site)))
        .merge(for_group(Group::Admin, admin(site)))
        .fallback(problem::not_found)
        .layer(from_fn_with_state(Arc::clone(site), cross_origin::answer))
        .layer(from_fn_with_state(Arc::clone(site), problem::present))
        .layer(map_response(secure))
}

fn public(site: &Arc<Site>) -> Router {
    Router::new()
        .route("/assets/{file}", get(assets::asset))
        .route("/favicon.ico", get(assets::icon))
        .route("/-/healthy", get(async || "healthy\n"))
        .route("/-/ready", get(ready::ready))
        .with_state(Arc::clone(site))
}

/// What reads samples knows the gate only; the figures of the collector itself must be there also
/// when no place is left.
fn reader(gate: Gate, site: &Arc<Site>) -> Router {
    Router::new()
        .route("/", get(pages::fleet))
        .route("/hosts/{instance}", get(pages::host))
        .route("/latency", get(pages::latency))
        .route("/latency.csv", get(pages::latency_csv))
        .route("/latency.json", get(pages::latency_json))
        .route("/latency/{datacentre}", get(pages::datacentre))
        .route("/latency/{datacentre}/{vantage}", get(pages::vantage))
        .route("/latency/{datacentre}/{vantage}/{file}", get(rounds::rounds))
        .route("/probe", get(probe::probe))
        .route("/reference", get(pages::reference))
        .route("/reference.csv", get(pages::reference_csv))
        .route("/reference.json", get(pages::reference_json))
        .route("/rooms", get(pages::rooms))
        .route("/rooms.csv", get(pages::rooms_csv))
        .route("/rooms.json", get(pages::rooms_json))
        .route("/rooms/{file}", get(meetings::meetings))
        .route("/alerts", get(pages::alerts))
        .route("/alerts/duty.ics", get(pages::duty))
        .route("/graphs/{instance}/{graph}/{file}", get(pictures::picture))
        .route("/api/v1/query", get(api::query).post(api::query))
        .route("/api/v1/query_range", get(api::query_range).post(api::query_range))
        .route("/api/v1/query_exemplars", get(api::exemplars).post(api::exemplars))
        .route("/api/v1/format_query", get(api::format_query).post(api::format_query))
        .route("/api/v1/parse_query", get(api::parse_query).post(api::parse_query))
        .route("/api/v1/series", get(api::series).post(api::series))
        .route("/api/v1/labels", get(api::labels).post(api::labels))
        .route("/api/v1/label/{name}/values", get(api::label_values))
        .route("/api/v1/metadata", get(api::metadata))
        .route("/api/v1/rules", get(api::rules))
        .route("/api/v1/alerts", get(api::alerts))
        .route("/api/v2/status", get(alertmanager::status))
        .route("/api/v2/receivers", get(alertmanager::receivers))
        .route("/api/v2/alerts", get(alertmanager::alerts))
        .route("/api/v2/alerts/groups", get(alertmanager::groups))
        .route("/api/v2/silences", get(alertmanager::silences))
        .route("/api/v2/silence/{id}", get(alertmanager::silence))
        .route("/api/v1/targets", get(api::status::targets))
        .route("/api/v1/targets/metadata", get(api::status::targets_metadata))
        .route("/api/v1/scrape_pools", get(api::status::scrape_pools))
        .route("/api/v1/alertmanagers", get(api::status::alert_managers))
        .route("/api/v1/status/buildinfo", get(api::status::build_info))
        .route("/api/v1/status/config", get(api::status::configuration))
        .route("/api/v1/status/flags", get(api::status::flags))
        .route("/api/v1/status/runtimeinfo", get(api::status::runtime_info))
        .route("/api/v1/status/tsdb", get(api::status::store))
        .route("/api/v1/status/walreplay", get(api::status::replay))
        .with_state(gate.clone())
        .merge(planning(gate))
        .route("/metrics", get(metrics::metrics).with_state(Arc::clone(site)))
}

/// What planners ask: a part of what reads samples.
fn planning(gate: Gate) -> Router {
    Router::new()
        .route("/planning/capacity", get(pages::capacity))
        .route("/planning/costs", get(pages::costs))
        .route("/planning/costs.csv", get(pages::costs_csv))
        .route("/planning/costs.json", get(pages::costs_json))
        .route("/planning/costs.md", get(pages::costs_markdown))
        .route("/planning/cycles", get(pages::cycles))
        .route("/planning/cycles.csv", get(async |g, w| pages::cycles_file(g, w, Csv).await))
        .route("/planning/cycles.json", get(async |g, w| pages::cycles_file(g, w, Json).await))
        .route("/planning/cycles.md", get(async |g, w| pages::cycles_file(g, w, Markdown).await))
        .route("/planning/", get(pages::planning))
        .route("/planning", get(async || Redirect::permanent("/planning/")))
        .route("/planning/servers", get(pages::servers))
        .route("/planning/servers.csv", get(async |g, w| pages::servers_file(g, w, Csv).await))
        .route("/planning/servers.json", get(async |g, w| pages::servers_file(g, w, Json).await))
        .route("/planning/servers.md", get(async |g, w| pages::servers_file(g, w, Markdown).await))
        .route("/planning/servers.svg", get(pages::servers_picture))
        .route("/planning/servers/map.svg", get(pages::servers_map))
        .route("/planning/event", get(pages::event))
        .route("/planning/event.csv", get(async |g, w| pages::event_file(g, w, Csv).await))
        .route("/planning/event.json", get(async |g, w| pages::event_file(g, w, Json).await))
        .route("/planning/event.md", get(async |g, w| pages::event_file(g, w, Markdown).await))
        .route("/planning/meeting", get(pages::meeting))
        .route("/planning/meeting.csv", get(async |g, w| pages::meeting_file(g, w, Csv).await))
        .route("/planning/meeting.json", get(async |g, w| pages::meeting_file(g, w, Json).await))
        .route("/planning/meeting.md", get(async |g, w| pages::meeting_file(g, w, Markdown).await))
        .route("/planning/meeting.wiki", get(pages::meeting_wiki))
        .route("/planning/{file}", get(pages::capacity_file))
        .route("/api/v1/placement", get(placement::placement))
        .with_state(gate)
}

fn writer(site: &Arc<Site>) -> Router {
    Router::new().route("/api/v1/write", post(remote_write::write)).with_state(Arc::clone(site))
}

fn admin(site: &Arc<Site>) -> Router {
    Router::new()
        .route("/api/v1/snapshot", post(snapshot))
        .route("/api/v1/snapshot/reference", post(snapshot_of_reference))
        .route("/-/reload", post(reload::reload).put(reload::reload))
        .route("/alerts/answer", post(answers::answer))
        .route("/alerts/unsilence", post(answers::unsilence))
        .route("/api/v2/alerts", post(alertmanager::post_alerts))
        .route("/api/v2/silences", post(alertmanager::post_silence))
        .route("/api/v2/silence/{id}", delete(alertmanager::delete_silence))
        .with_state(Arc::clone(site))
}

/// What the second listener serves: it needs no names, for a link and a token are their own proof.
pub fn linked(Linked { oncall, checks }: Linked) -> Router {
    Router::new()
        .route("/a/{token}", get(links::show).post(links::act))
        .route("/heartbeat/{name}", get(heartbeats::hear).post(heartbeats::hear))
        .with_state(oncall)
        .route("/latency/check", get(check::show).post(check::take))
        .route("/latency/check.js", get(check::script))
        .layer(DefaultBodyLimit::max(CHECK_BYTES))
        .with_state(checks)
}

async fn snapshot(State(site): State<Arc<Site>>) -> Response {
    site.snapshots.answer()
}

/// The reference table as it is kept, beside the store.
async fn snapshot_of_reference(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    // Reading and writing it takes a while.
    let table = tokio::task::spawn_blocking(move || {
        site.reference.table().map(|table| table.map(|table| table.text()))
    });
    let failed =
        |error: &(dyn Error + 'static)| Problem::internal("read the reference table", error);
    match table.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))? {
        Some(text) => Ok(text.into_response()),
        None => Err(Problem::not_found("No reference table has been imported.")),
    }
}

/// Nothing is loaded from elsewhere, and nobody frames the pages.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
