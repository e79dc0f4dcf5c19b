//! What pages answer: the last round of each path of HTTPS, and when its certificate ends. Pure.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    PROBE_HTTP_DURATION_SECONDS, PROBE_HTTP_STATUS_CODE, PROBE_SSL_EARLIEST_CERT_EXPIRY,
};
use headroom_proto::metric::{JOB, PROBE_JOB};

use super::matrix::{RECENT_MS, name_of};
use super::path::PathName;
use crate::samples::{Hints, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange};

const METRICS: [&str; 3] = [
    PROBE_HTTP_STATUS_CODE.name,
    PROBE_HTTP_DURATION_SECONDS.name,
    PROBE_SSL_EARLIEST_CERT_EXPIRY.name,
];

/// The parts of a ping over HTTPS, in their order.
pub const PARTS: [&str; 5] = ["resolve", "connect", "tls", "processing", "transfer"];

/// A page, as it was told last.
#[derive(Debug, Clone, PartialEq)]
pub struct PageState {
    /// The path.
    pub name: PathName,
    /// The status of the last answer; none if there was none.
    pub status: Option<u16>,
    /// How long each part took, in milliseconds; none if it did not come so far.
    pub parts_ms: [Option<f64>; PARTS.len()],
    /// When the first of its certificates ends, Unix time in milliseconds.
    pub certificate_end_ms: Option<i64>,
}

/// All pages of which anything was told within the last hour: those whose certificate ends first come
/// first.
pub fn pages(reader: Reader<'_>, now_ms: i64) -> Result<Vec<PageState>, ReadError> {
    let matchers = [Matcher::one_of(METRIC, METRICS), Matcher::equal(JOB, PROBE_JOB)];
    let range = TimeRange { from_ms: now_ms - RECENT_MS, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let pages = states(&found);
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(pages)
}

fn states(found: &[Series]) -> Vec<PageState> {
    // What the last round did not say is not known: it has a status, whatever came.
    let mut lasts: BTreeMap<PathName, i64> = BTreeMap::new();
    for series in found.iter().filter(|one| one.labels.metric() == PROBE_HTTP_STATUS_CODE.name) {
        if let Some(at_ms) = series.timestamps.last() {
            lasts.insert(name_of(&series.labels), *at_ms);
        }
    }
    let mut states: BTreeMap<PathName, PageState> = BTreeMap::new();
    for series in found {
        let name = name_of(&series.labels);
        let last = series.timestamps.last().copied().zip(series.values.last().copied());
        let (Some(round_ms), Some((at_ms, value))) = (lasts.get(&name), last) else { continue };
        let state = states.entry(name.clone()).or_insert_with(|| PageState::unknown(name));
        let metric = series.labels.metric();
        // When a certificate ends is still true when nobody answers.
        if metric == PROBE_SSL_EARLIEST_CERT_EXPIRY.name {
            state.certificate_end_ms = Some((value * 1000.0) as i64);
        } else if metric == PROBE_HTTP_STATUS_CODE.name {
            state.status = Some(value as u16).filter(|status| *status > 0);
        } else if let Some(place) = part(series).filter(|_| at_ms == *round_ms) {
            state.parts_ms[place] = Some(value * 1e3);
        }
    }
    let mut states: Vec<PageState> = states.into_values().collect();
    states.sort_by_key(|state| state.certificate_end_ms.unwrap_or(i64::MAX));
    states
}

fn part(series: &Series) -> Option<usize> {
    let phase = series.labels.get("phase")?;
    PARTS.iter().position(|part| *part == phase)
}

impl PageState {
    fn unknown(name: PathName) -> Self {
        let (status, parts_ms, certificate_end_ms) = (None, [None; PARTS.len()], None);
        Self { name, status, parts_ms, certificate_end_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;

    fn series(metric: &str, target: &str, more: &[(&str, &str)], last: (i64, f64)) -> Series {
        let own = [("instance", target), ("vantage", "lagos")];
        let labels = Labels::new(metric, own.iter().chain(more).copied());
        Series { labels, timestamps: vec![last.0], values: vec![last.1], stand_ins: Vec::new() }
    }

    #[test]
    fn a_page_is_as_its_last_round_told_and_the_first_to_end_comes_first() {
        let (status, parts) = (PROBE_HTTP_STATUS_CODE.name, PROBE_HTTP_DURATION_SECONDS.name);
        let ends = PROBE_SSL_EARLIEST_CERT_EXPIRY.name;
        let states = states(&[
            series(status, "https://a/", &[], (60_000, 200.0)),
            series(parts, "https://a/", &[("phase", "tls")], (60_000, 0.012)),
            series(parts, "https://a/", &[("phase", "transfer")], (0, 0.5)),
            series(ends, "https://a/", &[], (60_000, 2_000.0)),
            series(status, "https://b/", &[], (60_000, 0.0)),
            series(parts, "https://b/", &[("phase", "tls")], (0, 0.012)),
            series(ends, "https://b/", &[], (0, 1_000.0)),
        ]);
        let said: Vec<_> = states
            .iter()
            .map(|one| (&*one.name.target, one.status, one.parts_ms[2], one.certificate_end_ms))
            .collect();
        assert_eq!(
            said,
            [
                ("https://b/", None, None, Some(1_000_000)),
                ("https://a/", Some(200), Some(12.0), Some(2_000_000)),
            ]
        );
        assert_eq!(states[1].parts_ms[4], None, "of an earlier round");
    }
}
