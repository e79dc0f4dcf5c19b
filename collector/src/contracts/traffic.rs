//! A month of traffic, in steps of five minutes: what providers count and bill by.

use std::sync::OnceLock;

use super::contract::Counted;
use crate::planning::billing::percentile_95;

/// How long a step is.
pub const STEP_MINUTES: f64 = 5.0;
/// See [`STEP_MINUTES`].
pub const STEP_MS: i64 = 300_000;

/// The bytes of a step in which 1 Mbit/s flows.
pub const BYTES_PER_MBIT_STEP: f64 = 300.0 * 1e6 / 8.0;

/// Means of five minutes; not a number where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What left, in Mbit/s.
    pub sent_mbit: f64,
    /// What came, in Mbit/s.
    pub received_mbit: f64,
    /// People who were there.
    pub people: f64,
}

/// Steps of one month, in order.
#[derive(Debug)]
pub struct Series {
    begin_ms: i64,
    steps: Vec<Step>,
    /// The bytes sent and received before each step.
    before: Vec<[f64; 2]>,
    /// All bytes, sent and received.
    bytes: [f64; 2],
    highest_mbit: f64,
    percentiles: OnceLock<Percentiles>,
}

/// The 95th percentiles of a series, in Mbit/s.
#[derive(Debug, Clone, Copy)]
struct Percentiles {
    sent: f64,
    received: f64,
    /// Of both directions together, step by step.
    both: f64,
}

/// A series, scaled: the same month with more or less of everything.
#[derive(Debug, Clone, Copy)]
pub struct Traffic<'s> {
    /// The steps.
    pub series: &'s Series,
    /// How many times of them flow.
    pub times: f64,
}

impl Step {
    /// Nothing was measured.
    pub const UNKNOWN: Self = Self { sent_mbit: f64::NAN, received_mbit: f64::NAN, people: 0.0 };

    /// Whether it was measured.
    pub fn is_known(&self) -> bool {
        self.sent_mbit.is_finite()
    }

    /// What flows one way at most, in Mbit/s.
    pub fn greater_mbit(&self) -> f64 {
        self.sent_mbit.max(self.received_mbit)
    }
}

impl Series {
    /// Steps from a moment on, Unix time in milliseconds.
    pub fn new(begin_ms: i64, steps: Vec<Step>) -> Self {
        let mut before = Vec::with_capacity(steps.len());
        let (mut bytes, mut highest_mbit) = ([0.0, 0.0], 0.0_f64);
        for step in &steps {
            before.push(bytes);
            for (sum, mbit) in bytes.iter_mut().zip([step.sent_mbit, step.received_mbit]) {
                *sum += if mbit.is_finite() { mbit * BYTES_PER_MBIT_STEP } else { 0.0 };
            }
            highest_mbit = highest_mbit.max(step.greater_mbit());
        }
        Self { begin_ms, steps, before, bytes, highest_mbit, percentiles: OnceLock::new() }
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps were measured.
    pub fn known(&self) -> usize {
        self.steps.iter().filter(|step| step.is_known()).count()
    }

    fn percentiles(&self) -> Percentiles {
        *self.percentiles.get_or_init(|| {
            let of = |of: fn(&Step) -> f64| {
                percentile_95(self.steps.iter().map(of).collect()).unwrap_or(0.0)
            };
            Percentiles {
                sent: of(|step| step.sent_mbit),
                received: of(|step| step.received_mbit),
                both: of(|step| step.sent_mbit + step.received_mbit),
            }
        })
    }
}

impl<'s> Traffic<'s> {
    /// As it was measured.
    pub fn as_measured(series: &'s Series) -> Self {
        Self { series, times: 1.0 }
    }

    /// When a step begins, Unix time in milliseconds.
    pub fn at_ms(&self, place: usize) -> i64 {
        self.series.begin_ms + place as i64 * STEP_MS
    }

    /// What counts of the whole month, in bytes.
    pub fn counted_bytes(&self, counted: Counted) -> f64 {
        let [sent, received] = self.series.bytes;
        counted.of(sent, received) * self.times
    }

    /// The most that flows one way in a step, in Mbit/s.
    pub fn highest_mbit(&self) -> f64 {
        self.series.highest_mbit * self.times
    }

    /// The 95th percentile in Mbit/s: each direction by itself, or of what flows both ways in a step where
    /// both count together.
    pub fn percentile_mbit(&self, counted: Counted) -> f64 {
        let Percentiles { sent, received, both } = self.series.percentiles();
        let mbit = match counted {
            Counted::Out => sent,
            Counted::InAndOut => both,
            Counted::Greater => sent.max(received),
        };
        mbit * self.times
    }

    /// The place of the first step before which so much has counted; that behind the last if that is
    /// never so.
    pub fn place_where(&self, counted: Counted, is_so: impl Fn(f64) -> bool) -> usize {
        let (mut from, mut to) = (0, self.series.steps.len());
        while from < to {
            let middle = from.midpoint(to);
            let [sent, received] = self.series.before[middle];
            if is_so(counted.of(sent, received) * self.times) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        from
    }
}
