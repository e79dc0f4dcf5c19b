//! The pages of one datacentre: how far away it is from all vantages, or from one of them, with its history
//! and what happened on the way.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::latency::{PathRow, address_of, headline, headline_of_vantage, is_trouble, read};
use super::pairs::PairTable;
use super::picture::{Picture, Pictures};
use super::when::{Asked, When, WhenLinks};
use super::{failed, render, words};
use crate::fleet;
use crate::graphs::{Period, Size, Span};
use crate::latency::{
    self, Event, FIXED_DELAY_MS, KnownPath, LOSS_ROBUSTNESS, PathHour, PathName, Silence, Spell,
};
use crate::moments::iso;
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Problem, Way};
use crate::web::question::{Names, Wishes};
use crate::web::site::Visit;

const PERIODS: [Period; 5] = [Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];

/// So many paths have a picture of their own.
const MOST_PATHS: usize = 12;

/// So many of a vantage, each over all periods.
const MOST_OF_VANTAGE: usize = 4;

/// So many lines of what happened are listed, the newest.
const MOST_ROWS: usize = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DatacentreQuery {
    range: Option<String>,
    /// A day instead.
    day: Option<String>,
}

#[derive(Template)]
#[template(path = "datacentre.html")]
struct DatacentrePage<'v> {
    frame: Frame<'v>,
    headline: String,
    name: String,
    /// Where it is, as typed.
    city: Option<String>,
    /// The one vantage that this is about; none for all.
    vantage: Option<String>,
    times: WhenLinks,
    when: String,
    overlay: Option<Picture>,
    paths: Vec<PathRow>,
    pairs: Option<PairTable>,
    scale: String,
    events: Vec<EventRow>,
    other_events: usize,
    silences: Vec<SilenceRow>,
    other_silences: usize,
    pictures: Vec<Picture>,
    fixed_delay_ms: f64,
    loss_robustness: f64,
}

/// Something that changed.
struct EventRow {
    at_ms: i64,
    at: String,
    clock: String,
    path: String,
    what: &'static str,
    before: String,
    after: String,
}

/// A time in which nothing was heard.
struct SilenceRow {
    from_ms: i64,
    begin: String,
    begin_clock: String,
    end: String,
    end_clock: String,
    path: String,
    why: &'static str,
    offline: bool,
    lasting: String,
}

pub async fn datacentre(
    gate: Gate,
    Names(name): Names<String>,
    wishes: Wishes<DatacentreQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, &name, &wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

pub async fn vantage(
    gate: Gate,
    Names((name, vantage)): Names<(String, String)>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make_vantage(visit, &name, &vantage);
    gate.pass(Kind::Page, answer).await
}

fn make(visit: Visit<'_>, name: &str, query: &DatacentreQuery) -> Result<Content, Problem> {
    let asked = Asked { range: query.range.as_deref(), day: query.day.as_deref() };
    let when = When::of(asked, visit, &PERIODS, Period::Day)?;
    let paths = hours(visit, name, None)?;
    let known = known(visit, name, None)?;
    let pictures = Pictures { visit, when };
    let overlay =
        if known.is_empty() { None } else { Some(pictures.of_vantages(name, Size::Full)?) };
    let mut smokes = Vec::new();
    for path in known.iter().take(MOST_PATHS) {
        let picture = pictures.of_path(name, &path.name.key(), Size::Small)?;
        let link = Some(address_of(name, &path.name.vantage));
        smokes.push(Picture { link, ..picture });
    }
    let happened = Happened::read(visit, &known, &when.span(visit))?;
    let about = About { name, vantage: None, when };
    render_page(visit, about, &paths, Pieces { happened, overlay, pictures: smokes })
}

fn make_vantage(visit: Visit<'_>, name: &str, vantage: &str) -> Result<Content, Problem> {
    let paths = hours(visit, name, Some(vantage))?;
    let known = known(visit, name, Some(vantage))?;
    let mut smokes = Vec::new();
    for path in known.iter().take(MOST_OF_VANTAGE) {
        for period in PERIODS {
            let pictures = Pictures { visit, when: When::Last(period) };
            smokes.push(pictures.of_path(name, &path.name.key(), Size::Small)?);
        }
    }
    let when = When::Last(Period::Week);
    let happened = Happened::read(visit, &known, &when.span(visit))?;
    let about = About { name, vantage: Some(vantage), when };
    render_page(visit, about, &paths, Pieces { happened, overlay: None, pictures: smokes })
}

/// What a page is about.
struct About<'a> {
    name: &'a str,
    vantage: Option<&'a str>,
    when: When,
}

/// What it shows beside the last hour.
struct Pieces {
    happened: Happened,
    overlay: Option<Picture>,
    pictures: Vec<Picture>,
}

