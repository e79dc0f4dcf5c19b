use std::fmt::Write as _;

use super::*;

const GOOD: &str = r"
groups:
  - name: hosts
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {team: ops, severity: morning}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {source: 1}
      - alert: Down
        expr: |
          up
            == 0
        for: 5m
        keep_firing_for: 1m
        labels:
          severity: page
        annotations: &texts
          summary: '{{ $labels.instance }} is down'
      - alert: Slow
        expr: up == 2
        annotations: *texts
  - name: other
    rules: []
";

#[test]
fn names_are_any_text_as_in_prometheus_3() {
    let text = "groups:
- name: g
  rules:
  - record: http.server:rate5m
    expr: up
    labels: {service.name: web, a b: c}
  - alert: Down
    expr: up == 0
    annotations: {my.note: x}
";
    let groups = read("f", text, 15_000).unwrap();
    let rule = &groups[0].rules[0];
    let mut names: Vec<&str> = rule.labels.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    assert_eq!((&*rule.name, &*names), ("http.server:rate5m", &["a b", "service.name"][..]));
}

#[test]
fn a_file_is_read_with_all_of_its_fields() {
    let groups = read("a.yml", GOOD, 15_000).unwrap();
    let [hosts, other] = &groups[..] else { panic!() };
    assert_eq!((&*hosts.name, hosts.interval_ms, hosts.limit), ("hosts", 30_000, Some(10)));
    assert_eq!((hosts.query_offset_ms, other.interval_ms, other.limit), (60_000, 15_000, None));
    let [sum, down, slow] = &hosts.rules[..] else { panic!() };
    let labels = |rule: &Rule| -> Vec<String> {
        let text = |(name, text): &(String, Template)| format!("{name}={}", text.text());
        rule.labels.iter().map(text).collect()
    };
    assert_eq!(labels(sum), ["severity=morning", "source=1", "team=ops"]);
    assert_eq!(labels(down), ["severity=page", "team=ops"]);
    assert_eq!(down.expression.line(), "up == 0");
    for (rule, times) in [(down, (300_000, 60_000)), (slow, (0, 0))] {
        let Kind::Alerting(alerting) = &rule.kind else { panic!() };
        assert_eq!((alerting.hold_ms, alerting.keep_firing_ms), times);
        assert_eq!(alerting.annotations[0].1.text(), "{{ $labels.instance }} is down");
    }
    for empty in ["", "# nothing\n", "groups:\n", "groups: []\n", "{}"] {
        assert!(read("a.yml", empty, 15_000).unwrap().is_empty(), "{empty:?}");
    }
}

#[test]
fn numbers_have_the_forms_of_yaml() {
    for (form, limit) in
        [("0x10", 16), ("010", 8), ("0o17", 15), ("0b11", 3), ("1_000", 1000), ("+7", 7)]
    {
        let groups = read("f", &format!("groups:\n- name: a\n  limit: {form}"), 15_000).unwrap();
        assert_eq!(groups[0].limit, Some(limit), "{form}");
    }
}

#[test]
fn a_mapping_takes_over_what_it_does_not_say_itself() {
    let text = "
groups:
- name: a
  rules:
  - &first
    alert: A
    expr: up == 0
    labels: &labels {severity: page, team: x}
  - <<: *first
    alert: B
    labels:
      <<: *labels
      team: y
  - alert: C
    expr: up == 1
    labels:
      team: z
      <<: [{other: o}, {other: late, team: late}, *labels]
  - alert: D
    expr: up == 2
    labels: {'<<': kept, '': none}
";
    let wrong = mistakes(text);
    assert_eq!(wrong, ["21: rule \"D\": invalid label name: "]);
    let groups = read("f", &text[..text.find("  - alert: D").unwrap()], 15_000).unwrap();
    let rules: Vec<String> = groups[0]
        .rules
        .iter()
        .map(|rule| {
            let labels = rule.labels.iter().map(|(name, text)| format!("{name}={}", text.text()));
            format!(
                "{} {} {}",
                rule.name,
                rule.expression.line(),
                labels.collect::<Vec<_>>().join(",")
            )
        })
        .collect();
    let expected = [
        "A up == 0 severity=page,team=x",
        "B up == 0 severity=page,team=y",
        "C up == 1 other=o,severity=page,team=z",
    ];
    assert_eq!(rules, expected);
}

