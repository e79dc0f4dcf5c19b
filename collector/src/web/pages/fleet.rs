//! The overview of all hosts.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;

use super::picture::{Picture, Pictures};
use super::{failed, render, words};
use crate::fleet::{self, HostState, Report};
use crate::graphs::{Period, Size};
use crate::moments::iso;
use crate::rooms::{self, Counts};
use crate::web::content::Content;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::site::Visit;

const FEW_HOSTS: usize = 2;

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage<'v> {
    headline: String,
    zone: &'v str,
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
        let used = host.peak.zip(host.limit).map(|(peak, limit)| peak.rate / limit * 100.0);
        let counts = rooms.copied().flatten();
        let count = |count: fn(&Counts) -> f64| {
            counts.as_ref().map_or_else(|| "–".into(), |counts| format!("{:.0}", count(counts)))
        };
        Self {
            instance: host.instance.clone(),
            silent: host.silent,
            sends: words::megabits(host.sends),
            receives: words::megabits(host.receives),
            peak: words::megabits(host.peak.map(|peak| peak.rate)),
            peak_at: host.peak.map(|peak| iso(peak.at_ms)).unwrap_or_default(),
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

/// The overview, as one moment sees it.
struct Overview<'a> {
    visit: Visit<'a>,
    /// Whether there is room for two pictures of each.
    has_few_hosts: bool,
}

/// A host, and the pictures of it.
struct Shown {
    state: HostState,
    pictures: Vec<Picture>,
}

pub async fn fleet(gate: Gate) -> Result<Response, Problem> {
    gate.pass(Kind::Page, make).await
}

fn make(visit: Visit<'_>) -> Result<Content, Problem> {
    let now_ms = visit.now_ms;
    let reports = fleet::reports(visit.reader(), now_ms).map_err(|error| failed(&error))?;
    let overview = Overview { visit, has_few_hosts: reports.len() <= FEW_HOSTS };
    let shown = reports.iter().map(|report| overview.show(report));
    let mut shown = shown.collect::<Result<Vec<Shown>, Problem>>()?;
    shown.sort_by(|a, b| a.state.urgency(&b.state));
    let (mut hosts, mut pictures) = (Vec::new(), Vec::new());
    for host in shown {
        hosts.push(host.state);
        pictures.extend(host.pictures);
    }
    let rooms = rooms::now(visit.reader(), now_ms);
    let mut rooms: BTreeMap<String, Option<Counts>> = rooms.map_err(|error| failed(&error))?;
    // Rooms of a host that is no longer listed are on their own page.
    rooms.retain(|instance, _| hosts.iter().any(|host| host.instance == *instance));
    let row = |host: &HostState| HostRow::of(host, rooms.get(&host.instance), now_ms);
    let page = FleetPage {
        headline: words::headline(&hosts, &rooms),
        zone: visit.site.zone_name(),
        hosts: hosts.iter().map(row).collect(),
        with_rooms: !rooms.is_empty(),
        pictures,
    };
    render(visit, &page)
}

impl Overview<'_> {
    /// A host with pictures of its last day, and of its last hour where there is room; of a new one,
    /// of its last minutes.
    fn show(&self, report: &Report) -> Result<Shown, Problem> {
        let Self { visit, has_few_hosts } = *self;
        let held = visit.budget.held();
        let host = fleet::host(visit.reader(), &visit.site.records, report, visit.now_ms);
        let fleet::Host { state, day } = host.map_err(|error| failed(&error))?;
        // What it was told from is dropped.
        visit.budget.release_to(held);
        let periods: &[Period] = match (state.is_new(visit.now_ms), has_few_hosts) {
            (true, true) => &[Period::Minutes, Period::Hour],
            (true, false) => &[Period::Minutes],
            (false, true) => &[Period::Hour, Period::Day],
            (false, false) => &[Period::Day],
        };
        let mut shown = Vec::with_capacity(periods.len());
        for period in periods {
            let pictures = Pictures { visit, period: *period };
            let picture = pictures.of_links(&state.instance, Size::Small, &day)?;
            shown.push(Picture { link: Some(format!("/hosts/{}", state.instance)), ..picture });
        }
        Ok(Shown { state, pictures: shown })
    }
}
