//! The overview of all hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::picture::{Picture, picture};
use super::{internal, iso, moment, page, site_zone, words};
use crate::fleet::{self, HostState};
use crate::graphs::{Period, Size};
use crate::rooms::{self, Counts};
use crate::samples::Stop;
use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::site::Visit;

const FEW_HOSTS: usize = 2;

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage {
    headline: String,
    zone: String,
    hosts: Vec<HostRow>,
    /// Whether any host has BBB.
    with_rooms: bool,
    pictures: Vec<Picture>,
}

/// A host as a row of the table.
pub struct HostRow {
    pub instance: String,
    pub silent: bool,
    pub sends: String,
    pub receives: String,
    pub peak: String,
    pub peak_at: String,
    pub devices: Vec<String>,
    pub limit: String,
    pub headroom: String,
    pub used: String,
    pub lost_frames: u64,
    pub report_ago: String,
    pub report_at: String,
    pub report_ms: i64,
    pub sparkline: String,
    /// Rooms and people, and why a dash stands for them.
    pub rooms: String,
    pub people: String,
    pub no_rooms: &'static str,
}

impl HostRow {
    /// The row of a host. `rooms` has nothing of one without BBB, and no counts of one whose BBB
    /// does not answer.
    pub fn of(host: &HostState, rooms: Option<&Option<Counts>>, now_ms: i64) -> Self {
        let used = host.peak.zip(host.limit).map(|((peak, _), limit)| peak / limit * 100.0);
        let counts = rooms.copied().flatten();
        let count = |count: fn(&Counts) -> f64| {
            counts.as_ref().map_or_else(|| "–".into(), |counts| format!("{:.0}", count(counts)))
        };
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
            rooms: count(|counts| counts.rooms),
            people: count(|counts| counts.people),
            no_rooms: match rooms {
                None => "The agent of this host asks no BBB.",
                Some(_) => "BBB does not answer; the page of rooms says since when and why.",
            },
        }
    }
}

pub async fn fleet(State(site): State<Arc<Site>>) -> Result<Html<String>, Problem> {
    page(move || {
        let budget = site.budget(Stop::default());
        let visit = Visit { site: &site, budget: &budget };
        let now_ms = moment(&site).now_ms;
        let hosts = fleet::hosts(visit.sources(), now_ms).map_err(|e| internal(&e))?;
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
                let subject = ("network", host.instance.as_str());
                let picture = picture(visit, subject, (*period, now_ms), Size::Small)?;
                pictures
                    .push(Picture { link: Some(format!("/hosts/{}", host.instance)), ..picture });
            }
        }
        let mut rooms: BTreeMap<String, Option<Counts>> =
            rooms::now(visit.reader(), now_ms).map_err(|e| internal(&e))?;
        // Rooms of a host that is no longer listed are on their own page.
        rooms.retain(|instance, _| hosts.iter().any(|host| host.instance == *instance));
        let row = |host: &HostState| HostRow::of(host, rooms.get(&host.instance), now_ms);
        let page = FleetPage {
            headline: words::headline(&hosts, &rooms),
            zone: site_zone(&site),
            hosts: hosts.iter().map(row).collect(),
            with_rooms: !rooms.is_empty(),
            pictures,
        };
        page.render().map_err(|e| internal(&e))
    })
    .await
}
