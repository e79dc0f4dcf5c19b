//! Where metrics are named: ours in the catalogue alone, and nothing but those in dashboards.

use std::collections::BTreeSet;

use headroom_proto::catalogue;

use crate::Source;

/// The keys of a graph's definition that hold PromQL or the name of a metric.
const EXPRESSIONS: [&str; 9] =
    ["readings", "complete", "told", "gauge", "bound", "expr", "max", "min", "metric"];

/// Words of PromQL behind which a list of labels stands.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Words of PromQL that are no series, though no bracket need follow them.
const OPERATORS: [&str; 22] = [
    "and",
    "or",
    "unless",
    "atan2",
    "bool",
    "offset",
    "inf",
    "nan",
    "start",
    "end",
    "sum",
    "min",
    "max",
    "avg",
    "count",
    "group",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "quantile",
    "count_values",
];

/// Texts in shipped sources that name a metric of ours, or something that looks like one.
pub fn stray_names(sources: &[Source]) -> Vec<String> {
    let families: BTreeSet<&str> =
        catalogue::all().filter_map(|metric| metric.name.split('_').next()).collect();
    let mut strays = Vec::new();
    for source in sources.iter().filter(|source| !source.path.contains("src/catalogue")) {
        for (line, text) in literals(source.shipped()) {
            let ours = |word: &&str| {
                let family = word.split_once('_').map(|(family, _)| family);
                family.is_some_and(|family| families.contains(family))
            };
            for word in words(&text).into_iter().filter(ours) {
                let place = format!("{}:{line}", source.path);
                strays.push(format!("{place}: {word} belongs to proto/src/catalogue"));
            }
        }
    }
    strays
}

/// Series that a graph's definition asks for and the catalogue does not have.
pub fn unknown_series(definitions: &[Source]) -> Vec<String> {
    let mut unknown = Vec::new();
    for definition in definitions {
        let table = definition.text.parse::<toml::Table>().expect("a definition is TOML");
        let mut expressions = Vec::new();
        collect(&toml::Value::Table(table), &mut expressions);
        let series = expressions.iter().flat_map(|expression| series_of(expression));
        for series in series.filter(|series| catalogue::find(series).is_none()) {
            unknown.push(format!("{}: the catalogue has no {series}", definition.path));
        }
    }
    unknown
}

fn collect(value: &toml::Value, expressions: &mut Vec<String>) {
    if let toml::Value::Array(items) = value {
        for item in items {
            collect(item, expressions);
        }
    }
    let Some(table) = value.as_table() else { return };
    for (key, value) in table {
        match value.as_str() {
            Some(text) if EXPRESSIONS.contains(&key.as_str()) => expressions.push(text.to_owned()),
            Some(_) => {}
            None => collect(value, expressions),
        }
    }
}

/// The series that a PromQL expression names.
fn series_of(expression: &str) -> Vec<String> {
    let mut series = Vec::new();
    let mut rest = expression;
    while let Some(letter) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
        let skipped = match letter {
            '"' | '\'' => rest[1..].find(letter).map_or(rest.len(), |end| end + 2),
            '{' => closed(rest, '}'),
            '[' => closed(rest, ']'),
            '$' => 1 + rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1),
            c if is_word(c) => {
                let (word, behind) =
                    rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
                let behind_spaces = behind.trim_start();
                let lower = word.to_ascii_lowercase();
                if BEFORE_LABELS.contains(&&*lower) && behind_spaces.starts_with('(') {
                    word.len() + behind.len() - behind_spaces.len() + closed(behind_spaces, ')')
                } else {
                    let named = !c.is_ascii_digit()
                        && !behind_spaces.starts_with('(')
                        && !OPERATORS.contains(&&*lower)
                        && !BEFORE_LABELS.contains(&&*lower);
                    series.extend(named.then(|| word.to_owned()));
                    word.len()
                }
            }
            c => c.len_utf8(),
        };
        rest = &rest[skipped..];
    }
    series
}

