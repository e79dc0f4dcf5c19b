use std::sync::Mutex;

use super::*;
use crate::promql::DEFAULT_LOOKBACK_MS;
use crate::samples::{
    BucketSeries, Budget, Hints, ReadError, Resolution, Samples, Selection, Series,
};

const MINUTE_MS: i64 = 60_000;
const STEP_MS: i64 = 3 * MINUTE_MS;

/// Counters of two hosts, one of which begins late and ends early, up to a moment; all but the last
/// ten minutes is settled.
struct Growing {
    now_ms: i64,
    version: u64,
    /// What one late sample adds to all that follow.
    late: f64,
    /// From where the last reads began.
    reads: Mutex<Vec<i64>>,
}

impl Growing {
    fn until(now_ms: i64) -> Self {
        Self { now_ms, version: 0, late: 0.0, reads: Mutex::default() }
    }

    fn series(&self, host: &str) -> Series {
        let lives = match host {
            "a" => 0..=i64::MAX,
            _ => 30 * MINUTE_MS..=90 * MINUTE_MS,
        };
        let moments = (0..=self.now_ms / MINUTE_MS).map(|n| n * MINUTE_MS);
        let timestamps: Vec<i64> = moments.filter(|at| lives.contains(at)).collect();
        let value = |at: &i64| self.late + (at / 7_000 % 900) as f64;
        let values = timestamps.iter().map(value).collect();
        let labels = Labels::new("bytes_total", [("instance", host)]);
        Series { labels, timestamps, values, stand_ins: Vec::new() }
    }
}

impl Samples for Growing {
    fn select(&self, what: Selection<'_>, _: Hints, _: &Budget) -> Result<Vec<Series>, ReadError> {
        self.reads.lock().unwrap().push(what.range.from_ms);
        Ok(["a", "b"].map(|host| self.series(host)).into())
    }

    fn select_buckets(
        &self,
        _: Selection<'_>,
        _: Resolution,
        _: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        Ok(None)
    }

    fn settled(&self) -> Option<Settled> {
        Some(Settled { until_ms: self.now_ms - 10 * MINUTE_MS, version: self.version })
    }

    fn find(&self, _: Selection<'_>, _: usize, _: &Budget) -> Result<Vec<Labels>, ReadError> {
        Ok(Vec::new())
    }

    fn label_names(&self, _: Selection<'_>, _: &Budget) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }

    fn label_values(
        &self,
        _: Selection<'_>,
        _: &str,
        _: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }
}

/// The answer of the kept ranges, which is that of a fresh evaluation.
fn ask(kept: &KeptRanges, source: &Growing, expression: &str, steps: Steps) -> Vec<Row> {
    let budget = Budget::unlimited();
    let reader = Reader::new(source, &budget);
    let limits = QueryLimits { lookback_ms: DEFAULT_LOOKBACK_MS };
    let fresh = range(reader, expression, steps, limits).unwrap();
    source.reads.lock().unwrap().clear();
    let found = kept.range(reader, RangeQuery { expression, steps, limits }).unwrap();
    assert_eq!(format!("{found:?}"), format!("{fresh:?}"), "{expression} {steps:?}");
    found.into_rows()
}

fn steps(from: i64, to: i64) -> Steps {
    Steps { from_ms: from * STEP_MS, to_ms: to * STEP_MS, step_ms: STEP_MS }
}

const EXPRESSIONS: [&str; 4] = [
    "bytes_total",
    "rate(bytes_total[9m])",
    "sum(rate(bytes_total[9m])) by (instance) > 1",
    "max(bytes_total) or vector(0)",
];

#[test]
fn what_is_kept_answers_as_a_fresh_evaluation_however_the_span_moves() {
    // Spans in steps, and the moment of asking in steps: they slide, shrink, widen to both sides,
    // lie apart and begin where nothing was settled.
    let spans = [
        (10, 30, 30),
        (11, 31, 31),
        (11, 31, 36),
        (15, 20, 36),
        (2, 40, 40),
        (30, 44, 44),
        (50, 55, 60),
        (58, 60, 60),
        (1, 60, 60),
    ];
    for expression in EXPRESSIONS {
        let kept = KeptRanges::new(1 << 20);
        for (from, to, now) in spans {
            ask(&kept, &Growing::until(now * STEP_MS), expression, steps(from, to));
        }
    }
}

#[test]
fn only_what_is_new_is_read_again() {
    let kept = KeptRanges::new(1 << 20);
    let source = Growing::until(40 * STEP_MS);
    ask(&kept, &source, EXPRESSIONS[1], steps(5, 40));
    ask(&kept, &source, EXPRESSIONS[1], steps(6, 40));
    // Ten minutes before the last step begins what is not settled, and each step looks back nine.
    let reads = source.reads.lock().unwrap().clone();
    assert!(reads.iter().all(|from_ms| *from_ms >= 36 * STEP_MS - 9 * MINUTE_MS), "{reads:?}");
    assert!(!reads.is_empty());
    ask(&kept, &source, EXPRESSIONS[1], steps(6, 30));
    assert!(source.reads.lock().unwrap().is_empty(), "all of it is settled");
}

#[test]
fn another_version_is_evaluated_anew() {
    let kept = KeptRanges::new(1 << 20);
    let mut source = Growing::until(40 * STEP_MS);
    let before = ask(&kept, &source, EXPRESSIONS[0], steps(5, 40));
    (source.late, source.version) = (5.0, 1);
    let after = ask(&kept, &source, EXPRESSIONS[0], steps(5, 40));
    assert_ne!(format!("{before:?}"), format!("{after:?}"));
}

#[test]
fn what_is_kept_stays_within_its_memory() {
    let kept = KeptRanges::new(64 << 10);
    let source = Growing::until(400 * STEP_MS);
    for number in 0..200 {
        let expression = format!("{} + {number}", EXPRESSIONS[0]);
        ask(&kept, &source, &expression, steps(1, 390));
        assert!(kept.0.bytes() <= 64 << 10);
    }
}
