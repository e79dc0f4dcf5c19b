//! The numbers that the collector tells about itself, and their Prometheus text.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use headroom_proto::catalogue::{
    HEADROOM_BUILD_INFO, HEADROOM_DELIVERIES_FAILED_TOTAL, HEADROOM_DELIVERIES_TAKEN_TOTAL,
    HEADROOM_GRPC_CONNECTIONS, HEADROOM_GRPC_CONNECTIONS_CUT_TOTAL,
    HEADROOM_GRPC_CONNECTIONS_REFUSED_TOTAL, HEADROOM_GRPC_VIOLATIONS_TOTAL,
    HEADROOM_HTTP_CONNECTIONS, HEADROOM_HTTP_CONNECTIONS_CUT_TOTAL,
    HEADROOM_HTTP_CONNECTIONS_REFUSED_TOTAL, HEADROOM_HTTP_REFUSED_TOTAL,
    HEADROOM_INGEST_EXEMPLARS_DROPPED_TOTAL, HEADROOM_INGEST_FRAMES_TOTAL,
    HEADROOM_INGEST_LOSSES_REFUSED_TOTAL, HEADROOM_INGEST_LOST_FRAMES_TOTAL,
    HEADROOM_INGEST_METADATA_REFUSED_TOTAL, HEADROOM_INGEST_REQUESTS_REFUSED_TOTAL,
    HEADROOM_INGEST_SAMPLES_REFUSED_TOTAL, HEADROOM_INGEST_SAMPLES_TOTAL,
    HEADROOM_INGEST_SETTINGS_REFUSED_TOTAL, HEADROOM_INGEST_STREAMS,
    HEADROOM_INGEST_STREAMS_REFUSED_TOTAL, HEADROOM_MEMORY_REFUSED_TOTAL,
    HEADROOM_MEMORY_TAKEN_BYTES, HEADROOM_NOTICES_TOTAL, HEADROOM_PAGE_RUNNING,
    HEADROOM_PAGE_TOTAL, HEADROOM_PANICS_TOTAL, HEADROOM_PICTURE_RUNNING, HEADROOM_PICTURE_TOTAL,
    HEADROOM_QUERY_RUNNING, HEADROOM_QUERY_TOTAL, HEADROOM_RULES_EVALUATED_TOTAL,
    HEADROOM_RULES_SAMPLES_REFUSED_TOTAL, HEADROOM_STORE_COMMITS_TOTAL,
    HEADROOM_STORE_DAMAGED_TOTAL, HEADROOM_STORE_DAYS, HEADROOM_STORE_DISK_BYTES,
    HEADROOM_STORE_DUPLICATE_SAMPLES_TOTAL, HEADROOM_STORE_FAILED_COMMITS_TOTAL,
    HEADROOM_STORE_HEAD_BYTES, HEADROOM_STORE_HEAD_SAMPLES, HEADROOM_STORE_LABEL_BYTES,
    HEADROOM_STORE_LATE_SAMPLES_TOTAL, HEADROOM_STORE_LIVING_SERIES, HEADROOM_STORE_LOG_BYTES,
    HEADROOM_STORE_MERGES_TOTAL, HEADROOM_STORE_SEALED_SAMPLES_TOTAL, HEADROOM_STORE_SERIES,
    HEADROOM_STORE_UNMERGED_DAYS, HEADROOM_WATCHDOG_BEATS_TOTAL, Metric,
};
use headroom_proto::exposition::Exposition;
use headroom_proto::panics;

use super::overheard;
use super::{CollectorCounts, REASONS};
use crate::samples::Pool;
use crate::store::{Records, StoreState};

/// One number of the collector's own.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnNumber {
    /// What it is.
    pub metric: &'static Metric,
    /// The one label that tells it from others of the same name.
    pub label: Option<(&'static str, Cow<'static, str>)>,
    /// The number now.
    pub value: f64,
}

impl OwnNumber {
    /// Its label, if it has one.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.label.iter().map(|(name, text)| (*name, &**text))
    }

    fn plain(metric: &'static Metric, value: u64) -> Self {
        Self { metric, label: None, value: value as f64 }
    }

    fn labelled(
        metric: &'static Metric,
        name: &'static str,
        label: &'static str,
        value: u64,
    ) -> Self {
        Self { metric, label: Some((name, label.into())), value: value as f64 }
    }
}

/// Where the collector's own numbers come from.
#[derive(Clone)]
pub struct OwnNumbers {
    counts: Arc<CollectorCounts>,
    records: Records,
    pool: Pool,
}

impl OwnNumbers {
    /// From what is counted and what store and pool say of themselves.
    pub fn new(counts: Arc<CollectorCounts>, records: Records, pool: Pool) -> Self {
        Self { counts, records, pool }
    }

    /// All numbers as they are now. Walks the data directory, which may take a while.
    pub fn now(&self) -> Vec<OwnNumber> {
        let mut numbers = self.counts.own_numbers(&self.records.state(), self.records.disk_bytes());
        push_memory(&self.pool, &mut numbers);
        numbers
    }
}

