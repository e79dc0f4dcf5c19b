//! Texts as Prometheus 2.42 writes them: `tests/answers.tsv` has a value, a text and what
//! `promtool test rules` made of it, both as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

const ANSWERS: &str = include_str!("tests/answers.tsv");

/// Two series of `up`, in the order in which Prometheus finds them.
struct Hosts;

impl Ask for Hosts {
    fn query(&self, expression: &str) -> Result<Arc<[Found]>, String> {
        let found = |instance: &str, value| {
            let pairs = [("__name__", "up"), ("instance", instance), ("job", "node")];
            let labels = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Found { labels: Arc::new(labels.into_iter().collect()), value }
        };
        match expression {
            "up" => Ok([found("ca1:9100", 1.0), found("ca0:9100", 0.0)].into()),
            "nope" => Ok([].into()),
            _ => Err("1:5: parse error: unexpected end of input".into()),
        }
    }
}

fn labels() -> Arc<BTreeMap<String, String>> {
    let pairs = [("instance", "ca1:9100"), ("job", "node")];
    Arc::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

fn expand(text: &str, value: f64) -> String {
    let (labels, none) = (labels(), Arc::default());
    let data = Data { labels: &labels, external_labels: &none, external_url: "", value };
    match Template::of_alert(text) {
        Ok(template) => template.expand("A", &data, &Hosts),
        Err(error) => error.to_string(),
    }
}

#[test]
fn texts_are_written_as_prometheus_writes_them() {
    let mut wrong = Vec::new();
    for line in ANSWERS.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [value, text, expected] = parts[..] else { panic!("{line}") };
        let text: String = serde_json::from_str(text).unwrap();
        let expected: String = serde_json::from_str(expected).unwrap();
        let found = expand(&text, value.parse().unwrap());
        if found != expected {
            wrong.push(format!("{value} {text:?}\n  theirs {expected:?}\n  ours   {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn all_that_a_text_is_about_is_shown() {
    let shown = "{map[instance:ca1:9100 job:node] map[]  1.5e+06}";
    assert_eq!(expand("{{ . }}", 1.5e6), shown);
}

#[test]
fn what_is_no_template_is_refused_when_it_is_read() {
    for (text, expected) in [
        ("{{ nope }}", "line 1: function \"nope\" not defined"),
        ("{{ $nope }}", "line 1: undefined variable \"$nope\""),
        ("a\n{{ if true }}", "line 2: unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ \"a }}", "line 1: unterminated quoted string"),
        ("{{ humanize", "line 1: unclosed action"),
        ("{{ (1 }}", "line 1: unclosed left paren"),
        ("{{ 1) }}", "line 1: unexpected right paren"),
        ("{{ }}", "line 1: missing value for command"),
        ("{{ 1 | }}", "line 1: missing value for command"),
        ("{{ 1 | 2 }}", "line 1: non executable command in pipeline: \"2\""),
        ("{{ break }}", "line 1: {{break}} outside {{range}}"),
        ("{{ 08x }}", "line 1: bad number \"08x\""),
        ("{{/* open", "line 1: unclosed comment"),
        (
            "{{ define \"a\" }}{{ define \"b\" }}{{ end }}{{ end }}",
            "line 1: unexpected <define> in command",
        ),
        (
            "{{ define \"a\" }}1{{ end }}{{ define \"a\" }}2{{ end }}",
            "line 1: template: multiple definition of template \"a\"",
        ),
        ("{{ ! }}", "line 1: unexpected '!' in action"),
    ] {
        let error = Template::of_alert(text).map(|_| ()).unwrap_err().to_string();
        assert_eq!(error, format!("bad template: {expected}"), "{text}");
    }
    let deep = "{{ if true }}".repeat(1000);
    assert!(Template::of_alert(&deep).unwrap_err().to_string().contains("nested deeper"));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Template::of_alert(&brackets).unwrap_err().to_string().contains("nested deeper"));
}

#[test]
fn a_text_that_grows_or_loops_ends() {
    let doubling = "{{ define \"t\" }}{{ template \"t\" . }}{{ end }}{{ template \"t\" 1 }}";
    let text = expand(doubling, 1.0);
    assert!(text.contains("exceeded maximum template depth"), "{text}");
    let fan = "{{ define \"t\" }}{{ template \"t\" . }}{{ template \"t\" . }}{{ end }}\
               {{ define \"u\" }}x{{ range query \"up\" }}{{ range query \"up\" }}{{ end }}{{ end }}{{ end }}\
               {{ range query \"up\" }}{{ template \"u\" . }}{{ end }}";
    assert_eq!(expand(fan, 1.0), "xx");
    let long = format!("{{{{ printf \"%9999d\" 1 }}}}{}", "{{ printf \"%9999d\" 1 }}".repeat(9));
    let text = expand(&long, 1.0);
    assert!(text.contains("writes more than 65536 bytes"), "{}", text.len());
    let nested = "{{ range $labels }}".repeat(20) + "x" + &"{{ end }}".repeat(20);
    let text = expand(&nested, 1.0);
    assert!(text.contains("takes more than 200000 steps"), "{}", text.len());
}
