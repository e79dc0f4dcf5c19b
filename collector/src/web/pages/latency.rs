//! The page of latency: what each vantage sees of each datacentre in the last hour; the same as data.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use headroom_proto::wire::RefusedSetting;

use super::picture::part_of_address;
use super::{failed, render, words};
use crate::graphs::significant;
use crate::ingest::Standing;
use crate::latency::{
    self, Bound, FIXED_DELAY_MS, Hole, LOSS_ROBUSTNESS, PARTS, PageState, PathHour, Quality,
};
use crate::moments::DAY_MS;
use crate::web::content::{CSV, Content, JSON};
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::site::Visit;

const DASH: &str = "–";

#[derive(Template)]
#[template(path = "latency.html")]
struct LatencyPage<'v> {
    frame: Frame<'v>,
    headline: String,
    datacentres: Vec<String>,
    rows: Vec<MatrixRow>,
    vantages: Vec<VantageRow>,
    parts: [&'static str; PARTS.len()],
    pages: Vec<PageRow>,
    paths: Vec<PathRow>,
    scale: String,
    fixed_delay_ms: f64,
    loss_robustness: f64,
}

/// A page, as it was told last.
struct PageRow {
    target: String,
    vantage: String,
    by: String,
    status: String,
    /// Whether it is as it should be.
    fine: bool,
    parts: [String; PARTS.len()],
    certificate: String,
    /// Whether that ends soon, or has.
    ends_soon: bool,
}

/// A vantage, when it told last, and what it makes of its settings.
struct VantageRow {
    name: String,
    told: String,
    settings: String,
    /// Whether it follows what is asked.
    follows: bool,
    refused: Vec<RefusedRow>,
}

/// What an agent does not do as it was asked, and why.
struct RefusedRow {
    setting: String,
    reason: String,
}

/// A vantage, and what it sees of each datacentre.
struct MatrixRow {
    vantage: String,
    place: String,
    cells: Vec<Cell>,
}

struct Cell {
    median: String,
    beside: String,
    class: &'static str,
    /// Why there is nothing.
    reason: &'static str,
    /// Where more of it is.
    link: String,
}

/// A path in a table.
pub struct PathRow {
    pub vantage: String,
    pub datacentre: String,
    pub target: String,
    pub by: String,
    pub sparkline: String,
    pub median: String,
    pub least: String,
    pub jitter: String,
    /// At the pace of speech; empty where nobody has measured it.
    pub speech_jitter: String,
    /// What the median usually is at this hour of the week; empty where that is not known yet.
    pub usual: String,
    pub loss: String,
    pub opinion: String,
    pub word: &'static str,
    /// Empty where a place is not known.
    pub distance: String,
    pub ratio: String,
    /// Why there is none.
    pub ratio_missing: &'static str,
    pub flag: &'static str,
    pub hole: &'static str,
    pub told: String,
}

pub async fn latency(gate: Gate) -> Result<Response, Problem> {
    gate.pass(Kind::Page, make).await
}

pub async fn latency_csv(gate: Gate) -> Result<Response, Problem> {
    let answer =
        |visit: Visit<'_>| Ok(Content::whole(CSV, latency::csv(&read(visit)?)).revalidated());
    gate.pass(Kind::Page, answer).await
}

pub async fn latency_json(gate: Gate) -> Result<Response, Problem> {
    let answer =
        |visit: Visit<'_>| Ok(Content::whole(JSON, latency::json(&read(visit)?)).revalidated());
    gate.pass(Kind::Page, answer).await
}

/// The last hour of all paths.
pub fn read(visit: Visit<'_>) -> Result<Vec<PathHour>, Problem> {
    let paths = latency::paths(visit.reader(), &visit.places(), visit.now_ms);
    paths.map_err(|error| failed(&error))
}

fn make(visit: Visit<'_>) -> Result<Content, Problem> {
    let paths = read(visit)?;
    let datacentres: BTreeSet<&str> =
        paths.iter().map(|path| path.name.datacentre.as_str()).collect();
    let datacentres: Vec<String> = datacentres.into_iter().map(str::to_owned).collect();
    let scale = words::Scale::of(paths.iter().map(|path| &path.trace_ms));
    let page = LatencyPage {
        frame: Frame::of(visit, paths.iter().filter(|path| is_trouble(path)).count()),
        headline: headline(&paths),
        rows: matrix(visit, &paths, &datacentres),
        vantages: vantages(visit, &paths),
        parts: PARTS,
        pages: pages(visit)?,
        paths: paths.iter().map(|path| PathRow::of(path, scale, visit.now_ms)).collect(),
        datacentres,
        scale: scale.words("ms", 1.0),
        fixed_delay_ms: FIXED_DELAY_MS,
        loss_robustness: LOSS_ROBUSTNESS,
    };
    render(visit, &page)
}

/// Whether somebody should look at it.
pub fn is_trouble(path: &PathHour) -> bool {
    matches!(path.hole, Some(Hole::NoAnswer | Hole::Silent))
}

