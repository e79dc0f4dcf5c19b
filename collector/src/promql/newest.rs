//! What a selector's steps see: the newest sample of each series.

use headroom_proto::metric::STALE_BITS;

use super::QueryError;
use super::look::Look;
use super::meter::Meter;
use super::places::Places;
use super::value::Samples;
use crate::samples::{Sample, Series, TimeRange};

/// For each step what `take` makes of the newest sample that is no older than the look's range and
/// no end of the series.
pub fn newest(
    series: &Series,
    look: &Look,
    meter: &Meter<'_>,
    take: impl Fn(Sample) -> f64,
) -> Result<Vec<Option<f64>>, QueryError> {
    let mut places = Places::default();
    meter.collect(look.steps(), |step| {
        let at_ms = look.at(step);
        let before = TimeRange { from_ms: i64::MIN, to_ms: at_ms };
        let place = places.advance(&series.timestamps, before).end.checked_sub(1)?;
        let (timestamp, value) = (series.timestamps[place], series.values[place]);
        let recent = timestamp >= at_ms.saturating_sub(series.lookback_ms(place, look.range_ms()));
        (recent && value.to_bits() != STALE_BITS).then(|| take(Sample { at_ms: timestamp, value }))
    })
}

/// A series without the marks of its ends.
pub fn samples(series: Series, meter: &Meter<'_>) -> Result<Samples, QueryError> {
    let Series { labels, mut timestamps, mut values, .. } = series;
    let mut kept = 0;
    for span in meter.spans(values.len()) {
        for place in span? {
            if values[place].to_bits() != STALE_BITS {
                timestamps[kept] = timestamps[place];
                values[kept] = values[place];
                kept += 1;
            }
        }
    }
    timestamps.truncate(kept);
    values.truncate(kept);
    Ok(Samples { labels, timestamps, values })
}
