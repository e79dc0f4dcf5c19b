//! When the next rooms are expected on a host that was empty when it was last heard of, by the same
//! hours of past weeks.

use headroom_proto::catalogue::HEADROOM_ROOMS;
use headroom_proto::metric::INSTANCE;

use super::outlook;
use super::{KeptRooms, Moment};
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, TimeRange};

/// So long before a trouble its host is asked for its rooms, in milliseconds.
const BEFORE_MS: i64 = 900_000;

/// When rooms are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There were some when it was last heard of, or nobody knows.
    Now,
    /// From that moment on, Unix time in milliseconds.
    From(i64),
    /// None in the hours that are known to come.
    Later,
}

/// When rooms are expected on a host that is in trouble since a moment.
pub fn expected(
    reader: Reader<'_>,
    kept: &KeptRooms,
    trouble: Trouble<'_>,
    moment: &Moment,
) -> Result<Expected, ReadError> {
    let Trouble { instance, since_ms } = trouble;
    let matchers = [Matcher::metric(HEADROOM_ROOMS.name), Matcher::equal(INSTANCE, instance)];
    let range = TimeRange { from_ms: since_ms - BEFORE_MS, to_ms: moment.now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::ALL)?;
    // What has ended says nothing; the last number before counts.
    let newest = |values: &[f64]| values.iter().rev().copied().find(|value| !value.is_nan());
    let rooms: Vec<f64> = found.iter().filter_map(|series| newest(&series.values)).collect();
    if rooms.is_empty() || rooms.iter().any(|rooms| *rooms > 0.0) {
        return Ok(Expected::Now);
    }
    let outlooks = outlook::read(reader, &kept.outlooks, Some(instance), moment)?;
    let outlook = outlooks.get(instance).filter(|outlook| outlook.is_known());
    Ok(match outlook.map(outlook::Outlook::rooms_from_ms) {
        None => Expected::Now,
        Some(Some(from_ms)) => Expected::From(from_ms),
        Some(None) => Expected::Later,
    })
}

/// A host in trouble.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'t> {
    /// Which.
    pub instance: &'t str,
    /// Since when, Unix time in milliseconds.
    pub since_ms: i64,
}
