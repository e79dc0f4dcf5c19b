//! What a member's browser measured: small fetches of a page of each datacentre. Kept are the region that the member
//! chose and the times, and nothing else. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom_proto::catalogue::{
    HEADROOM_PROBE_RECEIVED, HEADROOM_PROBE_RTT_MAX_SECONDS, HEADROOM_PROBE_RTT_MIN_SECONDS,
    HEADROOM_PROBE_SENT, HEADROOM_PROBE_VANTAGE_OFFLINE, PROBE_DURATION_SECONDS, PROBE_SUCCESS,
};
use headroom_proto::metric::{BROWSER, INSTANCE, JOB, PROBE_JOB};
use headroom_proto::wire::{ProbeKind, ProbeTarget};

use super::places::{Datacentre, Places};
use crate::samples::Labels;
use crate::store::PathRound;

/// A browser does not tell over which family it asks.
const FAMILY: &str = "any";

/// How often each page is fetched.
pub const FETCHES: usize = 20;

/// The longest fetch, in milliseconds.
pub const LONGEST_MS: f64 = 10_000.0;

/// So many checks may come at once, and one more after each pause.
const AT_ONCE: f64 = 20.0;
const PAUSE: Duration = Duration::from_secs(5);

/// A page that browsers fetch, and the datacentre that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckTarget {
    /// The datacentre.
    pub datacentre: Arc<str>,
    /// The page.
    pub url: String,
}

/// What a browser measured of one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckTimes {
    /// How long each fetch took, in milliseconds.
    pub times_ms: Vec<f64>,
    /// How many came to nothing.
    pub failed: usize,
}

/// Times that are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {FETCHES} fetches, each of more than 0 and at most {LONGEST_MS} ms")]
pub struct TimesError;

/// What is stored of a check of one datacentre.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRound {
    /// Series and their values, that of the path first.
    pub told: Vec<(Labels, f64)>,
    /// All of the times.
    pub round: PathRound,
}

impl Places {
    /// What browsers fetch: the first page of each datacentre that has any.
    pub fn check_targets(&self) -> Vec<CheckTarget> {
        let page = |datacentre: &Datacentre| {
            let is_page = |target: &&ProbeTarget| target.kind() == ProbeKind::Https;
            let target = datacentre.targets.iter().find(is_page)?;
            let datacentre = Arc::clone(&datacentre.name);
            Some(CheckTarget { datacentre, url: target.target.clone() })
        };
        self.datacentres.iter().filter_map(page).collect()
    }
}

impl CheckTimes {
    fn check(&self) -> Result<(), TimesError> {
        let count = self.times_ms.len().saturating_add(self.failed);
        let is_time = |ms: &f64| *ms > 0.0 && *ms <= LONGEST_MS;
        let is_sound = (1..=FETCHES).contains(&count) && self.times_ms.iter().all(is_time);
        if is_sound { Ok(()) } else { Err(TimesError) }
    }

    /// What is stored of it at a moment.
    pub fn round(
        &self,
        target: &CheckTarget,
        region: &str,
        now_ms: i64,
    ) -> Result<CheckRound, TimesError> {
        self.check()?;
        let sent = (self.times_ms.len() + self.failed) as u32;
        let us = self.times_ms.iter().map(|ms| (ms * 1e3).round().max(1.0) as u32);
        let mut round_trips_us: Vec<u32> = us.collect();
        round_trips_us.sort_unstable();
        let round = PathRound {
            begin_ms: now_ms,
            span_ms: 1,
            sent,
            round_trips_us,
            ..PathRound::default()
        };
        let seconds = |us: Option<u32>| us.map(|us| f64::from(us) / 1e6);
        let (least, most) = (round.round_trips_us.first(), round.round_trips_us.last());
        let values = [
            (HEADROOM_PROBE_VANTAGE_OFFLINE.name, Some(0.0)),
            (PROBE_SUCCESS.name, Some(f64::from(u8::from(round.received() > 0)))),
            (HEADROOM_PROBE_SENT.name, Some(f64::from(sent))),
            (HEADROOM_PROBE_RECEIVED.name, Some(f64::from(round.received()))),
            (PROBE_DURATION_SECONDS.name, seconds(round.median_us())),
            (HEADROOM_PROBE_RTT_MIN_SECONDS.name, seconds(least.copied())),
            (HEADROOM_PROBE_RTT_MAX_SECONDS.name, seconds(most.copied())),
        ];
        let labels = [
            (INSTANCE, &*target.url),
            (JOB, PROBE_JOB),
            ("vantage", region),
            ("datacentre", &*target.datacentre),
            ("kind", BROWSER),
            ("family", FAMILY),
        ];
        let told = values
            .into_iter()
            .filter_map(|(metric, value)| Some((Labels::new(metric, labels), value?)));
        Ok(CheckRound { told: told.collect(), round })
    }
}

/// How many checks may still come: strangers write here, and nobody knows who they are.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    left: f64,
    since: Instant,
}

impl Allowance {
    /// As many as may come at once.
    pub fn new(now: Instant) -> Self {
        Self { left: AT_ONCE, since: now }
    }

    /// Takes one, if one is left.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since);
        self.left = (self.left + passed.as_secs_f64() / PAUSE.as_secs_f64()).min(AT_ONCE);
        self.since = now;
        let is_left = self.left >= 1.0;
        if is_left {
            self.left -= 1.0;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> CheckTarget {
        CheckTarget { datacentre: "montreal".into(), url: "https://ca1.example.org/".into() }
    }

    #[test]
    fn a_check_is_a_round_under_its_region() {
        let times = CheckTimes { times_ms: vec![92.4, 90.0, 400.0], failed: 1 };
        let CheckRound { told, round } = times.round(&target(), "West Africa", 7_000).unwrap();
        assert_eq!((round.begin_ms, round.sent, round.received()), (7_000, 4, 3));
        assert_eq!(round.round_trips_us, [90_000, 92_400, 400_000]);
        let value = |metric: &str| told.iter().find(|(one, _)| one.metric() == metric).unwrap().1;
        assert_eq!((value("probe_duration_seconds"), value("headroom_probe_sent")), (0.0924, 4.0));
        let (first, _) = &told[0];
        assert_eq!(first.metric(), "headroom_probe_vantage_offline");
        assert_eq!((first.get("vantage"), first.get("kind")), (Some("West Africa"), Some(BROWSER)));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (times_ms, failed) in [
            (vec![], 0),
            (vec![1.0; 21], 0),
            (vec![1.0; 20], 1),
            (vec![0.0], 0),
            (vec![-1.0], 0),
            (vec![f64::NAN], 0),
            (vec![10_001.0], 0),
            (vec![1.0], usize::MAX),
        ] {
            let times = CheckTimes { times_ms, failed };
            assert_eq!(times.round(&target(), "x", 0), Err(TimesError), "{times:?}");
        }
        let silent = CheckTimes { times_ms: vec![], failed: 20 }.round(&target(), "x", 0).unwrap();
        assert!(silent.told.iter().all(|(one, _)| one.metric() != "probe_duration_seconds"));
    }

    #[test]
    fn strangers_are_let_in_one_after_the_other() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert_eq!((0..100).filter(|_| allowance.take(start)).count(), 20);
        assert!(!allowance.take(start + PAUSE / 2) && allowance.take(start + PAUSE));
        let later = start + PAUSE * 1000;
        assert_eq!((0..100).filter(|_| allowance.take(later)).count(), 20);
    }
}
