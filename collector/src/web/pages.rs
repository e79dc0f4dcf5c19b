//! Pages: what they share, and a file for each.

mod fleet;
mod host;
mod picture;
mod rooms;

use std::error::Error;

use axum::response::Html;
use jiff::Timestamp;

pub use self::fleet::fleet;
pub use self::host::host;
pub use self::rooms::{rooms, rooms_csv, rooms_json};
use super::problem::Problem;
use super::{Site, now_ms, words};
use crate::graphs::Period;
use crate::rooms::Moment;

/// A link to the same page over another period.
struct RangeLink {
    name: &'static str,
    words: &'static str,
    current: bool,
}

/// The links to the periods of a page, of which one is shown.
fn range_links(periods: &[Period], shown: Period) -> Vec<RangeLink> {
    let link = |period: &Period| RangeLink {
        name: period.name(),
        words: period.words(),
        current: *period == shown,
    };
    periods.iter().map(link).collect()
}

/// The period that is asked for, or else the usual one.
fn period(asked: Option<&str>, periods: &[Period], usual: Period) -> Result<Period, Problem> {
    let Some(name) = asked else { return Ok(usual) };
    let found = Period::named(name).filter(|period| periods.contains(period));
    found.ok_or_else(|| {
        let names: Vec<&str> = periods.iter().map(|period| period.name()).collect();
        Problem::bad_request(format!("range={name} is none of {}.", names.join(", ")))
    })
}

/// What is rendered where it may take its time.
async fn blocking(
    work: impl FnOnce() -> Result<String, Problem> + Send + 'static,
) -> Result<String, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| internal(&error))?
}

async fn page(
    work: impl FnOnce() -> Result<String, Problem> + Send + 'static,
) -> Result<Html<String>, Problem> {
    blocking(work).await.map(Html)
}

fn internal(error: &(dyn Error + 'static)) -> Problem {
    Problem::internal("make the page", error)
}

fn moment(site: &Site) -> Moment {
    Moment { now_ms: now_ms(), zone: site.zone.clone() }
}

fn site_zone(site: &Site) -> String {
    match site.zone.iana_name() {
        None | Some("Etc/UTC") => "UTC".into(),
        Some(name) => name.into(),
    }
}

pub(super) fn iso(timestamp_ms: i64) -> String {
    Timestamp::from_millisecond(timestamp_ms).map_or_else(|_| String::new(), |at| at.to_string())
}
