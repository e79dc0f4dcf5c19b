//! What is posted, step by step.

use serde_json::{Value, json};

/// One step: what begins to fire or still does, what has ended, and what is silenced.
#[derive(Default)]
pub struct Step {
    fires: Vec<(&'static str, &'static str, &'static str)>,
    ends: Vec<(&'static str, &'static str)>,
    silences: Option<&'static str>,
}

impl Step {
    /// Paths and bodies.
    pub fn requests(&self, now: jiff::Timestamp) -> Vec<(&'static str, Value)> {
        let mut requests = Vec::new();
        if let Some(name) = self.silences {
            requests.push((
                "/api/v2/silences",
                json!({
                    "matchers": [{"name": "alertname", "value": name, "isRegex": false, "isEqual": true}],
                    "startsAt": now.to_string(),
                    "endsAt": (now + jiff::SignedDuration::from_hours(2)).to_string(),
                    "createdBy": "anna", "comment": "we know",
                }),
            ));
        }
        let labels = |name: &str, cluster: &str| json!({"alertname": name, "cluster": cluster, "severity": "page"});
        let begin = jiff::Timestamp::from_second(now.as_second() - 5).unwrap_or(now);
        let fires = self.fires.iter().map(|(name, cluster, summary)| {
            json!({"labels": labels(name, cluster), "annotations": {"summary": summary, "of": cluster},
                "startsAt": begin.to_string(),
                "endsAt": (now + jiff::SignedDuration::from_hours(1)).to_string(),
                "generatorURL": "http://127.0.0.1/graph"})
        });
        let ends = self.ends.iter().map(|(name, cluster)| {
            json!({"labels": labels(name, cluster), "annotations": {"summary": "ended", "of": cluster},
                "startsAt": begin.to_string(), "endsAt": now.to_string(),
                "generatorURL": "http://127.0.0.1/graph"})
        });
        let alerts: Vec<Value> = fires.chain(ends).collect();
        if !alerts.is_empty() {
            requests.push(("/api/v2/alerts", alerts.into()));
        }
        requests
    }
}

/// All steps.
pub fn steps() -> Vec<Step> {
    let fires = |alerts: &[(&'static str, &'static str, &'static str)]| Step {
        fires: alerts.to_vec(),
        ..Step::default()
    };
    let ends =
        |alerts: &[(&'static str, &'static str)]| Step { ends: alerts.to_vec(), ..Step::default() };
    vec![
        fires(&[("A1", "x", "one"), ("A2", "x", "two <b>&"), ("B1", "y", "ünïcode")]),
        fires(&[("A3", "x", "three")]),
        ends(&[("A1", "x")]),
        // What is silenced before it is told, is told to nobody.
        Step { silences: Some("C1"), ..fires(&[("C1", "z", "silenced"), ("C2", "z", "told")]) },
        ends(&[("C1", "z"), ("C2", "z")]),
        ends(&[("A2", "x"), ("A3", "x"), ("B1", "y")]),
        fires(&[("A1", "x", "again")]),
        // Other words alone tell nothing; in the end it is told again.
        fires(&[("A1", "x", "other words")]),
    ]
}