/// How long a text in brackets is, quotes within it included.
fn closed(text: &str, end: char) -> usize {
    let mut quote = None;
    for (place, letter) in text.char_indices() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (letter, None) if letter == end => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The words of a text that are no part of a path or an address.
fn words(text: &str) -> Vec<&str> {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-');
    let words = text.split(|c| !of_a_name(c));
    words.filter(|word| !word.contains(['/', '.', '-'])).collect()
}

/// The texts that stand in quotes in a Rust source, each with the line on which it begins.
fn literals(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(letter) = rest.chars().next() {
        let skipped = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '\'' => character(rest),
            'r' if rest.starts_with("r#\"") => {
                let text = &rest[3..];
                let end = text.find("\"#").unwrap_or(text.len());
                found.push((line, text[..end].to_owned()));
                (end + 5).min(rest.len())
            }
            '"' => {
                let end = quoted(&rest[1..]);
                found.push((line, rest[1..=end].to_owned()));
                (end + 2).min(rest.len())
            }
            c => c.len_utf8(),
        };
        line += rest[..skipped].matches('\n').count();
        rest = &rest[skipped..];
    }
    found
}

/// How long the text is before the quote that ends it.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place,
            _ => {}
        }
    }
    text.len()
}

/// How long a character in quotes is, or the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text[2..].find('\'').map_or(1, |end| end + 3).max(4).min(text.len()),
        Some((place, letter)) if text[place + letter.len_utf8()..].starts_with('\'') => {
            place + letter.len_utf8() + 1
        }
        Some(_) | None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one;

    #[test]
    fn a_name_outside_the_catalogue_is_found() {
        let load = "fn f() {\n    round.push(\"node_load1\", &[], 1.0);\n}";
        let found = stray_names(&one("agent/src/samplers/load.rs", load));
        let expected = "agent/src/samplers/load.rs:2: node_load1 belongs to proto/src/catalogue";
        assert_eq!(found, [expected]);
        for (text, strays) in [
            ("ask(\"sum(rate(bbb_meetings[1h])) + headroom_new\")", 2),
            ("let quote = '\"'; f(\"bbb_meetings\")", 1),
            ("let escaped = '\\''; f(\"a \\\" b\", \"container_new\")", 1),
            ("f(r#\"{\"bbb_meetings\": 1}\"#)", 1),
            ("// the series \"node_load1\"\nlet a = 'a;", 0),
            (
                "use headroom_proto::wire; f(\"mod/bbb_broker.php\", \"bbb-web\", \"mediasoup_x\")",
                0,
            ),
            ("f(NODE_LOAD1.name)\n#[cfg(test)]\nf(\"node_load1\")", 0),
        ] {
            assert_eq!(stray_names(&one("agent/src/run.rs", text)).len(), strays, "{text}");
        }
        assert!(stray_names(&one("proto/src/catalogue/host.rs", load)).is_empty());
    }

    #[test]
    fn series_of_expressions_are_found() {
        for (expression, series) in [
            ("bbb_meetings{instance=\"$instance\"}", "bbb_meetings"),
            (
                "sum by (instance, cpu) (rate(a_total{m=~\"x|y\", n=\"}\"}[$window])) / 0.8",
                "a_total",
            ),
            ("max(a) < on (x) group_left (y) b or c unless ignoring(z) d", "a b c d"),
            ("topk by (device) (1, last_over_time(a:b[5m:1m] offset 1h) - $step)", "a:b"),
            ("1e3 * up > bool 0 and vector(1) != Inf", "up"),
        ] {
            assert_eq!(series_of(expression).join(" "), series, "{expression}");
        }
    }

    #[test]
    fn a_graph_of_an_unknown_series_is_found() {
        let text =
            "readings = 'bbb_meetings'\n[[line]]\nname = 'up'\nexpr = 'node_load2 + node_load1'";
        let found = unknown_series(&one("dashboards/graphs/x.toml", text));
        assert_eq!(found, ["dashboards/graphs/x.toml: the catalogue has no node_load2"]);
    }
}
