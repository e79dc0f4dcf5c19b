//! `/graphs/{instance}/{graph}/{period}.{svg|png|csv|json}`.

use axum::response::Response;
use headroom_proto::catalogue::HEADROOM_TENANT_ROOMS;
use headroom_proto::metric::TENANT;
use serde::Deserialize;

use super::content::{CSV, Content, JSON, PNG, SVG};
use super::gate::{Gate, Kind};
use super::problem::{Problem, Way};
use super::question::{self, Names, Wishes, choice, moment, zone};
use super::site::Visit;
use crate::fleet;
use crate::graphs::{self, Definition, Graph, Look, Of, Period, Question, Size, Span, Theme};
use crate::moments::DAY_MS;
use crate::samples::{Matcher, ReadError, Reader, Selection};

/// The longest span that one picture may show.
const LONGEST_MS: i64 = 5 * 366 * DAY_MS;

const ALL_PERIODS: [Period; 6] =
    [Period::Minutes, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];

/// What stands for a host in the addresses of graphs of all.
pub const ALL: &str = "all";

/// How a picture may be asked for; all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PictureQuery {
    /// An IANA zone.
    tz: Option<String>,
    /// `light` or `dark`.
    theme: Option<String>,
    /// `full`, `small`, `strip` or `narrow`.
    size: Option<String>,
    /// Pixels to a point, 1 to 3.
    scale: Option<String>,
    /// One device instead of the sum.
    device: Option<String>,
    /// The file system of a graph that shows one, by its mount point.
    mount: Option<String>,
    /// The path of a graph that shows one: vantage, kind, family and target with strokes between them.
    path: Option<String>,
    /// Another period than the address names.
    range: Option<String>,
    /// Begin and end, Unix seconds or RFC 3339, instead of the period.
    from: Option<String>,
    to: Option<String>,
    /// A day of the calendar, or `yesterday`, instead of both.
    day: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Svg,
    Png,
    Csv,
    Json,
}

impl Format {
    /// What it takes while it is made, at most, in bytes.
    fn bytes(self, graph: &Graph, drawing: &Drawing) -> u64 {
        match self {
            Self::Svg | Self::Csv | Self::Json => TEXT_BYTES * (1 + graph.lines.len() as u64),
            Self::Png => graphs::png_bytes(graph, drawing.look.size, drawing.scale),
        }
    }
}

/// What a graph takes as a text for each of its lines, at most, in bytes: a value, or a point of the
/// curve, for each pixel of the width.
const TEXT_BYTES: u64 = 256 << 10;

/// What a picture may look like, by name.
pub(super) const THEMES: [(&str, Theme); 2] = [("light", Theme::Light), ("dark", Theme::Dark)];

const SIZES: [(&str, Size); 4] = [
    ("full", Size::Full),
    ("small", Size::Small),
    ("strip", Size::Strip),
    ("narrow", Size::Narrow),
];

const SCALES: [(&str, u32); 3] = [("1", 1), ("2", 2), ("3", 3)];

const FORMATS: [(&str, Format); 4] =
    [("svg", Format::Svg), ("png", Format::Png), ("csv", Format::Csv), ("json", Format::Json)];

pub async fn picture(
    gate: Gate,
    Names(place): Names<Place>,
    wishes: Wishes<PictureQuery>,
) -> Result<Response, Problem> {
    let kind = wishes.peek().map_or(Kind::Picture, |query| kind(&place, query));
    let answer = move |visit: Visit<'_>| make(visit, &place, &wishes.read()?);
    gate.pass(kind, answer).await
}

/// What is drawn with several pixels to a point waits for its turn.
fn kind(place: &Place, query: &PictureQuery) -> Kind {
    let sharp = query.scale.as_deref().is_some_and(|scale| scale != SCALES[0].0);
    let pixels = matches!(parse_file(&place.file), Ok((_, Format::Png)));
    if sharp && pixels { Kind::LargePicture } else { Kind::Picture }
}

/// Where a picture is.
#[derive(Debug, Deserialize)]
pub struct Place {
    instance: String,
    graph: String,
    /// Period and format.
    file: String,
}

fn make(visit: Visit<'_>, place: &Place, query: &PictureQuery) -> Result<Content, Problem> {
    let Place { instance, graph, file } = place;
    let definition = definition(graph)?;
    if query.device.is_some() && !definition.is_of_links() {
        let sentence = format!("device= goes with graphs of devices, and {graph} is none.");
        return Err(Problem::bad_request(sentence));
    }
    if definition.is_of_mount() != query.mount.is_some() {
        let sentence = format!("mount= goes with graphs of a file system and says which: {graph}.");
        return Err(Problem::bad_request(sentence));
    }
    if definition.is_of_path() != query.path.is_some() {
        let sentence = format!("path= goes with graphs of a path and says which: {graph}.");
        return Err(Problem::bad_request(sentence));
    }
    let (period, format) = parse_file(file)?;
    let span = span(visit, query, question::period(query.range.as_deref(), &ALL_PERIODS, period)?)?;
    let drawing = drawing(query)?;
    let parts = [&query.device, &query.mount, &query.path];
    let part = parts.into_iter().find_map(|part| part.as_deref());
    let whom = instance.as_str();
    let question = Question { definition, whom, part, span, now_ms: visit.now_ms };
    let graph = graphs::gather(visit.sources(), question)
        .map_err(|error| Problem::failed("read the graph's samples", &error))?;
    is_of_somebody(visit.reader(), &graph)?;
    if let Some(device) = query.device.as_deref().filter(|_| graph.devices.is_empty()) {
        let sentence = format!("{instance} has reported no interface {device} in that time.");
        return Err(Problem::not_found(sentence));
    }
    let taken = visit.budget.lend(format.bytes(&graph, &drawing));
    let _memory = taken.map_err(|error| Problem::failed("draw the graph", &error))?;
    render(&graph, format, &drawing)
}

