//! What strangers post for whoever is on call: alerts of others, silences, and conditions on labels.

use headroom::oncall::{Matcher, Outside, Silence, Texts};
use serde_json::Value;

/// A moment in 2020, at which all of it comes.
const NOW_MS: i64 = 1_590_667_200_000;

/// A silence, alerts, or conditions, one a line: taken, or refused in words.
pub fn oncall(bytes: &[u8]) {
    if let Ok(silence) = serde_json::from_slice::<Silence>(bytes) {
        weigh(&silence);
    }
    for alert in serde_json::from_slice::<Vec<Value>>(bytes).unwrap_or_default() {
        take(&alert);
    }
    let lines = String::from_utf8_lossy(bytes);
    let parsed: Vec<_> = lines.lines().take(50).map(Matcher::parse).collect();
    let refused = parsed.iter().filter_map(|parsed| parsed.as_ref().err());
    refused.for_each(|error| assert!(!error.to_string().is_empty(), "refused without a word"));
    let matchers = parsed.into_iter().filter_map(Result::ok).collect();
    let (from_ms, to_ms) = (NOW_MS, NOW_MS + 3_600_000);
    let (owner, comment) = ("anna".to_owned(), lines.into_owned());
    weigh(&Silence { matchers, from_ms, to_ms, repeats: None, owner, comment });
}

fn weigh(silence: &Silence) {
    if let Err(error) = silence.check(NOW_MS) {
        assert!(!error.to_string().is_empty(), "refused without a word");
        return;
    }
    let labels = Texts::from([("instance".to_owned(), "ca1".to_owned())]);
    for at_ms in [silence.from_ms, silence.to_ms, NOW_MS] {
        silence.holds(at_ms);
    }
    silence.covers(&labels);
}

fn take(alert: &Value) {
    let texts = |name: &str| {
        let members = alert.get(name).and_then(Value::as_object).into_iter().flatten();
        members
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    };
    let outside = Outside {
        labels: texts("labels"),
        annotations: texts("annotations"),
        starts_ms: alert.get("startsAt").and_then(Value::as_i64),
        ends_ms: alert.get("endsAt").and_then(Value::as_i64),
        link: alert.get("generatorURL").and_then(Value::as_str).unwrap_or_default().into(),
    };
    if let Err(error) = outside.seen(NOW_MS) {
        assert!(!error.to_string().is_empty(), "refused without a word");
    }
}

/// One of each.
pub fn seeds() -> Vec<Vec<u8>> {
    let silence = r#"{"matchers": [{"name": "instance", "value": "ca(1|2)", "is_regex": true, "is_equal": true}],
        "from_ms": 1590667200000, "to_ms": 1590670800000, "owner": "anna", "comment": "new disks"}"#;
    let weekly = r#"{"matchers": [{"name": "a", "value": "", "is_regex": false, "is_equal": false}],
        "from_ms": 0, "to_ms": 9000000000000, "owner": "anna", "comment": "",
        "repeats": {"days": [0, 6], "from_minutes": 1350, "to_minutes": 120, "zone": "Europe/Berlin"}}"#;
    let alerts = r#"[{"labels": {"alertname": "A", "instance": "x"}, "annotations": {"summary": "s"},
        "startsAt": 1590667200000, "endsAt": 1590667300000, "generatorURL": "http://h/g?x=1"}, {}, 1]"#;
    let conditions = "instance=\"ca1\"\njob!=node\nname=~\"a.*|b\"\nx!~\"[[:alpha:]]+\"\na=~(\n=\n";
    [silence, weekly, alerts, conditions].map(|text| text.as_bytes().to_vec()).into()
}
