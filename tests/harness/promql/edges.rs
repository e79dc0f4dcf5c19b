//! Edge cases of bug reports, each equal to Prometheus 2.42's answer or listed with its reason.

const WRITTEN: &str = include_str!("edges.txt");

/// How deep expressions are nested that both answer.
const DEEP: usize = 1_000;

/// How deep they are nested that we refuse.
const TOO_DEEP: usize = 5_000;

/// An expression that both are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What is asked.
    pub expression: String,
    /// Why the answers differ; nothing if they are equal.
    pub reason: Option<String>,
}

/// All edge cases.
pub fn all() -> Vec<Edge> {
    let edge = |(expression, reason)| Edge { expression, reason };
    let mut all: Vec<Edge> = listed(WRITTEN).map(edge).collect();
    let nested = |begin: &str, end: &str, levels| {
        format!("{}load{}", begin.repeat(levels), end.repeat(levels))
    };
    for (begin, end) in [("(", ")"), ("abs(", ")"), ("", " + load"), ("-", "")] {
        all.push(Edge { expression: nested(begin, end, DEEP), reason: None });
    }
    let reason = Some("What nests deeper than 2500 levels is refused, for stack is memory.".into());
    all.push(Edge { expression: nested("(", ")", TOO_DEEP), reason });
    all
}

/// The lines of a list, each with the reason that stands above it.
pub fn listed(text: &str) -> impl Iterator<Item = (String, Option<String>)> {
    let mut reason = None;
    text.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        match line.strip_prefix("! ") {
            Some(words) => reason = Some(words.to_owned()),
            None if line.is_empty() => reason = None,
            None => return Some((line.to_owned(), reason.clone())),
        }
        None
    })
}
