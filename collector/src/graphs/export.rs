//! The same graph as data and in words: CSV, JSON, a sentence.

mod smoke;

use headroom_proto::wire::LossReason;
use serde_json::{Value, json};

use super::definition::{LimitDefinition, Of};
use super::graph::{Graph, Line, Pings};
use super::unit::{Total, Unit};
use crate::moments::iso;
use crate::query::{Column, Statistics, fold};
use crate::sheet::{RowEnd, Sheet};

/// Rows of a table: about as many as a picture has pixels, on a round step.
const STEPS: [i64; 9] = [1, 5, 10, 30, 60, 300, 1800, 7200, 86_400];
const MOST_ROWS: f64 = 720.0;

/// More losses than this are counted and not listed.
const MOST_LOSSES: usize = 1000;

/// A grid of round steps, aligned to Unix time.
struct Grid {
    from_ms: i64,
    step_ms: i64,
    rows: usize,
}

impl Grid {
    fn of(graph: &Graph) -> Self {
        let seconds = graph.span.seconds();
        let fits = |step: &&i64| seconds / **step as f64 <= MOST_ROWS;
        let step_ms = STEPS.iter().find(fits).unwrap_or(&86_400) * 1000;
        let from_ms = graph.span.from_ms.div_euclid(step_ms) * step_ms;
        let rows = (graph.span.to_ms - from_ms).div_euclid(step_ms) + 1;
        Self { from_ms, step_ms, rows: rows.max(0) as usize }
    }

    fn to_ms(&self) -> i64 {
        self.from_ms + self.rows as i64 * self.step_ms
    }

    fn columns(&self, line: &Line) -> Vec<Option<Column>> {
        fold(&line.intervals, (self.from_ms, self.to_ms()), self.rows)
    }
}

/// What an extreme is that is no bound.
const SAMPLED: &str = "sampled";

/// A row for each step: its begin in ISO 8601, then minimum, mean and maximum of each line in the
/// graph's base unit. Where there is no reading the fields are empty.
pub fn csv(graph: &Graph) -> String {
    if let Some(smoke) = graph.pings.as_ref().and_then(Pings::of_path) {
        return smoke::csv(smoke);
    }
    let grid = Grid::of(graph);
    let unit = graph.definition.unit;
    let heads = |line: &Line| {
        ["min", "mean", "max"].map(|figure| format!("{}_{figure}_{}", line.name, unit.column()))
    };
    let mut sheet = Sheet::new(RowEnd::Newline);
    sheet.row(["time".to_owned()].into_iter().chain(graph.lines.iter().flat_map(heads)));
    let lines: Vec<_> = graph.lines.iter().map(|line| grid.columns(line)).collect();
    for row in 0..grid.rows {
        let at = grid.from_ms + row as i64 * grid.step_ms;
        let figures = lines.iter().flat_map(|columns| {
            let column = columns.get(row).copied().flatten();
            let figures = column
                .map(|Column { min, mean, max }| [min, mean, max].map(|value| unit.plain(value)));
            figures.unwrap_or_default()
        });
        sheet.row([iso(at)].into_iter().chain(figures));
    }
    sheet.text()
}

/// All of the graph: span, figures, a value or null for each step, the limit, what was lost.
pub fn json(graph: &Graph) -> String {
    let grid = Grid::of(graph);
    let unit = graph.definition.unit;
    let lines: Vec<Value> = graph.lines.iter().map(|line| line_json(line, unit, &grid)).collect();
    let losses: Vec<Value> = graph
        .losses
        .iter()
        .take(MOST_LOSSES)
        .map(|loss| {
            json!({
                "from": iso(loss.first_ms),
                "to": iso(loss.last_ms),
                "frames": loss.frames(),
                "samples": loss.samples,
                "reason": reason(loss.reason),
            })
        })
        .collect();
    let mut value = json!({
        "graph": graph.definition.name,
        "title": graph.definition.title,
        "devices": graph.devices,
        "mountpoint": graph.mount,
        "unit": unit.name(),
        "from": iso(graph.span.from_ms),
        "to": iso(graph.span.to_ms),
        "time_zone": graph.span.zone_name(),
        "updated": graph.last_ms().map(iso),
        "limit": graph.limit,
        "first_step": iso(grid.from_ms),
        "step_seconds": grid.step_ms / 1000,
        "resolution": graph.resolution().first(),
        "lines": lines,
        "lost": losses,
    });
    if let Some(Pings { path, smoke }) = &graph.pings {
        smoke::add(smoke, path.as_ref(), &mut value);
    }
    if graph.losses.len() > MOST_LOSSES {
        value["lost_not_listed"] = json!(graph.losses.len() - MOST_LOSSES);
    }
    match graph.definition.of() {
        Of::Host => value["instance"] = json!(graph.whom),
        Of::Tenant => value["tenant"] = json!(graph.whom),
        Of::Datacentre => value["datacentre"] = json!(graph.whom),
        Of::All => {}
    }
    format!("{value:#}\n")
}

