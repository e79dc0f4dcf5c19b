//! Answers for people: what all series share above, what tells them apart in columns, numbers to
//! the right.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, Table, presets};

use headroom_proto::metric::{is_plain_label_name, is_plain_metric_name};

use super::answer::{Answer, Labels, METRIC, Point, Sample, Series, iso};

const DIGITS: i32 = 6;
const WHOLE_UP_TO: f64 = 1e15;
const PLAIN_FROM: f64 = 1e-4;

/// The whole text; empty if there is no series.
pub fn render(answer: &Answer) -> String {
    match answer {
        Answer::Scalar((_, value)) => format!("{}\n", figure(number(value))),
        Answer::String((_, text)) => format!("{}\n", printable(text)),
        Answer::Vector(samples) => moment(samples),
        Answer::Matrix(series) => range(series),
    }
}

fn moment(samples: &[Sample]) -> String {
    let Some(first) = samples.first() else { return String::new() };
    let labels: Vec<&Labels> = samples.iter().map(|sample| &sample.metric).collect();
    let figures = samples.iter().map(|sample| vec![figure(number(&sample.value.1))]);
    let time = format!("at {}", iso(first.value.0));
    table(&labels, &time, &["value"], figures.collect())
}

fn range(series: &[Series]) -> String {
    let labels: Vec<&Labels> = series.iter().map(|one| &one.metric).collect();
    let moments = || series.iter().flat_map(|one| &one.values).map(|(at, _)| *at);
    let (from, to) = (moments().fold(f64::INFINITY, f64::min), moments().fold(0.0, f64::max));
    if labels.is_empty() || from.is_infinite() {
        return String::new();
    }
    let time = format!("from {} to {}", iso(from), iso(to));
    let heads = ["first", "last", "min", "mean", "max", "points"];
    table(&labels, &time, &heads, series.iter().map(|one| summary(&one.values)).collect())
}

/// First, last, least, mean, greatest, and how many. Mean, least and greatest treat NaN as PromQL's
/// own `avg_over_time`, `min_over_time` and `max_over_time` do.
fn summary(points: &[Point]) -> Vec<String> {
    let values: Vec<f64> = points.iter().map(|(_, value)| number(value)).collect();
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return [""; 5].map(String::from).into_iter().chain(["0".to_owned()]).collect();
    };
    // Of a number and NaN, both give the number.
    let least = values.iter().copied().fold(f64::NAN, f64::min);
    let greatest = values.iter().copied().fold(f64::NAN, f64::max);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let figures = [*first, *last, least, mean, greatest].map(figure);
    figures.into_iter().chain([values.len().to_string()]).collect()
}

fn table(labels: &[&Labels], time: &str, heads: &[&str], figures: Vec<Vec<String>>) -> String {
    let names: BTreeSet<&str> =
        labels.iter().flat_map(|labels| labels.keys()).map(String::as_str).collect();
    let shared = |name: &&str| labels.iter().all(|one| one.get(*name) == labels[0].get(*name));
    let (shared, telling): (Vec<&str>, Vec<&str>) = names.into_iter().partition(shared);
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let name = |name: &&str| if *name == METRIC { "metric".into() } else { printable(name) };
    let heads = telling.iter().map(name).chain(heads.iter().map(|&head| head.to_owned()));
    table.set_header(heads);
    for (labels, figures) in labels.iter().zip(figures) {
        let label = |name: &&str| labels.get(*name).map(|value| printable(value));
        table.add_row(telling.iter().map(|n| label(n).unwrap_or_default()).chain(figures));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        let first = place == 0;
        column.set_padding((if first { 0 } else { 2 }, 0));
        if place >= telling.len() {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let caption = format!("{} {time}", caption(labels[0], &shared));
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n{}\n", caption.trim_start(), lines.join("\n"))
}

/// What all series share, as a selector.
fn caption(labels: &Labels, shared: &[&str]) -> String {
    let metric = shared.iter().find(|name| **name == METRIC).and_then(|name| labels.get(*name));
    let others = shared.iter().filter(|name| **name != METRIC);
    let pairs =
        others.filter_map(|name| Some(format!("{}={:?}", quoted(name), labels.get(*name)?)));
    let quoted_metric = metric.filter(|name| !is_plain_metric_name(name));
    let quoted_metric = quoted_metric.map(|name| format!("{name:?}"));
    let pairs: Vec<String> = quoted_metric.into_iter().chain(pairs).collect();
    let braces = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(", ")) };
    let metric = metric.filter(|name| is_plain_metric_name(name));
    format!("{}{braces}", metric.map(String::as_str).unwrap_or_default())
}

/// A label's name as a selector has it.
fn quoted(name: &str) -> String {
    if is_plain_label_name(name) { name.to_owned() } else { format!("{name:?}") }
}

/// Text of others without what would move a terminal's cursor.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.chars().map(shown).collect()
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        other => other.parse().unwrap_or(f64::NAN),
    }
}

/// Whole numbers whole, others to six digits.
fn figure(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let size = value.abs();
    if value == value.trunc() && size < WHOLE_UP_TO {
        return format!("{:.0}", value + 0.0);
    }
    if !(PLAIN_FROM..WHOLE_UP_TO).contains(&size) {
        return format!("{value:.*e}", DIGITS as usize - 1);
    }
    let before_the_point = size.log10().floor() as i32 + 1;
    let decimals = (DIGITS - before_the_point).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}
