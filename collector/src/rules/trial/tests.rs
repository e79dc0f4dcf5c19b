use super::*;
use crate::rules::read;

const RULES: &str = "
groups:
- name: g
  interval: 5m
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    labels: {severity: page}
    annotations: {summary: '{{ $labels.instance }} of {{ $externalLabels.site }}'}
  - record: ups
    expr: sum(up)
";

const TESTS: &str = "
rule_files: [r.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  external_labels: {site: x}
  input_series:
  - {series: 'up{instance=\"a\"}', values: '1 0x9'}
  - {series: 'up{instance=\"b\"}', values: '1x10'}
  alert_rule_test:
  - {eval_time: 2m, alertname: Down}
  - eval_time: 3m
    alertname: Down
    exp_alerts:
    - exp_labels: {instance: a, severity: page}
      exp_annotations: {summary: a of x}
  promql_expr_test:
  - {expr: ups, eval_time: 4m, exp_samples: [{labels: ups, value: 1}]}
  - {expr: 'sum(ups) + 1', eval_time: 0m, exp_samples: [{labels: '{}', value: 3}]}
  - {expr: 'ups > 5', eval_time: 1m}
";

fn run(tests: &str) -> Vec<String> {
    let plan = Plan::read("t.yml", tests).unwrap();
    plan.run(&|| read("r.yml", RULES, 15_000).unwrap())
}

#[test]
fn what_is_as_it_must_be_passes() {
    assert_eq!(run(TESTS), [""; 0]);
}

#[test]
fn what_is_not_fails() {
    for (right, wrong) in [
        ("eval_time: 2m, alertname", "eval_time: 3m, alertname"),
        ("eval_time: 3m\n", "eval_time: 2m\n"),
        ("summary: a of x", "summary: b of x"),
        ("instance: a, sev", "instance: b, sev"),
        ("exp_labels: {instance: a, severity: page}", "exp_labels: {instance: a}"),
        ("labels: ups, value: 1", "labels: ups, value: 2"),
        ("labels: ups, value: 1", "labels: 'ups{a=\"b\"}', value: 1"),
        ("expr: 'ups > 5'", "expr: 'ups > 0'"),
        ("expr: 'ups > 5'", "expr: 'ups >'"),
        ("alertname: Down\n", "alertname: Up\n"),
        ("site: x", "site: y"),
    ] {
        assert!(TESTS.contains(right), "{right}");
        assert_eq!(run(&TESTS.replacen(right, wrong, 1)).len(), 1, "{wrong}");
    }
    // The alert and the count both.
    assert_eq!(run(&TESTS.replacen("'1 0x9'", "'1x9'", 1)).len(), 2);
}

#[test]
fn mistakes_of_tests_are_told_with_their_lines() {
    for (text, expected) in [
        ("tests: 5", "t.yml:1: tests must be a list, not a text"),
        ("test: []", "t.yml:1: a file of tests has no field \"test\""),
        (
            "tests:\n- {input_series: [{series: up, values: x}]}",
            "t.yml:2: values: \"x\" is none, such as 1, 1+2x3, _ or stale",
        ),
        ("tests:\n- {input_series: [{series: 'up{a!=\"b\"}', values: 1}]}", ""),
        (
            "tests:\n- {alert_rule_test: [{eval_time: 1m}]}",
            "t.yml:2: an item under alert_rule_test misses alertname",
        ),
        (
            "evaluation_interval: 5",
            "t.yml:1: evaluation_interval: not a valid duration string: \"5\"",
        ),
    ] {
        let outcome = Plan::read("t.yml", text);
        let found = outcome.map_or_else(|mistakes| mistakes.to_string(), |_| String::new());
        assert_eq!(found, expected, "{text}");
    }
}
