//! Each full hour: what is usual on each path at this hour of the week, as a series beside those of its rounds.

use std::time::Duration;

use headroom_proto::catalogue::HEADROOM_PROBE_BASELINE_SECONDS;
use headroom_proto::chain::Chain;
use jiff::tz::TimeZone;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::latency::{BACK_MS, KnownPath, all_known_paths, usual_us};
use crate::samples::{Budget, Labels, Limits, METRIC, Pool, ReadError, Stop, TimeRange};
use crate::store::Records;
use crate::web::{Loading, Site};
use crate::writer::OwnSeries;

/// How often it is looked whether an hour is full.
const LOOK: Duration = Duration::from_secs(30);

const HOUR_MS: i64 = 3_600_000;

/// What reading may take: the rounds of a day that is not merged, above all.
const LIMITS: Limits = Limits { samples: 400_000_000, series: 200_000, bytes: 64 << 20 };

/// What the task reads.
#[derive(Clone)]
pub struct Baselines {
    records: Records,
    pool: Pool,
    zone: TimeZone,
    /// Whether there is a past yet.
    loading: Loading,
}

/// Tells baselines until `stop`. A failure is told once, and tried again at the next look.
pub async fn run(baselines: Baselines, series: OwnSeries, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first look is at once; who has just started has better to do.
    looks.tick().await;
    let (mut done, mut complaint) = (None, Complaint::default());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let hour_ms = now_ms().div_euclid(HOUR_MS) * HOUR_MS;
        if baselines.loading.percent().is_some() || done == Some(hour_ms) {
            continue;
        }
        match baselines.tell(hour_ms, &series, &stop).await {
            Ok(()) => {
                done = Some(hour_ms);
                if let Some(again) = complaint.works() {
                    tracing::info!(again, "what is usual on paths is told again");
                }
            }
            Err(reason) => {
                if let Some(told) = complaint.failed(reason) {
                    tracing::error!("what is usual on paths is not told: {told}");
                }
            }
        }
    }
}

impl Baselines {
    /// Of what pages are made of.
    pub fn of(site: &Site) -> Self {
        Self {
            records: site.records.clone(),
            pool: site.pool.clone(),
            zone: site.zone.clone(),
            loading: site.loading.clone(),
        }
    }

    async fn tell(
        &self,
        hour_ms: i64,
        series: &OwnSeries,
        stop: &CancellationToken,
    ) -> Result<(), String> {
        let (own, word) = (self.clone(), Stop::default());
        let halt = word.clone();
        let mut reading = tokio::task::spawn_blocking(move || own.read(hour_ms, word));
        let read = tokio::select! {
            read = &mut reading => read,
            () = stop.cancelled() => {
                halt.set();
                reading.await
            }
        };
        let told = match read {
            Ok(Ok(told)) => told,
            Ok(Err(ReadError::Stopped)) => return Ok(()),
            Ok(Err(error)) => return Err(Chain(&error).to_string()),
            Err(error) => return Err(Chain(&error).to_string()),
        };
        if told.is_empty() {
            return Ok(());
        }
        let stored = series.store_labelled(&told, now_ms()).await;
        stored.map_err(|error| Chain(&error).to_string())
    }

    /// What is usual on each path that has told lately.
    fn read(&self, hour_ms: i64, stop: Stop) -> Result<Vec<(Labels, f64)>, ReadError> {
        let budget = Budget::new(LIMITS, self.pool.clone(), stop);
        let mut told = Vec::new();
        for KnownPath { probed, .. } in all_known_paths(&self.records, &budget)? {
            let held = budget.held();
            let range = TimeRange { from_ms: hour_ms - BACK_MS, to_ms: hour_ms + HOUR_MS };
            let hours = self.records.smoke_hours(probed.id, range, &budget)?;
            let is_alive = hours.last().is_some_and(|last| last.begin_ms >= hour_ms - HOUR_MS);
            let usual_us = usual_us(&hours, hour_ms, &self.zone).filter(|_| is_alive);
            drop(hours);
            budget.release_to(held);
            told.extend(usual_us.map(|us| (named(&probed.labels), f64::from(us) / 1e6)));
        }
        Ok(told)
    }
}

/// The labels of a path's baseline.
fn named(path: &Labels) -> Labels {
    let own = path.iter().filter(|(name, _)| *name != METRIC);
    Labels::new(HEADROOM_PROBE_BASELINE_SECONDS.name, own)
}
