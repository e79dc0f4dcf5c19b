//! The overview of all hosts, and the page of one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use jiff::Timestamp;

use super::problem::Problem;
use super::{Site, now_ms, words};
use crate::fleet::{self, HostState};
use crate::graphs::{self, Period, Span};

const FEW_HOSTS: usize = 2;

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage {
    headline: String,
    zone: String,
    hosts: Vec<HostRow>,
    pictures: Vec<Picture>,
}

#[derive(Template)]
#[template(path = "host.html")]
struct HostPage {
    zone: String,
    row: HostRow,
    pictures: Vec<Picture>,
}

/// A host as a row of the table.
struct HostRow {
    instance: String,
    silent: bool,
    sends: String,
    receives: String,
    peak: String,
    peak_at: String,
    devices: Vec<String>,
    limit: String,
    headroom: String,
    used: String,
    lost_frames: u64,
    report_ago: String,
    report_at: String,
    report_ms: i64,
    sparkline: String,
}

/// A picture and its other forms.
struct Picture {
    instance: String,
    period: &'static str,
    last: &'static str,
    summary: String,
}

impl HostRow {
    fn of(host: &HostState, now_ms: i64) -> Self {
        let used = host.peak.zip(host.limit).map(|((peak, _), limit)| peak / limit * 100.0);
        Self {
            instance: host.instance.clone(),
            silent: host.silent,
            sends: words::megabits(host.sends),
            receives: words::megabits(host.receives),
            peak: words::megabits(host.peak.map(|(peak, _)| peak)),
            peak_at: host.peak.map(|(_, at)| iso(at)).unwrap_or_default(),
            devices: host.devices.clone(),
            limit: words::megabits(host.limit),
            headroom: words::megabits(host.headroom()),
            used: used.map_or_else(String::new, |percent| format!("{percent:.0} %")),
            lost_frames: host.lost_frames,
            report_ago: words::ago((now_ms - host.last_report_ms) / 1000),
            report_at: iso(host.last_report_ms),
            report_ms: host.last_report_ms,
            sparkline: words::sparkline(&host.day),
        }
    }
}

pub async fn fleet(State(site): State<Arc<Site>>) -> Result<Html<String>, Problem> {
    blocking(move || {
        let now_ms = now_ms();
        let hosts = fleet::hosts(&site.store, now_ms).map_err(|e| internal(&e))?;
        let mut pictures = Vec::new();
        for host in &hosts {
            // With few hosts there is room for the last hour beside the day.
            let periods: &[Period] = match (host.is_new(now_ms), hosts.len() <= FEW_HOSTS) {
                (true, true) => &[Period::Minutes, Period::Hour],
                (true, false) => &[Period::Minutes],
                (false, true) => &[Period::Hour, Period::Day],
                (false, false) => &[Period::Day],
            };
            for period in periods {
                pictures.push(picture(&site, &host.instance, (*period, now_ms))?);
            }
        }
        let page = FleetPage {
            headline: words::headline(&hosts),
            zone: site_zone(&site),
            hosts: hosts.iter().map(|host| HostRow::of(host, now_ms)).collect(),
            pictures,
        };
        page.render().map_err(|e| internal(&e))
    })
    .await
}

pub async fn host(
    State(site): State<Arc<Site>>,
    Path(instance): Path<String>,
) -> Result<Html<String>, Problem> {
    blocking(move || {
        let now_ms = now_ms();
        let host = fleet::host(&site.store, &instance, now_ms).map_err(|e| internal(&e))?;
        let Some(host) = host else {
            let sentence = format!("No host {instance} has reported in a month; / lists all.");
            return Err(Problem::not_found(sentence));
        };
        let picture = |period| picture(&site, &instance, (period, now_ms));
        let new: &[Period] = if host.is_new(now_ms) { &[Period::Minutes] } else { &[] };
        let page = HostPage {
            zone: site_zone(&site),
            row: HostRow::of(&host, now_ms),
            pictures: new
                .iter()
                .copied()
                .chain([Period::Hour, Period::Day])
                .map(picture)
                .collect::<Result<_, Problem>>()?,
        };
        page.render().map_err(|e| internal(&e))
    })
    .await
}

fn picture(
    site: &Site,
    instance: &str,
    (period, now_ms): (Period, i64),
) -> Result<Picture, Problem> {
    let definition = graphs::definition("network").expect("part of the program");
    let span = Span::ending(period, now_ms, site.zone.clone());
    let graph = graphs::gather(&site.store, definition, (instance, None), (span, now_ms));
    let summary = graphs::summary(&graph.map_err(|error| internal(&error))?);
    Ok(Picture {
        instance: instance.to_owned(),
        period: period.name(),
        last: period.words(),
        summary,
    })
}

async fn blocking(
    work: impl FnOnce() -> Result<String, Problem> + Send + 'static,
) -> Result<Html<String>, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| internal(&error))?.map(Html)
}

fn internal(error: &dyn std::fmt::Display) -> Problem {
    Problem::internal("make the page", error)
}

fn site_zone(site: &Site) -> String {
    match site.zone.iana_name() {
        None | Some("Etc/UTC") => "UTC".into(),
        Some(name) => name.into(),
    }
}

fn iso(timestamp_ms: i64) -> String {
    Timestamp::from_millisecond(timestamp_ms).map_or_else(|_| String::new(), |at| at.to_string())
}
