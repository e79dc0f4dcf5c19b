//! Two hours of made-up samples: counters with resets, gauges with gaps, infinities and NaN,
//! histograms, and metrics that match each other by some of their labels.

use std::collections::BTreeMap;
use std::path::Path;

use headroom::samples::Labels;
use headroom::store::{FrameId, FrameWrite, Store};

/// The first moment.
pub const BEGIN_MS: i64 = 1_700_000_000_000;
/// The last.
pub const END_MS: i64 = BEGIN_MS + 2 * 3_600_000;

const STEP_MS: i64 = 15_000;

/// The NaN by which Prometheus says that a series has ended.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// One sample.
pub struct Sample {
    metric: &'static str,
    labels: Vec<(&'static str, String)>,
    at_ms: i64,
    value: f64,
}

/// A small generator of numbers (Lehmer), the same at each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        self.0 as f64 / f64::from(0x7fff_ffff)
    }
}

/// All samples, the same at each run.
pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    counters(&mut samples);
    gauges(&mut samples);
    histograms(&mut samples);
    samples
}

fn moments() -> impl Iterator<Item = i64> {
    (0..=(END_MS - BEGIN_MS) / STEP_MS).map(|n| BEGIN_MS + n * STEP_MS)
}

fn counters(samples: &mut Vec<Sample>) {
    let mut numbers = Numbers(7);
    for instance in ["ca1", "de1", "fi1"] {
        for device in ["eth0", "eth1"] {
            let mut value = (numbers.next() * 1e6).floor();
            for at_ms in moments() {
                value += (numbers.next() * 1e5).floor();
                // A restart now and then, and one host that is away for ten minutes.
                if numbers.next() < 0.01 {
                    value = (numbers.next() * 100.0).floor();
                }
                let away = instance == "fi1" && (at_ms / 60_000) % 60 > 50;
                if !away {
                    let labels =
                        vec![("instance", instance.to_owned()), ("device", device.to_owned())];
                    samples.push(Sample { metric: "bytes_total", labels, at_ms, value });
                }
            }
        }
    }
    for method in ["get", "put", "post"] {
        let mut all = 0.0;
        for code in ["404", "500"] {
            let mut value = 0.0;
            for at_ms in moments() {
                value += (numbers.next() * 10.0).floor();
                all += value;
                if (method, code) == ("post", "404") {
                    continue;
                }
                let labels = vec![("method", method.to_owned()), ("code", code.to_owned())];
                samples.push(Sample { metric: "method_code:errors", labels, at_ms, value });
            }
        }
        for at_ms in moments() {
            all += 3.0;
            if method != "put" {
                let labels = vec![("method", method.to_owned()), ("team", format!("{method}ters"))];
                samples.push(Sample { metric: "method:requests", labels, at_ms, value: all });
            }
        }
    }
}

fn gauges(samples: &mut Vec<Sample>) {
    let mut numbers = Numbers(11);
    for (n, instance) in ["ca1", "de1", "fi1", "us1"].into_iter().enumerate() {
        for at_ms in moments() {
            let minute = (at_ms - BEGIN_MS) as f64 / 60_000.0;
            let wave = (minute / 7.0 + n as f64).sin() * 50.0 * (n as f64 + 1.0);
            let value = ((wave + numbers.next() * 10.0) * 100.0).round() / 100.0;
            let labels = vec![("instance", instance.to_owned()), ("job", "node".to_owned())];
            samples.push(Sample { metric: "load", labels: labels.clone(), at_ms, value });
            // Present in every other quarter of an hour; two hosts say when they end, two do not.
            let quarter = (at_ms - BEGIN_MS) / 900_000;
            let begins = (at_ms - BEGIN_MS) % 900_000 == 0;
            if quarter % 2 == n as i64 % 2 {
                let value = value.floor();
                samples.push(Sample { metric: "patchy", labels: labels.clone(), at_ms, value });
            } else if begins && quarter > 0 && n < 2 {
                let value = f64::from_bits(STALE);
                samples.push(Sample { metric: "patchy", labels: labels.clone(), at_ms, value });
            }
            let strange = match (at_ms / STEP_MS + n as i64) % 7 {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => f64::NEG_INFINITY,
                // Remote write carries no sign of zero.
                3 => 0.0,
                _ => value,
            };
            samples.push(Sample { metric: "strange", labels, at_ms, value: strange });
        }
        let value = n as f64 + 1.0;
        for at_ms in moments() {
            let labels = vec![("instance", instance.to_owned()), ("rack", format!("r{}", n % 2))];
            samples.push(Sample { metric: "constant", labels, at_ms, value });
            let labels = vec![("instance", instance.to_owned()), ("release", format!("{n}.x"))];
            samples.push(Sample { metric: "info", labels, at_ms, value: 1.0 });
        }
    }
}

fn histograms(samples: &mut Vec<Sample>) {
    let mut numbers = Numbers(13);
    for instance in ["ca1", "de1"] {
        let mut counts = [0.0; 6];
        for at_ms in moments() {
            let mut sum = 0.0;
            for (count, bound) in counts.iter_mut().zip(["0.1", "0.25", "0.5", "1", "2.5", "+Inf"])
            {
                *count += (numbers.next() * 20.0).floor();
                sum += *count;
                let labels = vec![("instance", instance.to_owned()), ("le", bound.to_owned())];
                samples.push(Sample { metric: "latency_bucket", labels, at_ms, value: sum });
            }
        }
    }
}

/// Names and values, the metric's among them, in no order.
pub type Pairs = Vec<(&'static str, String)>;

/// The labels of each series, and all samples in order of time: place of the series, moment, value.
pub fn points(samples: &[Sample]) -> (Vec<Pairs>, Vec<(usize, i64, f64)>) {
    let mut places: BTreeMap<Pairs, usize> = BTreeMap::new();
    let mut points = Vec::with_capacity(samples.len());
    for sample in samples {
        let metric = ("__name__", sample.metric.to_owned());
        let pairs: Pairs = sample.labels.iter().cloned().chain([metric]).collect();
        let next = places.len();
        let place = *places.entry(pairs).or_insert(next);
        points.push((place, sample.at_ms, sample.value));
    }
    points.sort_by_key(|(_, at_ms, _)| *at_ms);
    let mut series: Vec<(Pairs, usize)> = places.into_iter().collect();
    series.sort_by_key(|(_, place)| *place);
    (series.into_iter().map(|(pairs, _)| pairs).collect(), points)
}

/// Writes the samples into a store, a frame for each moment.
pub fn fill(directory: &Path, samples: &[Sample]) -> anyhow::Result<()> {
    let store = Store::open(directory)?;
    let mut moments: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for sample in samples {
        let pairs = sample.labels.iter().map(|(name, value)| (*name, value.as_str()));
        let id = store.series_id(&Labels::new(sample.metric, pairs))?;
        moments.entry(sample.at_ms).or_default().push((id, sample.value));
    }
    let frames: Vec<FrameWrite> = (1..)
        .zip(moments)
        .map(|(sequence, (timestamp_ms, samples))| {
            let id = Some(FrameId { instance: "made-up".into(), boot: 1, sequence });
            let (series, values): (Vec<_>, _) = samples.into_iter().unzip();
            FrameWrite { id, timestamp_ms, series: series.into(), values, rounds: Vec::new() }
        })
        .collect();
    store.append(&frames)?;
    // Half of the questions then read chunks, all of them across the seam.
    store.seal()?;
    Ok(())
}