fn render_page(
    visit: Visit<'_>,
    About { name, vantage, when }: About<'_>,
    paths: &[PathHour],
    Pieces { happened, overlay, pictures }: Pieces,
) -> Result<Content, Problem> {
    let scale = words::Scale::of(paths.iter().map(|path| &path.trace_ms));
    let Happened { events, other_events, silences, other_silences } = happened;
    let page = DatacentrePage {
        frame: Frame::of(visit, paths.iter().filter(|path| is_trouble(path)).count()),
        headline: if vantage.is_some() { headline_of_vantage(paths) } else { headline(paths) },
        name: name.to_owned(),
        city: visit.places().datacentre(name).and_then(|one| one.city.clone()),
        vantage: vantage.map(str::to_owned),
        times: when.links(visit, &PERIODS),
        when: when.words(),
        overlay,
        paths: paths.iter().map(|path| PathRow::of(path, scale, visit.now_ms)).collect(),
        pairs: PairTable::of(paths, name),
        scale: scale.words("ms", 1.0),
        events,
        other_events,
        silences,
        other_silences,
        pictures,
        fixed_delay_ms: FIXED_DELAY_MS,
        loss_robustness: LOSS_ROBUSTNESS,
    };
    render(visit, &page)
}

/// The last hour of the paths to a datacentre, from one vantage if that is asked for.
fn hours(visit: Visit<'_>, name: &str, vantage: Option<&str>) -> Result<Vec<PathHour>, Problem> {
    let mut paths = read(visit)?;
    paths.retain(|path| path.name.datacentre == name);
    if paths.is_empty() {
        let said = format!("There is no datacentre {name} that is pinged");
        return Err(Problem::not_found(said).with(Way::Latency));
    }
    if let Some(vantage) = vantage {
        paths.retain(|path| path.name.vantage == vantage);
        if paths.is_empty() {
            let said = format!("Nobody pings {name} from {vantage}");
            return Err(Problem::not_found(said).with(Way::Latency));
        }
    }
    Ok(paths)
}

fn known(visit: Visit<'_>, name: &str, vantage: Option<&str>) -> Result<Vec<KnownPath>, Problem> {
    let known = latency::known_paths(&visit.site.records, name, visit.budget);
    let mut known = known.map_err(|error| failed(&error))?;
    known.retain(|path| vantage.is_none_or(|one| path.name.vantage == one));
    Ok(known)
}

/// What happened on some paths over a span.
struct Happened {
    events: Vec<EventRow>,
    other_events: usize,
    silences: Vec<SilenceRow>,
    other_silences: usize,
}

impl Happened {
    fn read(visit: Visit<'_>, known: &[KnownPath], span: &Span) -> Result<Self, Problem> {
        let (mut events, mut silences) = (Vec::new(), Vec::new());
        for path in known {
            let held = visit.budget.held();
            let smoke = latency::smoke(&visit.site.records, path, span.range(), visit.budget);
            let smoke = smoke.map_err(|error| failed(&error))?;
            visit.budget.release_to(held);
            events.extend(smoke.events.into_iter().map(|one| EventRow::of(one, &path.name, span)));
            let row = |spell: &Spell| SilenceRow::of(*spell, &path.name, span);
            silences.extend(smoke.spells.iter().map(row));
        }
        events.sort_by_key(|row| std::cmp::Reverse(row.at_ms));
        silences.sort_by_key(|row| std::cmp::Reverse(row.from_ms));
        let other_events = events.len().saturating_sub(MOST_ROWS);
        let other_silences = silences.len().saturating_sub(MOST_ROWS);
        events.truncate(MOST_ROWS);
        silences.truncate(MOST_ROWS);
        Ok(Self { events, other_events, silences, other_silences })
    }
}

impl EventRow {
    fn of(event: Event, name: &PathName, span: &Span) -> Self {
        let Event { at_ms, change, before, after } = event;
        let (at, clock, what) = (iso(at_ms), clock(span, at_ms), change.words());
        Self { at_ms, at, clock, path: path_words(name), what, before, after }
    }
}

impl SilenceRow {
    fn of(Spell { from_ms, to_ms, silence }: Spell, name: &PathName, span: &Span) -> Self {
        Self {
            from_ms,
            begin: iso(from_ms),
            begin_clock: clock(span, from_ms),
            end: iso(to_ms),
            end_clock: clock(span, to_ms),
            path: path_words(name),
            why: silence.words(),
            offline: silence == Silence::VantageOffline,
            lasting: fleet::lasting((to_ms - from_ms) as f64 / 1000.0),
        }
    }
}

fn path_words(name: &PathName) -> String {
    format!("{} by {} {}", name.vantage, name.kind, name.family)
}

fn clock(span: &Span, at_ms: i64) -> String {
    span.local(at_ms).strftime("%a %-d %b %H:%M").to_string()
}
