//! What is told of alerts, and when it is told again: as Prometheus tells Alertmanager.

use super::alert::{Alert, AlertState};
use super::template::table_link;

/// What is still so is told again after this time, in milliseconds.
const RESEND_MS: i64 = 60_000;

/// What is told of one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The alert.
    pub alert: Alert,
    /// When it ended, or until when it stands if nothing more is heard; Unix time in milliseconds.
    pub ends_at_ms: i64,
    /// Where its expression is shown, below the address of the collector.
    pub link: String,
}

/// What is told of an alert at a moment, if anything is; that it is told is noted.
pub fn due(alert: &mut Alert, at_ms: i64, interval_ms: i64, expression: &str) -> Option<Notice> {
    let told_ms = alert.told_at_ms.unwrap_or(i64::MIN);
    let is_due = match alert.state {
        AlertState::Pending => false,
        AlertState::Inactive | AlertState::Firing => {
            let has_ended = alert.resolved_at_ms.is_some_and(|end_ms| end_ms > told_ms);
            has_ended || told_ms.saturating_add(RESEND_MS) < at_ms
        }
    };
    if !is_due {
        return None;
    }
    alert.told_at_ms = Some(at_ms);
    // Two evaluations or two attempts may fail before it is taken for ended.
    let ends_at_ms = alert.resolved_at_ms.unwrap_or(at_ms + 4 * RESEND_MS.max(interval_ms));
    Some(Notice { alert: alert.clone(), ends_at_ms, link: table_link(expression) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;

    fn alert(state: AlertState, resolved_at_ms: Option<i64>) -> Alert {
        Alert {
            labels: Labels::new("", [("alertname", "A")]),
            annotations: Vec::new(),
            state,
            value: 1.0,
            active_at_ms: 0,
            fired_at_ms: Some(0),
            resolved_at_ms,
            kept_since_ms: None,
            told_at_ms: None,
        }
    }

    #[test]
    fn what_fires_is_told_at_once_again_each_minute_and_when_it_ends() {
        let mut firing = alert(AlertState::Firing, None);
        let mut told = Vec::new();
        for at_s in (0..=150).step_by(15) {
            if at_s == 90 {
                (firing.state, firing.resolved_at_ms) = (AlertState::Inactive, Some(90_000));
            }
            if let Some(notice) = due(&mut firing, at_s * 1000, 15_000, "up == 0") {
                assert_eq!(notice.link, "/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
                told.push((at_s, notice.ends_at_ms / 1000));
            }
        }
        assert_eq!(told, [(0, 240), (75, 315), (90, 90)]);
        assert!(due(&mut firing, 165_000, 15_000, "up").is_some());
        assert_eq!(due(&mut alert(AlertState::Pending, None), 0, 15_000, "up"), None);
        let slow = due(&mut alert(AlertState::Firing, None), 0, 600_000, "up").unwrap();
        assert_eq!(slow.ends_at_ms, 2_400_000);
    }
}
