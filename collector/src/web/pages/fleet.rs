//! The overview of all hosts.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::picture::{Picture, Pictures, part_of_address};
use super::when::{Asked, When, WhenLinks};
use super::{failed, render, words};
use crate::fleet::{self, Facts, Finding, HostState, LastReport, Reporter, Severity};
use crate::graphs::{Period, Size};
use crate::moments::iso;
use crate::planning::capacity::Resource;
use crate::reports::capacity::about;
use crate::reports::words::resource;
use crate::rooms::{self, Counts};
use crate::web::content::Content;
use crate::web::frame::{ClockTime, Frame};
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

const FEW_HOSTS: usize = 2;

/// So many hosts are listed, the most urgent; of more nobody reads a page.
const MOST_HOSTS: usize = 500;

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage<'v> {
    frame: Frame<'v>,
    headline: String,
    /// How far the sparklines reach.
    scale: String,
    hosts: Vec<HostRow>,
    /// How many hosts are not listed.
    others: usize,
    /// Whether any host has BBB.
    with_rooms: bool,
    /// Whether none has reported yet.
    is_new: bool,
    times: WhenLinks,
    pictures: Vec<Picture>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FleetQuery {
    /// The day of the pictures.
    day: Option<String>,
}

/// What somebody should look at, as a page says it.
pub struct Trouble {
    pub class: &'static str,
    pub word: &'static str,
    pub reason: String,
}

impl Trouble {
    fn of(finding: &Finding) -> Self {
        let class = match finding.severity {
            Severity::Warning => "warning",
            Severity::Bad => "bad",
        };
        Self { class, word: finding.subject.word(), reason: finding.reason.clone() }
    }
}

/// A host as a row of the table.
pub struct HostRow {
    pub instance: String,
    pub silent: bool,
    /// From which age on its last report is old.
    pub old_after_seconds: i64,
    /// Whether an agent tells of it, or somebody else writes.
    pub has_agent: bool,
    /// Whether it has never reported: there is nothing to see of it.
    pub is_new: bool,
    pub troubles: Vec<Trouble>,
    /// How much is used of the fullest file system, the memory and the processors.
    pub disk: String,
    pub disk_why: String,
    pub memory: String,
    pub cpu: String,
    pub sends: String,
    pub receives: String,
    pub peak: String,
    pub peak_at: Option<ClockTime>,
    pub devices: Vec<String>,
    pub limit: String,
    pub headroom: String,
    /// How many more people fit, where that is known.
    pub more_people: String,
    /// What is left of the processors, where nobody knows what is left of the link.
    pub cpu_headroom: String,
    pub used: String,
    pub lost_frames: u64,
    pub report_ago: String,
    pub report_at: String,
    pub report_ms: i64,
    /// Its last day, on the scale of its table.
    pub sparkline: String,
    /// Rooms and people, and why a dash stands for them.
    pub rooms: String,
    pub people: String,
    pub no_rooms: &'static str,
}

impl HostRow {
    /// The row of a host. `rooms` has nothing of one without BBB, and no counts of one whose BBB
    /// does not answer.
    pub fn of(host: &HostState, rooms: Option<&Option<Counts>>, visit: Visit<'_>) -> Self {
        let used_of_link = host.peak.zip(host.limit).map(|(peak, limit)| peak.rate / limit * 100.0);
        let counts = rooms.copied().flatten();
        let never = host.last_report == LastReport::Never;
        let report_ms = match host.last_report {
            LastReport::Never | LastReport::LongAgo => None,
            LastReport::At(at_ms) => Some(at_ms),
        };
        let mounts = host.facts.mounts.iter();
        let used = mounts.filter_map(|mount| Some((mount.used_ratio()?, mount)));
        let fullest = used.max_by(|a, b| a.0.total_cmp(&b.0));
        let part = |part: Option<f64>| part.map_or_else(|| "–".into(), fleet::percent);
        let count = |count: fn(&Counts) -> f64| {
            counts.as_ref().map_or_else(|| "–".into(), |counts| format!("{:.0}", count(counts)))
        };
        Self {
            instance: host.instance.clone(),
            silent: host.silent,
            old_after_seconds: host.facts.reporter.silent_after_ms() / 1000,
            has_agent: host.facts.reporter == Reporter::Agent,
            is_new: never,
            troubles: host.findings.iter().map(Trouble::of).collect(),
            disk: part(fullest.map(|(used, _)| used)),
            disk_why: fullest.map(|(_, mount)| words::mount(mount)).unwrap_or_default(),
            memory: part(host.facts.memory_used),
            cpu: part(host.facts.cpu_busy),
            sends: words::megabits(host.sends),
            receives: words::megabits(host.receives),
            peak: words::megabits(host.peak.map(|peak| peak.rate)),
            peak_at: host.peak.map(|peak| ClockTime::of(visit.site, peak.at_ms)),
            devices: host.devices.clone(),
            limit: words::megabits(host.limit),
            headroom: words::megabits(host.headroom()),
            more_people: more_people(host, visit),
            cpu_headroom: part(host.cpu_headroom().filter(|_| host.limit.is_none())),
            used: used_of_link.map_or_else(String::new, |percent| format!("{percent:.0} %")),
            lost_frames: host.lost_frames,
            report_ago: report_ms.map_or_else(
                || if never { "never" } else { "over a month ago" }.to_owned(),
                |at_ms| words::ago((visit.now_ms - at_ms) / 1000),
            ),
            report_at: report_ms.map(iso).unwrap_or_default(),
            report_ms: report_ms.unwrap_or_default(),
            sparkline: String::new(),
            rooms: count(|counts| counts.rooms),
            people: count(|counts| counts.people),
            no_rooms: no_rooms(host, rooms),
        }
    }
}

