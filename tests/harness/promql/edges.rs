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
    let mut all = Vec::new();
    let mut reason = None;
    for line in WRITTEN.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("! ") {
            Some(words) => reason = Some(words.to_owned()),
            None if line.is_empty() => reason = None,
            None => all.push(Edge { expression: line.to_owned(), reason: reason.clone() }),
        }
    }
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