impl CollectorCounts {
    /// All numbers.
    fn own_numbers(&self, store: &StoreState, disk_bytes: u64) -> Vec<OwnNumber> {
        let version = env!("CARGO_PKG_VERSION");
        let mut numbers = vec![OwnNumber::labelled(HEADROOM_BUILD_INFO, "version", version, 1)];
        numbers.push(OwnNumber::plain(HEADROOM_PANICS_TOTAL, panics::count()));
        self.push_connections(&mut numbers);
        self.push_ingest(&mut numbers);
        self.push_requests(&mut numbers);
        let evaluated = HEADROOM_RULES_EVALUATED_TOTAL;
        let outcomes = self.rules.outcomes();
        numbers.extend(
            outcomes.map(|(name, count)| OwnNumber::labelled(evaluated, "outcome", name, count)),
        );
        let told = self.notices.outcomes();
        numbers.extend(told.map(|(name, count)| {
            OwnNumber::labelled(HEADROOM_NOTICES_TOTAL, "outcome", name, count)
        }));
        for (receiver, delivered) in self.deliveries.all() {
            for (metric, count) in [
                (HEADROOM_DELIVERIES_TAKEN_TOTAL, delivered.taken),
                (HEADROOM_DELIVERIES_FAILED_TOTAL, delivered.failed),
            ] {
                let label = Some(("receiver", Cow::Owned(receiver.clone())));
                numbers.push(OwnNumber { metric, label, value: count as f64 });
            }
        }
        let told = [
            ("sent", read(&self.watchdog.sent)),
            ("failed", read(&self.watchdog.failed)),
            ("withheld", read(&self.watchdog.withheld)),
        ];
        numbers.extend(told.map(|(name, count)| {
            OwnNumber::labelled(HEADROOM_WATCHDOG_BEATS_TOTAL, "outcome", name, count)
        }));
        let unstored = read(&self.rules.refused);
        numbers.push(OwnNumber::plain(HEADROOM_RULES_SAMPLES_REFUSED_TOTAL, unstored));
        numbers.push(OwnNumber::plain(HEADROOM_STORE_COMMITS_TOTAL, read(&self.commits)));
        let failed = read(&self.commits_failed);
        numbers.push(OwnNumber::plain(HEADROOM_STORE_FAILED_COMMITS_TOTAL, failed));
        push_store(store, disk_bytes, &mut numbers);
        numbers
    }

    fn push_connections(&self, numbers: &mut Vec<OwnNumber>) {
        for (open, refused, cut, counts) in [
            (
                HEADROOM_HTTP_CONNECTIONS,
                HEADROOM_HTTP_CONNECTIONS_REFUSED_TOTAL,
                HEADROOM_HTTP_CONNECTIONS_CUT_TOTAL,
                &self.http,
            ),
            (
                HEADROOM_GRPC_CONNECTIONS,
                HEADROOM_GRPC_CONNECTIONS_REFUSED_TOTAL,
                HEADROOM_GRPC_CONNECTIONS_CUT_TOTAL,
                &self.grpc,
            ),
        ] {
            numbers.push(OwnNumber::plain(open, read(&counts.open)));
            let by_reason = |metric| {
                move |(reason, count)| OwnNumber::labelled(metric, "reason", reason, count)
            };
            numbers.extend(counts.refusals().map(by_reason(refused)));
            numbers.extend(counts.cuts().map(by_reason(cut)));
        }
        let violations = HEADROOM_GRPC_VIOLATIONS_TOTAL;
        numbers.extend(
            overheard::heard()
                .map(|(reason, count)| OwnNumber::labelled(violations, "reason", reason, count)),
        );
    }

    fn push_ingest(&self, numbers: &mut Vec<OwnNumber>) {
        let frames = |outcome, count| {
            OwnNumber::labelled(HEADROOM_INGEST_FRAMES_TOTAL, "outcome", outcome, read(count))
        };
        numbers.extend([
            OwnNumber::plain(HEADROOM_INGEST_STREAMS, read(&self.streams)),
            OwnNumber::plain(HEADROOM_INGEST_STREAMS_REFUSED_TOTAL, read(&self.streams_refused)),
            frames("stored", &self.frames_stored),
            frames("duplicate", &self.frames_duplicate),
            OwnNumber::plain(HEADROOM_INGEST_LOST_FRAMES_TOTAL, read(&self.frames_lost)),
            OwnNumber::plain(HEADROOM_INGEST_LOSSES_REFUSED_TOTAL, read(&self.losses_refused)),
            OwnNumber::plain(HEADROOM_INGEST_SAMPLES_TOTAL, read(&self.samples_stored)),
            OwnNumber::plain(HEADROOM_INGEST_SETTINGS_REFUSED_TOTAL, read(&self.settings_refused)),
            OwnNumber::plain(
                HEADROOM_INGEST_EXEMPLARS_DROPPED_TOTAL,
                read(&self.exemplars_dropped),
            ),
            OwnNumber::plain(HEADROOM_INGEST_METADATA_REFUSED_TOTAL, read(&self.metadata_refused)),
        ]);
        let requests = HEADROOM_INGEST_REQUESTS_REFUSED_TOTAL;
        numbers.extend(
            self.writes
                .refused()
                .map(|(reason, count)| OwnNumber::labelled(requests, "reason", reason, count)),
        );
        let refused = HEADROOM_INGEST_SAMPLES_REFUSED_TOTAL;
        numbers.extend(REASONS.iter().zip(&self.refused).map(|((_, reason), count)| {
            OwnNumber::labelled(refused, "reason", reason, read(count))
        }));
    }