/// How many more people fit beside a host's busiest minute, as its model of the last full hour says.
fn more_people(host: &HostState, visit: Visit<'_>) -> String {
    let model = visit.site.plans.known(&host.instance);
    let Some(more) = model.and_then(|model| model.more_people) else { return String::new() };
    match (about(more.people), more.binds) {
        // The link's own figure stands right above.
        (0, None | Some(Resource::LinkPlan | Resource::LinkHard)) => "nobody more".into(),
        (0, Some(other)) => format!("nobody more: {}", resource(other)),
        (1, _) => "about 1 more person".into(),
        (more, _) => format!("about {more} more people"),
    }
}

/// Why nobody knows of rooms on a host.
fn no_rooms(host: &HostState, rooms: Option<&Option<Counts>>) -> &'static str {
    match (host.last_report, host.facts.reporter) {
        _ if rooms.is_some() => "BBB does not answer; the page of rooms says since when and why.",
        (LastReport::Never, _) => "It has never reported.",
        (LastReport::LongAgo | LastReport::At(_), Reporter::Agent) => {
            "The agent of this host asks no BBB."
        }
        (LastReport::LongAgo | LastReport::At(_), Reporter::Writer) => {
            "This host has no agent that could ask a BBB for its rooms; its samples are written."
        }
    }
}

/// The overview, as one moment sees it.
struct Overview<'a> {
    visit: Visit<'a>,
    when: When,
    /// Whether there is room for two pictures of each.
    has_few_hosts: bool,
}

/// A host, and the pictures of it.
struct Shown {
    state: HostState,
    pictures: Vec<Picture>,
}

pub async fn fleet(gate: Gate, wishes: Wishes<FleetQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, &wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

fn make(visit: Visit<'_>, query: &FleetQuery) -> Result<Content, Problem> {
    let now_ms = visit.now_ms;
    let asked = Asked { range: None, day: query.day.as_deref() };
    let when = When::of(asked, visit, &[Period::Day], Period::Day)?;
    let hosts = fleet::all(visit.reader(), &visit.site.configured, now_ms);
    let hosts = hosts.map_err(|error| failed(&error))?;
    let (hosts, others) = fleet::most_urgent(hosts, MOST_HOSTS, now_ms);
    let overview = Overview { visit, when, has_few_hosts: hosts.len() <= FEW_HOSTS };
    let shown = hosts.into_iter().map(|facts| overview.show(facts));
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
    let listed: BTreeSet<&str> = hosts.iter().map(|host| &*host.instance).collect();
    rooms.retain(|instance, _| listed.contains(&**instance));
    let scale = words::Scale::of(hosts.iter().map(|host| &host.day));
    let row = |host: &HostState| HostRow {
        sparkline: scale.sparkline(&host.day),
        ..HostRow::of(host, rooms.get(&host.instance), visit)
    };
    let page = FleetPage {
        headline: words::headline(&hosts, others, &rooms),
        frame: Frame::of(visit, hosts.iter().map(|host| host.findings.len()).sum()),
        scale: scale.words("Mbit/s", 1e6),
        hosts: hosts.iter().map(row).collect(),
        others,
        with_rooms: !rooms.is_empty(),
        is_new: hosts.iter().all(|host| host.last_report == LastReport::Never),
        times: when.links(visit, &[Period::Day]),
        pictures,
    };
    render(visit, &page)
}

impl Overview<'_> {
    /// A host with pictures of its last day, and of its last hour where there is room; of a new one,
    /// of its last minutes.
    fn show(&self, facts: Facts) -> Result<Shown, Problem> {
        let Self { visit, when, has_few_hosts } = *self;
        let held = visit.budget.held();
        let host = fleet::host(visit.reader(), &visit.site.records, facts, visit.now_ms);
        let fleet::Host { state, day } = host.map_err(|error| failed(&error))?;
        // What it was told from is dropped.
        visit.budget.release_to(held);
        let periods: &[Period] = match (state.is_new(visit.now_ms), has_few_hosts) {
            (true, true) => &[Period::Minutes, Period::Hour],
            (true, false) => &[Period::Minutes],
            (false, true) => &[Period::Hour, Period::Day],
            (false, false) => &[Period::Day],
        };
        let times: Vec<When> = match (when, state.last_report) {
            (_, LastReport::Never | LastReport::LongAgo) => Vec::new(),
            (When::Day(_), LastReport::At(_)) => vec![when],
            (When::Last(_), LastReport::At(_)) => periods.iter().copied().map(When::Last).collect(),
        };
        let mut shown = Vec::with_capacity(times.len());
        for when in times {
            let picture = Pictures { visit, when }.of_links(&state.instance, Size::Small, &day)?;
            let host = format!("/hosts/{}", part_of_address(&state.instance));
            let link = match when {
                When::Last(_) => host,
                When::Day(_) => format!("{host}?{}", when.wish()),
            };
            shown.push(Picture { link: Some(link), ..picture });
        }
        Ok(Shown { state, pictures: shown })
    }
}
