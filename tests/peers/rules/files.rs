//! Rule files over every field that Prometheus 2.42 has.

use std::fmt::Write as _;

/// How long a wave is there and away, in seconds.
pub const WAVES: [u64; 6] = [14, 20, 34, 52, 80, 130];

/// Values whose texts are compared, by name.
pub const CORPUS: [(&str, f64); 10] = [
    ("million", 1e6),
    ("tiny", 1e-5),
    ("infinite", f64::INFINITY),
    ("below", f64::NEG_INFINITY),
    ("none", f64::NAN),
    ("huge", 1.5e300),
    ("half", -0.5),
    ("days", 200_000.25),
    ("moment", 1.6e9),
    ("whole", 123_456_789.0),
];

/// What each text is made of.
const TEXTS: [&str; 14] = [
    "{{ $value }} of {{ $labels.kind }}, {{ $labels.missing }}",
    "{{ humanize $value }} {{ humanize1024 $value }} {{ humanizePercentage $value }}",
    "{{ humanizeDuration $value }} {{ humanizeTimestamp $value }}",
    "{{ printf \"%.3f %e %v %8.2f|%-8.1f|\" $value $value $value $value $value }}",
    "{{ title $labels.kind }} {{ toUpper $labels.kind }} {{ toLower \"ABC\" }} {{ len $labels.kind }}",
    "{{ if gt $value 1.0 }}more{{ else }}less{{ end }} {{ and true $labels.kind }} {{ not false }}",
    "{{ range $i, $x := query \"corpus{kind='million'}\" }}{{ $i }}={{ $x.Value }} {{ $x.Labels.kind }}{{ end }}",
    "{{ with query \"corpus{kind='tiny'}\" }}{{ . | first | value }} {{ . | first | label \"kind\" }}{{ end }}",
    "{{ query \"corpus{kind='nothing'}\" | len }} {{ range query \"nothing\" }}x{{ else }}none{{ end }}",
    "{{ reReplaceAll \"(.)i\" \"$1o\" $labels.kind }} {{ match \"^m\" $labels.kind }}",
    "{{ stripPort \"ca1:9100\" }} {{ stripDomain \"ca1.example.org\" }} {{ parseDuration \"1h30m\" }}",
    "{{ $externalURL }} {{ externalURL }} {{ pathPrefix }} {{ tableLink \"up\" }} {{ graphLink \"up\" }}",
    "{{ range (query \"corpus\" | sortByLabel \"kind\") }}{{ .Labels.kind }},{{ end }} {{ args 1 2 }}",
    "{{ eq $labels.kind \"tiny\" }} {{ html \"<&>\" }} {{ urlquery \"a b\" }} {{ js \"'\" }} {{ index $labels \"kind\" }}",
];

/// Rules by which states are compared, and how many there are.
pub fn semantics() -> (String, usize) {
    let (mut text, mut count) =
        ("groups:\n- name: waves\n  interval: 1s\n  rules:\n".to_owned(), 0);
    for wave in WAVES {
        for hold in ["0s", "3s", "12s"] {
            for keep in ["0s", "6s"] {
                count += 1;
                let _ = write!(
                    text,
                    "  - alert: Wave{wave}For{hold}Keep{keep}\n    expr: wave{{period=\"{wave}\"}} == 1\n    \
                     for: {hold}\n    keep_firing_for: {keep}\n    labels: {{severity: page, size: '{{{{ $value }}}}'}}\n"
                );
            }
        }
    }
    text.push_str("- name: long\n  interval: 1s\n  rules:\n");
    for (name, expression, hold) in [
        ("Spans", "corpus{kind=\"million\"} > 0", "4m"),
        ("SpansLonger", "corpus{kind=\"half\"} < 0", "6m"),
        ("Absent", "absent(nothing)", "10s"),
    ] {
        count += 1;
        let _ = write!(text, "  - alert: {name}\n    expr: {expression}\n    for: {hold}\n");
    }
    text.push_str("- name: recordings\n  interval: 2s\n  rules:\n");
    for (name, expression) in [
        ("waves:sum", "sum(wave)"),
        ("waves:by", "sum by (period) (wave) * 2"),
        ("rates:sum", "sum(rate(counter[10s]))"),
    ] {
        count += 1;
        let _ = write!(
            text,
            "  - record: {name}\n    expr: {expression}\n    labels: {{a: x, period: '', b: 5}}\n"
        );
    }
    text.push_str("  - alert: OfRecording\n    expr: waves:sum{a=\"x\"} > 2\n    for: 4s\n");
    text.push_str("- name: limited\n  interval: 1s\n  limit: 2\n  rules:\n");
    text.push_str("  - alert: TooMany\n    expr: wave >= 0\n  - alert: JustEnough\n    expr: wave{period=~\"14|20\"} == 1\n");
    text.push_str("  - record: too_many\n    expr: wave\n");
    count += 4;
    text.push_str("- name: texts\n  interval: 1s\n  rules:\n");
    for (place, template) in TEXTS.iter().enumerate() {
        count += 1;
        let _ = write!(
            text,
            "  - alert: Text{place}\n    expr: corpus\n    labels: {{group: texts, of: '{{{{ $labels.kind }}}}!'}}\n    \
             annotations: {{text: '{}'}}\n",
            template.replace('\'', "''")
        );
    }
    (text, count)
}

/// A thousand rules as hosts have them, in twenty groups.
pub fn thousand() -> String {
    let mut text = "groups:\n".to_owned();
    for group in 0..20 {
        let _ = write!(text, "- name: g{group}\n  interval: 15s\n  rules:\n");
        for rule in 0..10 {
            let metric = format!("host_metric_{}", (group * 10 + rule) % 50);
            let _ = write!(
                text,
                "  - record: g{group}:rate{rule}\n    expr: rate({metric}[2m])\n  \
                 - record: g{group}:sum{rule}\n    expr: sum(rate({metric}[2m]))\n  \
                 - alert: High{group}_{rule}\n    expr: rate({metric}[2m]) > 1e9\n    for: 2m\n    \
                   labels: {{severity: page}}\n    annotations: {{summary: '{{{{ $labels.instance }}}} {{{{ $value }}}}'}}\n  \
                 - alert: Low{group}_{rule}\n    expr: avg_over_time({metric}[2m]) < 0\n    for: 2m\n  \
                 - alert: Fires{group}_{rule}\n    expr: {metric}{{instance=\"host0\"}} > 0\n    \
                   annotations: {{summary: '{{{{ $labels.instance }}}} has {{{{ $value | humanize }}}}'}}\n"
            );
        }
    }
    text
}