/// The answer before the tables.
pub fn headline(paths: &[PathHour]) -> String {
    let all = words::counted(paths.len() as f64, "path", "paths");
    let answering = match paths.iter().filter(|path| is_trouble(path)).count() {
        0 if paths.iter().any(|path| path.hole.is_some()) => "",
        0 => match paths.len() {
            1 => ", which answers",
            _ => ", and all answer",
        },
        1 => "; 1 does not answer",
        count => return format!("{all}; {count} do not answer.{}", worst(paths)),
    };
    format!("{all}{answering}.{}", worst(paths))
}

/// What is said of the worst path that answers; paths stand in that order.
fn worst(paths: &[PathHour]) -> String {
    let mut answering = paths.iter().filter(|path| path.hole.is_none());
    let found = answering.find_map(|path| Some((path, path.median_ms?, path.quality?)));
    found.map_or_else(String::new, |(path, median_ms, quality)| {
        let (vantage, datacentre) = (&path.name.vantage, &path.name.datacentre);
        let (median_ms, speech) = (significant(median_ms), speech(quality));
        format!(" The worst: {vantage} to {datacentre}, {median_ms} ms there and back, {speech}.")
    })
}

/// What a path means for a conversation.
fn speech(quality: Quality) -> String {
    format!("speech of {} quality (MOS {:.2})", quality.word(), quality.opinion)
}

/// The answer where one vantage is looked at, of one path; else that of all of them.
pub fn headline_of_vantage(paths: &[PathHour]) -> String {
    let [path] = paths else { return headline(paths) };
    let Some(median_ms) = path.median_ms.filter(|_| path.hole.is_none()) else {
        return headline(paths);
    };
    let usual = path.usual_ms.map(|ms| format!(" (usually {})", significant(ms)));
    let speech = path.quality.map(|quality| format!(", {}", speech(quality)));
    format!(
        "{} ms there and back{}, {} lost{}.",
        significant(median_ms),
        usual.unwrap_or_default(),
        loss(path.loss_ratio),
        speech.unwrap_or_default()
    )
}

/// A certificate is to be renewed before it has so little left, in days.
const SOON_DAYS: i64 = 14;

fn pages(visit: Visit<'_>) -> Result<Vec<PageRow>, Problem> {
    let pages = latency::pages(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    Ok(pages.into_iter().map(|page| PageRow::of(page, visit.now_ms)).collect())
}

impl PageRow {
    fn of(page: PageState, now_ms: i64) -> Self {
        let PageState { name, status, parts_ms, certificate_end_ms } = page;
        let days = certificate_end_ms.map(|end_ms| (end_ms - now_ms).div_euclid(DAY_MS));
        let certificate = match days {
            None => DASH.into(),
            Some(days) if days < 0 => "has ended".to_owned(),
            Some(days) => format!("in {}", words::counted(days as f64, "day", "days")),
        };
        Self {
            vantage: name.vantage,
            by: name.family,
            target: name.target,
            status: status.map_or_else(|| DASH.into(), |status| status.to_string()),
            fine: status.is_some_and(|status| (200..300).contains(&status)),
            parts: parts_ms.map(|ms| ms.map_or_else(|| DASH.into(), significant)),
            certificate,
            ends_soon: days.is_some_and(|days| days < SOON_DAYS),
        }
    }
}

fn vantages(visit: Visit<'_>, paths: &[PathHour]) -> Vec<VantageRow> {
    let row = |name: &str| {
        let own = paths.iter().filter(|path| path.name.vantage == name);
        let last_ms = own.filter_map(|path| path.last_ms).max();
        let ago = |last_ms: i64| words::ago((visit.now_ms - last_ms).max(0) / 1000);
        let standing = visit.site.settings.standing(name);
        let (settings, follows) = match &standing {
            None => ("it is no agent of this collector".to_owned(), false),
            Some(Standing { asked, follows: Some(follows), .. }) if asked == follows => {
                (format!("settings {} in force", short(*asked)), true)
            }
            Some(Standing { asked, follows: Some(follows), .. }) => {
                let (asked, follows) = (short(*asked), short(*follows));
                (format!("asked for settings {asked}, follows {follows} so far"), false)
            }
            Some(Standing { asked, follows: None, .. }) => {
                let asked = short(*asked);
                (format!("asked for settings {asked}, has not said that it follows"), false)
            }
        };
        let refused = standing.map(|standing| standing.refused).unwrap_or_default();
        let refused = refused
            .into_iter()
            .map(|RefusedSetting { setting, reason }| RefusedRow { setting, reason });
        VantageRow {
            name: name.to_owned(),
            told: last_ms.map_or_else(|| DASH.into(), ago),
            settings,
            follows,
            refused: refused.collect(),
        }
    };
    visit.places().vantages.iter().map(|vantage| row(&vantage.agent)).collect()
}

/// A version as people compare it: the end of a hash.
fn short(version: u64) -> String {
    format!("{:06x}", version & 0xff_ffff)
}

fn matrix(visit: Visit<'_>, paths: &[PathHour], datacentres: &[String]) -> Vec<MatrixRow> {
    let vantages: BTreeSet<&str> = paths.iter().map(|path| path.name.vantage.as_str()).collect();
    let places = visit.places();
    let place = |agent: &str| {
        let vantage = places.vantages.iter().find(|one| *one.agent == *agent);
        let parts = vantage.map(|one| [one.city.clone(), one.region.clone(), one.network.clone()]);
        parts.into_iter().flatten().flatten().collect::<Vec<_>>().join(", ")
    };
    let row = |vantage: &str| MatrixRow {
        vantage: vantage.to_owned(),
        place: place(vantage),
        cells: datacentres
            .iter()
            .map(|datacentre| {
                let own = paths.iter().filter(|path| {
                    path.name.vantage == vantage && path.name.datacentre == *datacentre
                });
                Cell::of(own.min_by(|one, other| order(one).cmp(&order(other))))
            })
            .collect(),
    };
    vantages.into_iter().map(row).collect()
}

/// What is filtered or not asked for stands behind what is.
fn order(path: &PathHour) -> (bool, (usize, &str)) {
    (matches!(path.hole, Some(Hole::Filtered | Hole::NotAsked)), path.name.order())
}

impl Cell {
    fn of(path: Option<&PathHour>) -> Self {
        let empty = |reason| {
            let (beside, link) = (String::new(), String::new());
            Self { median: DASH.into(), beside, class: "", reason, link }
        };
        let Some(path) = path else { return empty("nobody pings it from here") };
        if let Some(hole) = path.hole {
            return empty(hole.words());
        }
        let Some(median_ms) = path.median_ms else {
            return empty("nothing was answered in the last hour");
        };
        let opinion = path.quality.map(|quality| format!(" · MOS {:.2}", quality.opinion));
        Self {
            median: format!("{} ms", significant(median_ms)),
            beside: format!("{}{}", loss(path.loss_ratio), opinion.unwrap_or_default()),
            class: path.quality.map_or("", class),
            reason: "",
            link: address_of(&path.name.datacentre, &path.name.vantage),
        }
    }
}

/// Where the paths of a vantage to a datacentre are shown.
pub fn address_of(datacentre: &str, vantage: &str) -> String {
    format!("/latency/{}/{}", part_of_address(datacentre), part_of_address(vantage))
}

/// A shade beside the word: fine, to be looked at, bad.
pub fn class(quality: Quality) -> &'static str {
    match quality.rating {
        r if r >= 80.0 => "",
        r if r >= 70.0 => "warning",
        _ => "bad",
    }
}

