//! What the collector asks of this agent, within the agent's own limits. Pure.

use std::sync::Arc;
use std::time::Duration;

use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::units::Span;
use headroom_proto::wire::{RefusedSetting, Settings, SettingsApplied};

use crate::prober::limits::ProberLimits;
use crate::prober::target::Target;

/// The settings in force. Each part of the agent watches those that concern it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSettings {
    /// Time between two rounds of samplers; none leaves the configuration in force.
    pub interval: Option<Duration>,
    /// What is pinged.
    pub targets: Vec<Arc<Target>>,
}

impl AgentSettings {
    /// What of the collector's settings is in force, and what the collector is told of it.
    pub fn of(asked: &Settings, limits: &ProberLimits) -> (Self, SettingsApplied) {
        let mut refused = Vec::new();
        let interval = interval(asked.sample_interval_ms).map(|(interval, refusal)| {
            refused.extend(refusal);
            interval
        });
        let accepted = limits.accept(&asked.targets);
        refused.extend(accepted.refused);
        let targets = accepted.targets.into_iter().map(Arc::new).collect();
        (Self { interval, targets }, SettingsApplied { version: asked.version, refused })
    }
}

/// The interval that is asked for, moved to the nearest that this agent keeps.
fn interval(asked_ms: u64) -> Option<(Duration, Option<RefusedSetting>)> {
    let asked = Duration::from_millis(asked_ms);
    let kept = asked.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
    let refusal = (kept != asked).then(|| {
        let (shortest, longest) = (Span(SHORTEST_INTERVAL), Span(LONGEST_INTERVAL));
        let reason = format!(
            "{} is not between {shortest} and {longest}; {} is in force",
            Span(asked),
            Span(kept)
        );
        RefusedSetting { setting: "sample_interval_ms".into(), reason }
    });
    (!asked.is_zero()).then_some((kept, refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_keeps_its_limits_whatever_it_is_asked_and_says_so() {
        let day = 86_400_000;
        for (sample_interval_ms, kept, told) in [
            (0, None, ""),
            (5_000, Some(Duration::from_secs(5)), ""),
            (100, Some(SHORTEST_INTERVAL), ""),
            (1, Some(SHORTEST_INTERVAL), "1ms is not between 100ms and 1h; 100ms is in force"),
            (3_600_000, Some(LONGEST_INTERVAL), ""),
            (day, Some(LONGEST_INTERVAL), "1d is not between 100ms and 1h; 1h is in force"),
        ] {
            let asked = Settings { version: 7, sample_interval_ms, ..Settings::default() };
            let (settings, applied) = AgentSettings::of(&asked, &ProberLimits::default());
            assert_eq!((settings.interval, applied.version), (kept, 7), "{sample_interval_ms} ms");
            let reasons: Vec<_> = applied.refused.iter().map(|one| one.reason.as_str()).collect();
            assert_eq!(reasons.join("; "), told);
            let named = applied.refused.iter().all(|one| one.setting == "sample_interval_ms");
            assert!(named, "{applied:?}");
        }
    }
}
