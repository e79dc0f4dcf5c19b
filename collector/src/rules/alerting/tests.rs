use super::*;

/// A moment, what is found then, and what the alert is afterwards.
type Step = (i64, Option<f64>, Option<(AlertState, i64)>);

fn check(rule: &Alerting, steps: &[Step]) {
    let labels = Labels::new("", [("alertname", "A"), ("instance", "ca1")]);
    let mut alerts = Alerts::default();
    for (at_s, found, expected) in steps {
        let finding = |value: f64| Finding { annotations: Vec::new(), value };
        let found = found.map(|value| (labels.clone(), finding(value))).into_iter().collect();
        let bounds = Bounds { rule, limit: None, remembered: None };
        let written = alerts.advance(found, at_s * 1000, bounds).unwrap();
        let active = alerts.active().next();
        let state = active.map(|alert| (alert.state, alert.active_at_ms / 1000));
        assert_eq!(state, *expected, "at {at_s} s");
        let names: Vec<String> = written.iter().map(|(labels, _)| labels.to_string()).collect();
        let wanted = expected.map_or_else(Vec::new, |(state, _)| {
            let state = state.name();
            vec![
                format!("ALERTS{{alertname=\"A\",alertstate={state:?},instance=\"ca1\"}}"),
                "ALERTS_FOR_STATE{alertname=\"A\",instance=\"ca1\"}".to_owned(),
            ]
        });
        assert_eq!(names, wanted, "at {at_s} s");
    }
}

fn rule(hold_s: i64, keep_firing_s: i64) -> Alerting {
    let (hold_ms, keep_firing_ms) = (hold_s * 1000, keep_firing_s * 1000);
    Alerting { hold_ms, keep_firing_ms, annotations: Vec::new() }
}

const PENDING: AlertState = AlertState::Pending;
const FIRING: AlertState = AlertState::Firing;

#[test]
fn an_alert_pends_for_as_long_as_it_must_and_begins_anew_behind_a_gap() {
    check(
        &rule(30, 0),
        &[
            (0, None, None),
            (15, Some(1.0), Some((PENDING, 15))),
            (30, Some(1.0), Some((PENDING, 15))),
            (45, Some(2.0), Some((FIRING, 15))),
            (60, None, None),
            (75, Some(1.0), Some((PENDING, 75))),
            (90, None, None),
            (105, Some(1.0), Some((PENDING, 105))),
            // Nothing was due for a while.
            (600, Some(1.0), Some((FIRING, 105))),
        ],
    );
    check(&rule(0, 0), &[(15, Some(f64::NAN), Some((FIRING, 15))), (30, None, None)]);
}

#[test]
fn an_alert_pends_no_longer_where_the_clock_is_set_back() {
    check(
        &rule(30, 0),
        &[
            (1000, Some(1.0), Some((PENDING, 1000))),
            (15, Some(1.0), Some((PENDING, 15))),
            (45, Some(1.0), Some((FIRING, 15))),
        ],
    );
}

#[test]
fn an_alert_goes_on_firing_for_as_long_as_it_is_to() {
    check(
        &rule(0, 30),
        &[
            (0, Some(1.0), Some((FIRING, 0))),
            (15, None, Some((FIRING, 0))),
            (30, None, Some((FIRING, 0))),
            // It is found again: what was counted is forgotten.
            (45, Some(1.0), Some((FIRING, 0))),
            (60, None, Some((FIRING, 0))),
            (75, None, Some((FIRING, 0))),
            (90, None, None),
            (105, Some(1.0), Some((FIRING, 105))),
        ],
    );
    // What only pended ends at once.
    check(&rule(30, 60), &[(0, Some(1.0), Some((PENDING, 0))), (15, None, None)]);
}

#[test]
fn what_ended_is_kept_for_a_while_so_that_it_is_told() {
    let rule = rule(0, 0);
    let labels = Labels::new("", [("alertname", "A")]);
    let finding = Finding { annotations: Vec::new(), value: 1.0 };
    let mut alerts = Alerts::default();
    let bounds = Bounds { rule: &rule, limit: None, remembered: None };
    alerts.advance([(labels.clone(), finding)].into(), 0, bounds).unwrap();
    alerts.advance(BTreeMap::new(), 1000, bounds).unwrap();
    assert_eq!(alerts.0[&labels].resolved_at_ms, Some(1000));
    alerts.advance(BTreeMap::new(), 1000 + RESOLVED_RETENTION_MS, bounds).unwrap();
    assert_eq!(alerts.0[&labels].resolved_at_ms, Some(1000));
    alerts.advance(BTreeMap::new(), 1001 + RESOLVED_RETENTION_MS, bounds).unwrap();
    assert!(alerts.0.is_empty());
}

#[test]
fn more_alerts_than_may_be_are_none() {
    let rule = rule(0, 0);
    let found = |count: usize| -> BTreeMap<Labels, Finding> {
        let one = |n: usize| {
            let finding = Finding { annotations: Vec::new(), value: 1.0 };
            (Labels::new("", [("n", &*n.to_string())]), finding)
        };
        (0..count).map(one).collect()
    };
    let mut alerts = Alerts::default();
    let bounds = Bounds { rule: &rule, limit: Some(2), remembered: None };
    assert_eq!(alerts.advance(found(2), 0, bounds).unwrap().len(), 4);
    let error = alerts.advance(found(3), 1000, bounds).unwrap_err();
    assert_eq!(error, "exceeded limit of 2 with 3 alerts");
    assert_eq!(alerts.active().count(), 0);
}

#[test]
fn a_restart_keeps_since_when_an_alert_pends() {
    let rule = rule(60, 0);
    let labels = Labels::new("", [("alertname", "A")]);
    let found = || {
        let finding = Finding { annotations: Vec::new(), value: 1.0 };
        BTreeMap::from([(labels.clone(), finding)])
    };
    for (since_ms, at_ms, expected) in [
        (10_000, 69_000, (PENDING, 10_000)),
        (10_000, 70_000, (FIRING, 10_000)),
        // The clock was set back meanwhile.
        (90_000, 70_000, (PENDING, 70_000)),
    ] {
        let remembered = BTreeMap::from([(labels.clone(), since_ms)]);
        let bounds = Bounds { rule: &rule, limit: None, remembered: Some(&remembered) };
        let mut alerts = Alerts::default();
        alerts.advance(found(), at_ms, bounds).unwrap();
        let alert = &alerts.0[&labels];
        assert_eq!((alert.state, alert.active_at_ms), expected);
    }
}