impl PathRow {
    /// Of the last hour of a path.
    pub fn of(path: &PathHour, scale: words::Scale, now_ms: i64) -> Self {
        let ms = |value: Option<f64>| value.map_or_else(|| DASH.into(), significant);
        let known = path.bound.zip(path.least_ms);
        let ratio = known.filter(|(bound, _)| bound.least_ms > 0.0);
        let ratio = ratio.map(|(bound, least_ms)| format!("{:.1} ×", least_ms / bound.least_ms));
        let km = |bound: Bound| format!("{:.0} km", bound.distance_km);
        let told = path.last_ms.map(|last_ms| words::ago((now_ms - last_ms).max(0) / 1000));
        Self {
            vantage: path.name.vantage.clone(),
            datacentre: path.name.datacentre.clone(),
            target: path.name.target.clone(),
            by: format!("{} {}", path.name.kind, path.name.family),
            sparkline: scale.sparkline(&path.trace_ms),
            median: ms(path.median_ms),
            least: ms(path.least_ms),
            jitter: ms(path.jitter_ms),
            speech_jitter: path.speech_jitter_ms.map(significant).unwrap_or_default(),
            usual: path.usual_ms.map(significant).unwrap_or_default(),
            loss: loss(path.loss_ratio),
            opinion: path.quality.map_or_else(|| DASH.into(), |one| format!("{:.2}", one.opinion)),
            word: path.quality.map_or("", Quality::word),
            distance: path.bound.map(km).unwrap_or_default(),
            ratio_missing: match path.bound {
                None => "Latitude and longitude of both places are not configured.",
                Some(_) if path.least_ms.is_none() => "Nothing was answered in the last hour.",
                Some(_) => "They are at the same place.",
            },
            ratio: ratio.unwrap_or_else(|| DASH.into()),
            flag: known.and_then(|(bound, least_ms)| bound.flag(least_ms)).unwrap_or_default(),
            hole: path.hole.map_or("", Hole::words),
            told: told.unwrap_or_else(|| DASH.into()),
        }
    }
}

/// A little of it is not none.
fn loss(ratio: Option<f64>) -> String {
    match ratio.map(|ratio| ratio * 100.0) {
        None => DASH.into(),
        Some(0.0) => "0 %".into(),
        Some(percent) if percent < 0.05 => "under 0.1 %".into(),
        Some(percent) => format!("{percent:.1} %"),
    }
}