    fn push_requests(&self, numbers: &mut Vec<OwnNumber>) {
        let refused = HEADROOM_HTTP_REFUSED_TOTAL;
        let turned = self.doors.turned();
        numbers
            .extend(turned.map(|(why, count)| OwnNumber::labelled(refused, "reason", why, count)));
        for (running, total, requests) in [
            (HEADROOM_QUERY_RUNNING, HEADROOM_QUERY_TOTAL, &self.queries),
            (HEADROOM_PAGE_RUNNING, HEADROOM_PAGE_TOTAL, &self.pages),
            (HEADROOM_PICTURE_RUNNING, HEADROOM_PICTURE_TOTAL, &self.pictures),
        ] {
            numbers.push(OwnNumber::plain(running, requests.running()));
            numbers.extend(
                requests
                    .ended()
                    .map(|(outcome, count)| OwnNumber::labelled(total, "outcome", outcome, count)),
            );
        }
    }
}

fn push_memory(pool: &Pool, numbers: &mut Vec<OwnNumber>) {
    let (taken, refused) = (pool.taken(), pool.refused());
    for (metric, sides) in
        [(HEADROOM_MEMORY_TAKEN_BYTES, taken), (HEADROOM_MEMORY_REFUSED_TOTAL, refused)]
    {
        for (side, amount) in [("readers", sides.readers), ("writers", sides.writers)] {
            numbers.push(OwnNumber::labelled(metric, "side", side, amount));
        }
    }
}

fn push_store(store: &StoreState, disk_bytes: u64, numbers: &mut Vec<OwnNumber>) {
    let counts = store.counts;
    let all = [
        (HEADROOM_STORE_SERIES, store.series),
        (HEADROOM_STORE_LIVING_SERIES, store.living_series),
        (HEADROOM_STORE_LABEL_BYTES, store.label_bytes),
        (HEADROOM_STORE_HEAD_SAMPLES, store.head_samples),
        (HEADROOM_STORE_HEAD_BYTES, store.head_bytes),
        (HEADROOM_STORE_LOG_BYTES, store.log_bytes),
        (HEADROOM_STORE_DAYS, store.days),
        (HEADROOM_STORE_UNMERGED_DAYS, store.unmerged_days),
        (HEADROOM_STORE_DISK_BYTES, disk_bytes),
        (HEADROOM_STORE_SEALED_SAMPLES_TOTAL, counts.sealed_samples),
        (HEADROOM_STORE_LATE_SAMPLES_TOTAL, counts.late_samples),
        (HEADROOM_STORE_DUPLICATE_SAMPLES_TOTAL, counts.duplicate_samples),
        (HEADROOM_STORE_MERGES_TOTAL, counts.merges),
        (HEADROOM_STORE_DAMAGED_TOTAL, counts.damaged),
    ];
    numbers.extend(all.map(|(metric, value)| OwnNumber::plain(metric, value)));
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// Prometheus text format, version 0.0.4.
pub fn exposition(numbers: &[OwnNumber]) -> String {
    let mut exposition = Exposition::default();
    for number in numbers {
        exposition.add(number.metric.name, number.labels(), number.value);
    }
    exposition.to_string()
}

#[cfg(test)]
mod tests {
    use headroom_proto::catalogue;

    use super::*;
    use crate::store::StoreCounts;

    #[test]
    fn every_number_is_as_the_catalogue_says_and_tells_itself_from_others() {
        let state = StoreState {
            series: 1,
            living_series: 1,
            label_bytes: 1,
            head_samples: 2,
            head_bytes: 3,
            log_bytes: 4,
            days: 5,
            unmerged_days: 6,
            counts: StoreCounts::default(),
        };
        let mut numbers = CollectorCounts::default().own_numbers(&state, 7);
        push_memory(&Pool::new(0), &mut numbers);
        for (place, number) in numbers.iter().enumerate() {
            let names = number.labels().map(|(name, _)| name);
            assert_eq!(catalogue::check(number.metric.name, names), Ok(()));
            let same =
                |other: &&OwnNumber| other.metric == number.metric && other.label == number.label;
            assert_eq!(numbers[place..].iter().filter(same).count(), 1, "{number:?}");
        }
    }
}
