//! What is known at one moment: what rules found, and who has spoken.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use headroom_proto::metric::INSTANCE;
use jiff::tz::TimeZone;

use crate::oncall::{Desk, HOST_SILENT, Picture, Seen, Texts, Verdicts};
use crate::rooms::KeptRooms;
use crate::rules::{Alert, AlertState, GroupReport, Health, Kind, table_link};
use crate::samples::{Budget, Hints, Matcher, ReadError, Samples, Selection, TimeRange};

/// Hosts come back within this time after the collector has started, in milliseconds: silence says
/// nothing before.
const SETTLING_MS: i64 = 75_000;

/// What is looked at.
pub struct Look<'l> {
    /// What rules found last.
    pub reports: &'l [std::sync::Arc<GroupReport>],
    /// What agents said.
    pub samples: &'l dyn Samples,
    /// What reading it may take.
    pub budget: &'l Budget,
    /// What was found of the rooms of past weeks.
    pub kept: &'l KeptRooms,
    /// The zone of hours.
    pub zone: TimeZone,
    /// Agents that are expected to speak.
    pub agents: &'l BTreeSet<String>,
    /// When the collector began, Unix time in milliseconds.
    pub began_ms: i64,
    /// The moment.
    pub at_ms: i64,
}

impl Look<'_> {
    /// What is known.
    pub fn picture(&self, desk: &Desk) -> Result<Picture, ReadError> {
        let (mut seen, mut verdicts) = (BTreeMap::new(), Verdicts::default());
        for report in self.reports {
            for (rule, state) in report.definition.rules.iter().zip(&report.rules) {
                match rule.kind {
                    Kind::Recording => continue,
                    Kind::Alerting(_) => {}
                }
                verdicts.present.insert(rule.name.clone());
                if state.last_ms.is_none() || matches!(state.health, Health::Bad(_)) {
                    verdicts.unjudged.insert(rule.name.clone());
                }
                let firing = state.alerts.iter().filter(|alert| alert.state == AlertState::Firing);
                let link = table_link(rule.expression.line());
                seen.extend(firing.map(|alert| of(alert, &link)));
            }
        }
        if self.at_ms - self.began_ms < SETTLING_MS {
            verdicts.unjudged.insert(HOST_SILENT.to_owned());
            let known: BTreeSet<u64> = desk.fingerprints().collect();
            let is_silence =
                |seen: &Seen| seen.labels.get("alertname").is_some_and(|name| name == HOST_SILENT);
            seen.retain(|print, seen| known.contains(print) || !is_silence(seen));
        }
        let heard_ms = self.heard(&desk.unseen(&seen))?;
        let quiet_ms = self.quiet(desk, &seen)?;
        let agents = self.agents.clone();
        let &Self { at_ms, began_ms, .. } = self;
        Ok(Picture { at_ms, began_ms, seen, verdicts, heard_ms, quiet_ms, agents })
    }

    /// The newest word of each of these since a moment of each.
    fn heard(&self, instances: &BTreeMap<&str, i64>) -> Result<BTreeMap<String, i64>, ReadError> {
        let Some(from_ms) = instances.values().min().copied() else { return Ok(BTreeMap::new()) };
        let matchers = [
            Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name),
            Matcher::one_of(INSTANCE, instances.keys().copied()),
        ];
        let range = TimeRange { from_ms: from_ms + 1, to_ms: self.at_ms };
        let found = self.samples.select(
            Selection { matchers: &matchers, range },
            Hints::ALL,
            self.budget,
        )?;
        let mut heard_ms = BTreeMap::new();
        for series in found {
            let newest_ms = series.timestamps.last().copied();
            if let Some((instance, newest_ms)) = series.labels.get(INSTANCE).zip(newest_ms) {
                let heard = heard_ms.entry(instance.to_owned()).or_insert(newest_ms);
                *heard = newest_ms.max(*heard);
            }
        }
        Ok(heard_ms)
    }
}

fn of(alert: &Alert, link: &str) -> (u64, Seen) {
    let labels: Texts =
        alert.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let seen = Seen {
        labels,
        annotations: alert.annotations.iter().cloned().collect(),
        since_ms: alert.fired_at_ms.unwrap_or(alert.active_at_ms),
        link: link.to_owned(),
        until_ms: None,
    };
    (crate::rules::fingerprint(&alert.labels), seen)
}