fn line_json(line: &Line, unit: Unit, grid: &Grid) -> Value {
    let values: Vec<Value> = grid
        .columns(line)
        .into_iter()
        .map(|column| match column {
            Some(Column { min, mean, max }) => json!([min, mean, max]),
            None => Value::Null,
        })
        .collect();
    let statistics = line.statistics.map(|s| {
        let mut figures = json!({
            "now": s.now,
            "min": s.min,
            "mean": s.mean,
            "max": s.max,
            "max_at": iso(s.max_ms),
            "p95": s.p95,
            "measured_seconds": s.seconds,
            "min_is": if line.certainty.is_at_least() { "at least" } else { SAMPLED },
            "max_is": if line.certainty.is_at_most() { "at most" } else { SAMPLED },
        });
        if let Some(since_ms) = line.told_from_ms {
            figures["exact_since"] = json!(iso(since_ms));
        }
        if let Some((name, total)) = unit.total(s.total).map(Total::entry) {
            figures[name] = json!(total);
        }
        figures
    });
    json!({ "name": line.name, "statistics": statistics, "min_mean_max": values })
}

/// What the graph is of: whom, what, and of which span.
pub fn title(graph: &Graph) -> String {
    let whom = match graph.definition.of() {
        Of::Host | Of::Tenant | Of::Datacentre => &*graph.whom,
        Of::All => "all hosts",
    };
    let (devices, mount) = (graph.devices.join(", "), graph.mount.clone().unwrap_or_default());
    let path = graph.pings.as_ref().and_then(|pings| pings.path.as_ref());
    let path = path.map_or_else(String::new, |path| {
        format!("from {} to {} by {} {}", path.vantage, path.target, path.kind, path.family)
    });
    let words = [whom, &graph.definition.title, &devices, &mount, &path, graph.span.name];
    let words = words.into_iter().filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" · ")
}

/// The graph for those who cannot see it: when, and the figures of its legend.
pub fn description(graph: &Graph) -> String {
    let unit = graph.definition.unit;
    let figures = |line: &Line| {
        let Some(s) = line.statistics else { return format!("{}: no data", line.words()) };
        let measure = unit.measure(s.max);
        let write = |value| measure.write(value);
        let now = s.now.map_or_else(|| "no reading".to_owned(), write);
        let (least, most) = (line.certainty.is_at_least(), line.certainty.is_at_most());
        let (least, most) =
            (if least { "at least " } else { "" }, if most { "at most " } else { "" });
        let (min, mean, max, p95) = (write(s.min), write(s.mean), write(s.max), write(s.p95));
        let figures = format!("minimum {least}{min}, mean {mean}, maximum {most}{max}, 95th {p95}");
        let total = unit.total(s.total).map(Total::words);
        let total = total.map_or_else(String::new, |total| format!(", total {total}"));
        format!("{} in {}: now {now}, {figures}{total}", line.words(), measure.name())
    };
    let lines = graph.lines.iter().map(figures);
    let words: Vec<String> = [graph.span.describe()].into_iter().chain(lines).collect();
    [words.join(". "), limit_in_words(graph).unwrap_or_default()].join(". ").trim_end().to_owned()
}

/// The limit's name and number.
fn limit_in_words(graph: &Graph) -> Option<String> {
    let (limit, LimitDefinition { name, .. }) = (graph.limit?, graph.definition.limit.as_ref()?);
    let measure = graph.definition.unit.measure(limit);
    Some(format!("{name}: {} {}", measure.write(limit), measure.name()))
}

/// The graph in a sentence, for those who cannot see it.
pub fn summary(graph: &Graph) -> String {
    let sentence = |line: &Line| {
        let Some(figures) = line.statistics else { return format!("{}: no data", line.words()) };
        format!("{}: {}", line.words(), figures_in_words(&figures, line, graph))
    };
    let mut words: Vec<String> = graph.lines.iter().map(sentence).collect();
    words.extend(limit_in_words(graph));
    words.join("; ")
}

fn figures_in_words(figures: &Statistics, line: &Line, graph: &Graph) -> String {
    let measure = graph.definition.unit.measure(figures.max);
    let now = figures
        .now
        .map_or_else(|| "no reading now".into(), |now| format!("now {}", measure.write(now)));
    // Beyond a day, the time alone does not say when.
    let format = if graph.span.seconds() > 86_400.0 { "%-d %b %H:%M" } else { "%H:%M" };
    let at = graph.span.local(figures.max_ms).strftime(format);
    let when = if line.certainty.is_at_most() {
        "if all parts had their most at once".to_owned()
    } else {
        format!("at {at}")
    };
    format!(
        "{now}, at most {} {} {when}, 95th {}",
        measure.write(figures.max),
        measure.name(),
        measure.write(figures.p95),
    )
}

/// Why frames were lost, in words.
pub fn reason(number: i32) -> &'static str {
    match LossReason::try_from(number) {
        Ok(LossReason::SpoolFull) => "spool full",
        Ok(LossReason::SpoolAge) => "older than the spool keeps",
        Ok(LossReason::SpoolDamaged) => "spool damaged",
        Ok(LossReason::SpoolUnwritable) => "spool could not be written",
        Ok(LossReason::Unspecified) | Err(_) => "reason not given",
    }
}
