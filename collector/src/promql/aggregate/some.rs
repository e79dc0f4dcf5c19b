//! Aggregations that keep some series of a group as they are: `limitk` and `limit_ratio`.

use xxhash_rust::xxh64::xxh64;

use super::{Aggregator, refuse_overflow};
use crate::promql::QueryError;
use crate::promql::rows::{Numbers, Rows};
use crate::promql::signature::Groups;
use crate::samples::Labels;

impl<'b> Aggregator<'_, 'b> {
    /// The first rows of each group at each step, as many as `counts` says there.
    pub fn first(&self, mut rows: Rows<'b>, counts: &Numbers<'b>) -> Result<Rows<'b>, QueryError> {
        refuse_overflow(counts)?;
        let mut memory = self.meter.nothing();
        memory.take_items::<usize>(self.steps)?;
        let mut left = vec![0usize; self.steps];
        let groups = Groups::of(&rows.list, self.grouping, self.meter)?.rows;
        for members in &groups {
            self.meter.each(&mut left, |step, left| *left = counts.list[step].max(0.0) as usize)?;
            for &place in members {
                self.meter.each(&mut rows.list[place].points, |step, point| {
                    *point = point.filter(|_| left[step] > 0);
                    left[step] -= usize::from(point.is_some());
                })?;
            }
        }
        rows.drop_empty(self.meter)?;
        Ok(rows)
    }

    /// About such a part of the rows at each step, the same ones whenever they are asked for; of a
    /// negative part the others.
    pub fn share(&self, mut rows: Rows<'b>, parts: &Numbers<'b>) -> Result<Rows<'b>, QueryError> {
        if parts.list.iter().any(|part| part.is_nan()) {
            return Err(QueryError::Execution("Ratio value is NaN".into()));
        }
        for row in &mut rows.list {
            self.meter.check()?;
            let place = place(&row.labels);
            self.meter.each(&mut row.points, |step, point| {
                let part = parts.list[step].clamp(-1.0, 1.0);
                let within = if part >= 0.0 { place < part } else { place >= 1.0 + part };
                *point = point.filter(|_| within);
            })?;
        }
        rows.drop_empty(self.meter)?;
        Ok(rows)
    }
}

/// A place between 0 and 1 that belongs to a series: the hash of its labels as Prometheus packs them
/// (a length of one byte, or of three behind 255), so that both choose the same.
fn place(labels: &Labels) -> f64 {
    let mut packed = Vec::with_capacity(labels.bytes() as usize);
    for text in labels.iter().flat_map(<[&str; 2]>::from) {
        match u8::try_from(text.len()) {
            Ok(length) if length < 255 => packed.push(length),
            Ok(_) | Err(_) => {
                packed.push(255);
                packed.extend_from_slice(&(text.len() as u32).to_le_bytes()[..3]);
            }
        }
        packed.extend_from_slice(text.as_bytes());
    }
    xxh64(&packed, 0) as f64 / u64::MAX as f64
}
