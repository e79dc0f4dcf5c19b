//! The samples of a request that are of one moment, each series once. No I/O.

use crate::store::{FrameWrite, SeriesId};

/// What a sample takes at most until it is durable, in bytes: its id and value in lists that double,
/// once more in the log, and its place while those of one series are looked for.
pub const SAMPLE_BYTES: u64 = 48;

/// What a moment takes beside its samples: its lists, its place among the moments, its frame.
pub const MOMENT_BYTES: u64 = 256;

/// Samples of one moment.
#[derive(Debug)]
pub struct Moment {
    /// Unix time in milliseconds.
    pub timestamp_ms: i64,
    series: Vec<SeriesId>,
    values: Vec<f64>,
}

/// Two values of one series at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conflict {
    /// The one that came first, which stays.
    pub first: f64,
    /// The one that is left out.
    pub other: f64,
}

impl Moment {
    pub fn new(timestamp_ms: i64) -> Self {
        Self { timestamp_ms, series: Vec::new(), values: Vec::new() }
    }

    pub fn push(&mut self, id: SeriesId, value: f64) {
        self.series.push(id);
        self.values.push(value);
    }

    /// Leaves the first value of each series. Of those that are left out, the answer has the ones
    /// that differ; `ids` is room to sort in.
    pub fn settle(&mut self, ids: &mut Vec<SeriesId>) -> Vec<Conflict> {
        // Who sends a series once sends it in the order in which it was first seen, mostly.
        if self.series.is_sorted_by(|a, b| a < b) {
            return Vec::new();
        }
        ids.clear();
        ids.extend_from_slice(&self.series);
        ids.sort_unstable();
        let is_twice = ids.array_windows::<2>().any(|[a, b]| a == b);
        if is_twice { self.leave_first() } else { Vec::new() }
    }

    fn leave_first(&mut self) -> Vec<Conflict> {
        let mut places: Vec<u32> = (0..self.series.len() as u32).collect();
        places.sort_unstable_by_key(|place| (self.series[*place as usize], *place));
        let (mut conflicts, mut unwanted) = (Vec::new(), Vec::new());
        for same in places.chunk_by(|a, b| self.series[*a as usize] == self.series[*b as usize]) {
            let first = self.values[same[0] as usize];
            let others = same[1..].iter().map(|place| self.values[*place as usize]);
            let differs = |other: &f64| other.to_bits() != first.to_bits();
            conflicts.extend(others.filter(differs).map(|other| Conflict { first, other }));
            unwanted.extend_from_slice(&same[1..]);
        }
        unwanted.sort_unstable();
        leave_out(&unwanted, &mut self.series);
        leave_out(&unwanted, &mut self.values);
        conflicts
    }

    /// The samples as a write without a name.
    pub fn into_write(self) -> FrameWrite {
        let Self { timestamp_ms, series, values } = self;
        FrameWrite { id: None, timestamp_ms, series: series.into(), values, rounds: Vec::new() }
    }
}

/// Leaves out what lies at places, which are in order.
fn leave_out<T>(places: &[u32], from: &mut Vec<T>) {
    let (mut place, mut unwanted) = (0, places.iter().peekable());
    from.retain(|_| {
        let leave = unwanted.next_if(|next| **next == place).is_none();
        place += 1;
        leave
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;
    use crate::store::Store;

    /// Series by number and values in order, those that are left, and how many differed.
    type Case<'c> = (&'c [(usize, f64)], &'c [(usize, f64)], usize);

    #[test]
    fn the_first_value_of_each_series_stays_in_its_place() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let series = |n: usize| Labels::new("m", [("n", &*n.to_string())]);
        let ids: Vec<SeriesId> = (0..10).map(|n| store.series_id(&series(n)).unwrap()).collect();
        let stale = f64::from_bits(headroom_proto::metric::STALE_BITS);
        let cases: [Case<'_>; 6] = [
            (&[], &[], 0),
            (&[(1, 1.0), (2, 1.0), (9, 1.0)], &[(1, 1.0), (2, 1.0), (9, 1.0)], 0),
            (&[(5, 1.0), (2, 2.0), (9, 3.0)], &[(5, 1.0), (2, 2.0), (9, 3.0)], 0),
            (&[(1, 1.0), (1, 1.0)], &[(1, 1.0)], 0),
            (
                &[(7, 1.0), (3, 2.0), (7, 4.0), (1, 5.0), (3, 2.0), (7, 1.0), (7, 6.0)],
                &[(7, 1.0), (3, 2.0), (1, 5.0)],
                2,
            ),
            (&[(2, 0.0), (1, stale), (2, -0.0), (1, stale)], &[(2, 0.0), (1, stale)], 1),
        ];
        for (given, left, differed) in cases {
            let mut moment = Moment::new(5);
            for (n, value) in given {
                moment.push(ids[*n], *value);
            }
            assert_eq!(moment.settle(&mut vec![ids[3]]).len(), differed, "{given:?}");
            let write = moment.into_write();
            let expected: Vec<SeriesId> = left.iter().map(|(n, _)| ids[*n]).collect();
            assert_eq!(*write.series, expected, "{given:?}");
            let bits: Vec<u64> = write.values.iter().map(|value| value.to_bits()).collect();
            let expected: Vec<u64> = left.iter().map(|(_, value)| value.to_bits()).collect();
            assert_eq!(bits, expected, "{given:?}");
        }
    }
}