/// The mistakes of a file, without its name.
fn mistakes(text: &str) -> Vec<String> {
    match read("f", text, 15_000) {
        Ok(groups) => vec![format!("{} groups", groups.len())],
        Err(mistakes) => {
            let lines = mistakes.to_string();
            lines.lines().map(|line| line.trim_start_matches("f:").to_owned()).collect()
        }
    }
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let rule = |fields: &str| format!("groups:\n- name: g\n  rules:\n  - {fields}\n");
    for (text, expected) in [
        ("a: 1", &["1: a rule file has no field \"a\""][..]),
        ("- a", &["1: a rule file must be a mapping, not a list"]),
        ("groups: 5", &["1: groups must be a list, not a text"]),
        ("groups:\n- 5", &["2: a group must be a mapping, not a text"]),
        ("groups:\n- rules: []", &["2: a group must have a name"]),
        ("groups:\n- name: a\n- name: a", &["3: group \"a\" stands in this file twice"]),
        ("groups:\n- name: a\n  name: b", &["3: \"name\" stands here twice"]),
        ("groups:\n- name: a\n  interval: 5", &["3: interval: not a valid duration string: \"5\""]),
        ("groups:\n- name: a\n  interval: 1ms", &["2: interval: must be at least 1s"]),
        ("groups:\n- name: a\n  limit: many", &["3: limit: \"many\" is no whole number"]),
        ("groups:\n- name: a\n  limit: '5'", &["3: limit: \"5\" is no whole number"]),
        ("groups:\n- name: a\n  limit: 0x", &["3: limit: \"0x\" is no whole number"]),
        ("groups:\n- name: a\n  labels: {<<: x}", &["3: << takes a mapping, not a text"]),
        ("groups:\n- name: a\n  labels: {'': x}", &["3: group \"a\": invalid label name: "]),
        (&rule("expr: up"), &["4: group \"g\": one of 'record' and 'alert' must be set"]),
        (
            &rule("{record: a, alert: b, expr: up}"),
            &["4: group \"g\": only one of 'record' and 'alert' may be set"],
        ),
        (&rule("alert: a"), &["4: rule \"a\": field 'expr' must be set in rule"]),
        (
            &rule("alert: a\n    expr: up +"),
            &[
                "5: rule \"a\": could not parse expression: 1:5: parse error: unexpected end of input",
            ],
        ),
        (
            &rule(
                "alert: a\n    expr: up\n    for: soon\n    annotations: {'': 1, z: '{{ nope }}'}",
            ),
            &[
                "6: for: not a valid duration string: \"soon\"",
                "7: rule \"a\": annotation \"z\": bad template: line 1: function \"nope\" not defined",
                "7: rule \"a\": invalid annotation name: ",
            ],
        ),
        (
            &rule(
                "record: a{b}\n    expr: up\n    for: 1m\n    keep_firing_for: 1m\n    annotations: {a: b}",
            ),
            &[
                "4: rule \"a{b}\": invalid recording rule name: a{b}",
                "6: rule \"a{b}\": invalid field 'for' in recording rule",
                "7: rule \"a{b}\": invalid field 'keep_firing_for' in recording rule",
                "8: rule \"a{b}\": invalid field 'annotations' in recording rule",
            ],
        ),
        (
            &rule("alert: a\n    expr: up\n    lables: {}\n    labels: {__name__: x}"),
            &["6: a rule has no field \"lables\"", "7: rule \"a\": invalid label name: __name__"],
        ),
        (
            &rule("alert: [a]\n    expr: up"),
            &[
                "4: alert must be a text, not a list",
                "4: group \"g\": one of 'record' and 'alert' must be set",
            ],
        ),
        ("groups: []\n---\ngroups: []", &["2: a second document; a file has one"]),
    ] {
        assert_eq!(mistakes(text), expected, "{text}");
    }
}

#[test]
fn hostile_files_are_refused_soon() {
    let mut anchors = String::new();
    for n in 1..20 {
        let list = vec![format!("*a{}", n - 1); 7].join(", ");
        let _ = writeln!(anchors, "a{n}: &a{n} [{list}]");
    }
    let bomb = format!("a0: &a0 [x, x, x, x]\n{anchors}");
    let found = mistakes(&bomb).pop().unwrap();
    assert!(found.contains("more than 200000 parts"), "{found}");
    let deep = "[".repeat(100_000);
    assert!(!mistakes(&deep).is_empty());
    let large = " ".repeat(5 << 20);
    assert_eq!(mistakes(&large), [" larger than 4194304 bytes"]);
    for text in ["groups: *a", "a: b: c", "\u{0}", "%", "? [a]: b", "!!binary x", "&a *a"] {
        let found = mistakes(text);
        assert!(!found[0].ends_with("groups"), "{text:?}: {found:?}");
    }
}
