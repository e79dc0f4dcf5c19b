//! The same as series, so that rules can fire on them.

use headroom_proto::catalogue::{
    HEADROOM_BILLING_BEGIN_TIMESTAMP_SECONDS, HEADROOM_BILLING_COMMIT_MBIT,
    HEADROOM_BILLING_COUNTED_BYTES, HEADROOM_BILLING_COVERAGE_RATIO,
    HEADROOM_BILLING_END_TIMESTAMP_SECONDS, HEADROOM_BILLING_FORESEEN_BYTES,
    HEADROOM_BILLING_FORESEEN_PERCENTILE_MBIT, HEADROOM_BILLING_PERCENTILE_MBIT,
    HEADROOM_BILLING_QUOTA_BYTES, HEADROOM_BILLING_QUOTA_END_TIMESTAMP_SECONDS,
    HEADROOM_BILLING_QUOTA_ENDS_RATIO, Metric,
};

use super::HostCycle;
use crate::offers::Middle;
use crate::reports::series::Figure;

/// The label that tells half of all futures from nine, or one, of ten.
const QUANTILE: &str = "quantile";

/// All that is known of a cycle. What is not known has no series.
pub fn figures(one: &HostCycle<'_>) -> Vec<Figure> {
    let Some(outlook) = &one.outlook else { return Vec::new() };
    let (begin_ms, end_ms) = one.bounds_ms;
    let seconds = |at_ms: i64| at_ms as f64 / 1e3;
    let mut figures = vec![
        plain(HEADROOM_BILLING_BEGIN_TIMESTAMP_SECONDS, seconds(begin_ms)),
        plain(HEADROOM_BILLING_END_TIMESTAMP_SECONDS, seconds(end_ms)),
        plain(HEADROOM_BILLING_COVERAGE_RATIO, outlook.measured),
        plain(HEADROOM_BILLING_COUNTED_BYTES, outlook.counted_bytes),
    ];
    let percentile = outlook.percentile_mbit;
    figures.extend(percentile.map(|mbit| plain(HEADROOM_BILLING_PERCENTILE_MBIT, mbit)));
    figures.extend(both(HEADROOM_BILLING_FORESEEN_BYTES, outlook.end_bytes));
    if let (Some(commit_mbit), Some(end)) = (one.commit_mbit(), outlook.end_percentile_mbit) {
        figures.push(plain(HEADROOM_BILLING_COMMIT_MBIT, commit_mbit));
        figures.extend(both(HEADROOM_BILLING_FORESEEN_PERCENTILE_MBIT, end));
    }
    if let Some(quota) = outlook.quota {
        figures.push(plain(HEADROOM_BILLING_QUOTA_BYTES, quota.included_bytes));
        figures.push(plain(HEADROOM_BILLING_QUOTA_ENDS_RATIO, quota.probability));
        for (quantile, end_ms) in [("0.1", quota.early_ms), ("0.5", quota.middle_ms)] {
            let end = HEADROOM_BILLING_QUOTA_END_TIMESTAMP_SECONDS;
            figures.extend(end_ms.map(|at_ms| of(end, quantile, seconds(at_ms))));
        }
    }
    figures
}

fn plain(metric: &'static Metric, value: f64) -> Figure {
    Figure { metric, label: None, value }
}

fn of(metric: &'static Metric, quantile: &str, value: f64) -> Figure {
    Figure { metric, label: Some((QUANTILE, quantile.to_owned())), value }
}

/// Half of all futures, and nine of ten.
fn both(metric: &'static Metric, range: Middle) -> [Figure; 2] {
    [of(metric, "0.5", range.middle), of(metric, "0.9", range.high)]
}