fn definition(name: &str) -> Result<&'static Definition, Problem> {
    // The graph of one file system is no way out for who looks for another graph.
    let whole = |name: &&str| {
        graphs::definition(name).is_some_and(|known| !known.is_of_mount() && !known.is_of_path())
    };
    let all = || graphs::names().filter(whole).collect::<Vec<_>>().join(", ");
    graphs::definition(name)
        .ok_or_else(|| Problem::not_found(format!("There is no graph {name}; try {}.", all())))
}

/// A host that is silent has a picture all the same, an empty one; what never was has none.
fn is_of_somebody(reader: Reader<'_>, graph: &Graph) -> Result<(), Problem> {
    let whom = &graph.whom;
    let failed = |error: ReadError| Problem::failed("read whom the graph is of", &error);
    let missing = |sentence, way| Err(Problem::not_found(sentence).with(way));
    match graph.definition.of() {
        Of::Host if !graph.is_empty() || !graph.devices.is_empty() => Ok(()),
        Of::Host if fleet::is_known(reader, whom).map_err(failed)? => Ok(()),
        Of::Host => missing(format!("No host {whom} has reported in that time"), Way::Hosts),
        Of::Tenant if is_tenant(reader, whom).map_err(failed)? => Ok(()),
        Of::Tenant => missing(format!("No organisation {whom} has had a room yet"), Way::Rooms),
        Of::Datacentre if graph.pings.is_some() => Ok(()),
        Of::Datacentre => {
            let sentence = format!("No such pings to a datacentre {whom} have been told of yet");
            missing(sentence, Way::Overview)
        }
        Of::All if whom == ALL => Ok(()),
        Of::All => {
            let name = &graph.definition.name;
            missing(format!("{name} is a graph of all hosts"), Way::GraphOfAll(name))
        }
    }
}

fn is_tenant(reader: Reader<'_>, name: &str) -> Result<bool, ReadError> {
    let matchers = [Matcher::metric(HEADROOM_TENANT_ROOMS.name), Matcher::equal(TENANT, name)];
    let what = Selection::ever(&matchers);
    Ok(!reader.label_values(what, TENANT)?.is_empty())
}

fn parse_file(file: &str) -> Result<(Period, Format), Problem> {
    let unknown = || {
        let ways = "minutes, hour, day, week, month or year with .svg, .png, .csv or .json";
        Problem::not_found(format!("There is no picture {file}; it is {ways}."))
    };
    let (period, suffix) = file.split_once('.').ok_or_else(unknown)?;
    let format = FORMATS.iter().find(|(known, _)| *known == suffix).ok_or_else(unknown)?.1;
    Ok((Period::named(period).ok_or_else(unknown)?, format))
}

fn span(visit: Visit<'_>, query: &PictureQuery, period: Period) -> Result<Span, Problem> {
    let zone = match &query.tz {
        None => visit.site.zone.clone(),
        Some(name) => zone("tz", name)?,
    };
    if let Some(day) = &query.day {
        if query.from.is_some() || query.to.is_some() || query.range.is_some() {
            let sentence = "day goes alone, without from, to and range.".to_owned();
            return Err(Problem::bad_request(sentence));
        }
        let date = question::day(day, visit.now_ms, &zone)?;
        let day = Span::of_day(date, visit.now_ms, &zone);
        return Ok(day.unwrap_or_else(|| Span::ending(Period::Day, visit.now_ms, zone)));
    }
    let (Some(from), Some(to)) = (&query.from, &query.to) else {
        if query.from.is_some() || query.to.is_some() {
            return Err(Problem::bad_request("from and to go together.".to_owned()));
        }
        return Ok(Span::ending(period, visit.now_ms, zone));
    };
    let (from_ms, to_ms) = (moment("from", from)?, moment("to", to)?);
    if to_ms <= from_ms || to_ms - from_ms > LONGEST_MS {
        let sentence = format!("from={from} must lie before to={to}, by at most five years.");
        return Err(Problem::bad_request(sentence));
    }
    Ok(Span { name: "", from_ms, to_ms, zone })
}

/// How a picture is drawn.
struct Drawing {
    look: Look,
    /// Pixels to a point.
    scale: u32,
}

fn drawing(query: &PictureQuery) -> Result<Drawing, Problem> {
    let theme = choice("theme", query.theme.as_deref(), &THEMES)?;
    let size = choice("size", query.size.as_deref(), &SIZES)?;
    let scale = choice("scale", query.scale.as_deref(), &SCALES)?;
    Ok(Drawing { look: Look { theme, size }, scale })
}

fn render(graph: &Graph, format: Format, drawing: &Drawing) -> Result<Content, Problem> {
    let failed = |error| Problem::failed("draw the graph", &error);
    let &Drawing { look, scale } = drawing;
    let content = match format {
        Format::Svg => Content::whole(SVG, graphs::svg(graph, look).map_err(failed)?),
        Format::Png => Content::whole(PNG, graphs::png(graph, look, scale).map_err(failed)?),
        Format::Csv => Content::whole(CSV, graphs::csv(graph)),
        Format::Json => Content::whole(JSON, graphs::json(graph)),
    };
    Ok(content.revalidated())
}
