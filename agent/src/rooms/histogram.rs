//! Histograms as Prometheus writes them: how many values lie at or below each border.

use headroom_proto::catalogue::Metric;

use crate::series::Round;

/// Counts of values by upper border, labelled as bigbluebutton-exporter labels them.
#[derive(Debug, Clone)]
pub struct Histogram {
    borders: &'static [(f64, &'static str)],
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

/// Seconds that a call of the API may take.
pub const LATENCY: [(f64, &str); 17] = [
    (0.01, "0.01"),
    (0.025, "0.025"),
    (0.05, "0.05"),
    (0.075, "0.075"),
    (0.1, "0.1"),
    (0.25, "0.25"),
    (0.5, "0.5"),
    (0.75, "0.75"),
    (1.0, "1.0"),
    (1.25, "1.25"),
    (1.5, "1.5"),
    (1.75, "1.75"),
    (2.0, "2.0"),
    (2.5, "2.5"),
    (5.0, "5.0"),
    (7.5, "7.5"),
    (10.0, "10.0"),
];

/// People in a room.
pub const PEOPLE: [(f64, &str); 14] = [
    (0.0, "0"),
    (1.0, "1"),
    (5.0, "5"),
    (15.0, "15"),
    (30.0, "30"),
    (60.0, "60"),
    (90.0, "90"),
    (120.0, "120"),
    (150.0, "150"),
    (200.0, "200"),
    (250.0, "250"),
    (300.0, "300"),
    (400.0, "400"),
    (500.0, "500"),
];

/// Streams in a room: the first borders of [`PEOPLE`].
pub const STREAMS: &[(f64, &str)] = PEOPLE.split_at(8).0;

impl Histogram {
    /// An empty one.
    pub fn new(borders: &'static [(f64, &'static str)]) -> Self {
        Self { borders, counts: vec![0; borders.len()], count: 0, sum: 0.0 }
    }

    /// Counts a value.
    pub fn add(&mut self, value: f64) {
        for ((border, _), count) in self.borders.iter().zip(&mut self.counts) {
            *count += u64::from(value <= *border);
        }
        self.count += 1;
        self.sum += value;
    }

    /// Writes its series under the names that the metric, a histogram, gives them.
    pub fn push(&self, metric: &Metric, labels: &[(&str, &str)], round: &mut Round<'_>) {
        let [bucket, count, sum] = metric.kind.parts() else { return };
        let bucket = format!("{metric}{bucket}");
        let infinite = [("+Inf", self.count)];
        let borders = self.borders.iter().map(|(_, label)| *label).zip(self.counts.iter().copied());
        for (border, count) in borders.chain(infinite) {
            let labels: Vec<(&str, &str)> =
                labels.iter().copied().chain([("le", border)]).collect();
            round.push(&bucket, &labels, count as f64);
        }
        round.push(&format!("{metric}{count}"), labels, self.count as f64);
        round.push(&format!("{metric}{sum}"), labels, self.sum);
    }
}
