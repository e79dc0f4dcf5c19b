//! Questions in PromQL, the data they are asked of, and what makes two answers equal.

pub mod data;
mod edges;
mod patterns;
mod questions;
mod random;
mod requests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use self::data::{BEGIN_MS, END_MS};
pub use self::edges::{Edge, all as edges};
pub use self::patterns::question as pattern;
pub use self::questions::all as expressions;
pub use self::random::expression as random;
pub use self::requests::{ApiRequest, all as requests};

/// Status and body of an answer.
pub type Answer = (u16, Json);

/// Answers may differ by this part of their size.
const TOLERANCE: f64 = 1e-9;

/// The steps of a range whose answers are recorded, in seconds; others are finer.
const RECORDED_STEP: i64 = 1_601;

/// Each expression is asked at three moments and over two ranges, and how it is formatted.
pub fn questions(expression: &str) -> Vec<String> {
    let coded = encode(expression);
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let middle = i64::midpoint(BEGIN_MS, END_MS);
    let moments = [BEGIN_MS + 1_234_567, middle, END_MS];
    let instant = moments.map(|at| format!("/api/v1/query?query={coded}&time={}", seconds(at)));
    let (from, to) = (seconds(BEGIN_MS - 120_000), seconds(END_MS + 420_000));
    let range =
        |step: i64| format!("/api/v1/query_range?query={coded}&start={from}&end={to}&step={step}");
    // Prometheus takes minutes to format what nests thousands of levels deep.
    let format = (expression.len() < LONGEST_FORMATTED).then(|| format!("{FORMAT}{coded}"));
    instant.into_iter().chain([range(97), range(RECORDED_STEP)]).chain(format).collect()
}

const FORMAT: &str = "/api/v1/format_query?query=";

/// In bytes.
const LONGEST_FORMATTED: usize = 10_000;

/// An expression as part of a query string.
pub fn encode(expression: &str) -> String {
    let coded: Vec<String> = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
    coded.concat()
}

/// Whether the answer to a question is kept for the tests: the coarse range has all steps in small.
pub fn recorded(question: &str) -> bool {
    question.ends_with(&format!("&step={RECORDED_STEP}")) || question.starts_with(FORMAT)
}

/// A line for each answer: question, status and body, with tabs between.
pub fn write(answers: &[(String, Answer)]) -> String {
    let mut text = String::new();
    for (question, (status, body)) in answers {
        let _ = writeln!(text, "{question}\t{status}\t{body}");
    }
    text
}

/// What [`write()`] wrote.
pub fn read(text: &str) -> Vec<(String, Answer)> {
    let line = |line: &str| {
        let (question, rest) = line.split_once('\t')?;
        let (status, body) = rest.split_once('\t')?;
        Some((question.to_owned(), (status.parse().ok()?, serde_json::from_str(body).ok()?)))
    };
    text.lines().filter_map(line).collect()
}

/// The expression of a question, for people.
pub fn expression_of(question: &str) -> String {
    let coded = question.split("query=").nth(1).and_then(|rest| rest.split('&').next());
    let pairs = coded.unwrap_or_default().split('%').skip(1);
    let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is different between two answers; nothing if they are equal.
pub fn difference(expression: &str, theirs: &Answer, ours: &Answer) -> Option<String> {
    let decoded = || format!("{expression}: ");
    if theirs.0 != ours.0 {
        let errors = (&theirs.1["error"], &ours.1["error"]);
        return Some(format!("{}status {} against {} ({errors:?})", decoded(), theirs.0, ours.0));
    }
    if theirs.1["errorType"] != ours.1["errorType"] {
        return Some(format!("{}{} against {}", decoded(), theirs.1, ours.1));
    }
    let (theirs, ours) = (&theirs.1["data"], &ours.1["data"]);
    if theirs.is_string() || ours.is_string() {
        return (theirs != ours).then(|| format!("{}{theirs} against {ours}", decoded()));
    }
    if theirs["resultType"] != ours["resultType"] {
        return Some(format!(
            "{}{} against {}",
            decoded(),
            theirs["resultType"],
            ours["resultType"]
        ));
    }
    let ordered = ["sort", "topk", "bottomk"].iter().any(|start| expression.starts_with(start));
    let (theirs, ours) = (rows(&theirs["result"], ordered), rows(&ours["result"], ordered));
    if theirs.len() != ours.len() {
        return Some(format!("{}{} rows against {}", decoded(), theirs.len(), ours.len()));
    }
    for ((their_name, their_values), (our_name, our_values)) in theirs.iter().zip(&ours) {
        if their_name != our_name {
            return Some(format!("{}{their_name} against {our_name}", decoded()));
        }
        if their_values.len() != our_values.len() {
            let (a, b) = (their_values.len(), our_values.len());
            return Some(format!("{}{their_name}: {a} values against {b}", decoded()));
        }
        for (their, our) in their_values.iter().zip(our_values) {
            if (their.0 - our.0).abs() > 1e-6 || !close(their.1, our.1) {
                return Some(format!("{}{their_name}: {their:?} against {our:?}", decoded()));
            }
        }
    }
    None
}

/// As [`difference`], and what an error says must be the same too.
pub fn difference_to_the_word(expression: &str, theirs: &Answer, ours: &Answer) -> Option<String> {
    let said = (&theirs.1["error"], &ours.1["error"]);
    let words =
        || (said.0 != said.1).then(|| format!("{expression}: {} against {}", said.0, said.1));
    difference(expression, theirs, ours).or_else(words)
}

type Points = Vec<(f64, f64)>;

/// Names and points of a result, sorted by name unless its order counts.
fn rows(result: &Json, ordered: bool) -> Vec<(String, Points)> {
    let Some(list) = result.as_array() else { return Vec::new() };
    if list.first().is_some_and(|first| !first.is_object()) {
        return vec![(String::new(), points(std::slice::from_ref(result)))];
    }
    let row = |row: &Json| {
        let labels: BTreeMap<String, Json> =
            serde_json::from_value(row["metric"].clone()).unwrap_or_default();
        let values = row["values"].as_array();
        let values = values.map_or_else(|| points(&[row["value"].clone()]), |all| points(all));
        (format!("{labels:?}"), values)
    };
    let mut rows: Vec<(String, Points)> = list.iter().map(row).collect();
    let instant = rows.iter().all(|(_, points)| points.len() == 1);
    if !(ordered && instant) {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
    }
    rows
}

fn points(list: &[Json]) -> Points {
    let number = |text: &str| match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        other => other.parse().unwrap_or(f64::NAN),
    };
    let point =
        |point: &Json| Some((point[0].as_f64()?, number(point[1].as_str().unwrap_or_default())));
    list.iter().filter_map(point).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan())
        || a == b
        || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
        // Differences of equal numbers leave what rounding left.
        || (a.abs() < 1e-9 && b.abs() < 1e-9)
}
