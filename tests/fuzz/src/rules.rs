//! Files of rules, and of their tests: read, or refused with all their mistakes; what is read is
//! evaluated at a few moments.

use headroom::rules::{Plan, read};

/// Tests that let every rule of a file be evaluated three times.
const TESTS: &str = "
evaluation_interval: 1m
tests:
- input_series:
  - {series: 'up{instance=\"a\", job=\"b\"}', values: '0 1 0'}
  alert_rule_test:
  - {eval_time: 2m, alertname: A}
";

/// A file of rules, or of tests.
pub fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(mistakes) = Plan::read("tests.yml", &text) {
        assert!(!mistakes.to_string().is_empty(), "refused without a word");
    }
    if let Err(mistakes) = read("rules.yml", &text, 15_000) {
        assert!(!mistakes.to_string().is_empty(), "refused without a word");
    } else {
        let plan = Plan::read("tests.yml", TESTS).expect("tests of ours are right");
        plan.run(&|| read("rules.yml", &text, 15_000).unwrap_or_default());
    }
}

/// Files with every field, and a text for each kind of action.
pub fn seeds() -> Vec<Vec<u8>> {
    let rules = "groups:
- name: g
  interval: 1m
  limit: 5
  query_offset: 1m
  labels: {a: b}
  rules:
  - {record: 'a:b', expr: sum(up) by (job), labels: {c: d}}
  - alert: A
    expr: |
      up == 0
    for: 1m
    keep_firing_for: 1m
    labels: &labels {severity: '{{ if gt $value 1.0 }}a{{ else if true }}b{{ end }}'}
    annotations:
      a: '{{ range $k, $v := $labels }}{{ $k }}{{- $v | printf \"%5.2f%q\" 1 -}} {{ else }}{{ end }}'
      b: '{{ with query \"up\" }}{{ . | first | value | humanize1024 }}{{ end }}{{/* c */}}'
      c: '{{ define \"t\" }}{{ . }}{{ end }}{{ template \"t\" (index $labels \"job\") }}'
  - {alert: B, expr: vector(NaN), labels: *labels}
";
    vec![rules.into(), TESTS.into()]
}
