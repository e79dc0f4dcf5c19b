//! When alerts pend and fire, by the samples of `ALERTS`.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Context;

use crate::peer::Peer;

/// Samples that are further apart belong to two times, in milliseconds; groups are evaluated each second or two.
const GAP_MS: i64 = 3_500;

/// From when until when an alert was in a state, by the labels of its series.
pub struct Timelines(BTreeMap<String, Vec<Range<i64>>>);

/// What two timelines have in common.
#[derive(Default)]
pub struct Outcome {
    series: usize,
    moments: usize,
    left_out: usize,
    furthest_ms: i64,
    /// Moments that differ, in words.
    pub differing: Vec<String>,
    /// What spans the restart: since when both say that it is in its state.
    spanning: Vec<String>,
}

impl Timelines {
    /// Those of the last seconds.
    pub async fn read(peer: &Peer, seconds: i64) -> anyhow::Result<Self> {
        let path = format!("/api/v1/query?query=ALERTS%5B{seconds}s%5D");
        let body: serde_json::Value = serde_json::from_str(&peer.get(&path).await?)?;
        let mut lines = BTreeMap::new();
        for series in body["data"]["result"].as_array().context("series")? {
            let samples = series["values"].as_array().context("values")?;
            let moments = samples.iter().filter_map(|sample| sample[0].as_f64());
            let mut times: Vec<Range<i64>> = Vec::new();
            for at_ms in moments.map(|seconds| (seconds * 1000.0).round() as i64) {
                match times.last_mut() {
                    Some(last) if at_ms - last.end <= GAP_MS => last.end = at_ms,
                    Some(_) | None => times.push(at_ms..at_ms),
                }
            }
            lines.insert(series["metric"].to_string(), times);
        }
        Ok(Self(lines))
    }

    /// Theirs beside ours. What begins or ends around the restart is left out: both were away.
    pub fn beside(&self, ours: &Self, restart: Range<i64>, apart_ms: i64) -> Outcome {
        let mut outcome = Outcome::default();
        let names: std::collections::BTreeSet<&String> =
            self.0.keys().chain(ours.0.keys()).collect();
        let (first_ms, last_ms) = (self.ends(ours, true), self.ends(ours, false));
        let before = restart.start - 2 * GAP_MS;
        let is_outside = |at_ms: &i64| {
            !(before..restart.end).contains(at_ms)
                && *at_ms > first_ms + GAP_MS
                && *at_ms < last_ms - GAP_MS
        };
        let nothing = Vec::new();
        for name in names {
            outcome.series += 1;
            let of = |lines: &Self, end: fn(&Range<i64>) -> i64| -> Vec<i64> {
                let times = lines.0.get(name).unwrap_or(&nothing).iter();
                times.map(end).filter(is_outside).collect()
            };
            for (word, end) in [
                ("begins", (|time| time.start) as fn(&Range<i64>) -> i64),
                ("ends", |time| time.end),
            ] {
                let (theirs, own) = (of(self, end), of(ours, end));
                outcome.moments += theirs.len();
                if theirs.len() != own.len() {
                    let text =
                        format!("{name} {word} {} times there, {} here", theirs.len(), own.len());
                    // A restart's begin of "for" is the listed difference.
                    outcome.tell(name, text);
                    continue;
                }
                for (theirs, own) in theirs.iter().zip(&own) {
                    let apart = own - theirs;
                    if apart.abs() <= apart_ms {
                        outcome.furthest_ms = outcome.furthest_ms.max(apart.abs());
                    } else {
                        outcome.tell(name, format!("{name} {word} {apart} ms later here"));
                    }
                }
            }
        }
        outcome
    }

    /// The first or the last moment of both.
    fn ends(&self, ours: &Self, first: bool) -> i64 {
        let all = self.0.values().chain(ours.0.values()).flatten();
        let moments = all.flat_map(|time| [time.start, time.end]);
        if first { moments.min().unwrap_or(0) } else { moments.max().unwrap_or(0) }
    }
}

impl Outcome {
    fn tell(&mut self, name: &str, text: String) {
        // What pends over the restart: Prometheus adds the time that it was away, or a grace.
        if name.contains("\"Spans") {
            self.left_out += 1;
            self.spanning.push(text);
        } else {
            self.differing.push(text);
        }
    }

    /// Prints it.
    pub fn print(&self) {
        let Self { series, moments, left_out, furthest_ms, differing, spanning } = self;
        println!("{series} series of ALERTS, {moments} moments at which one begins or ends");
        println!(
            "equal but for {furthest_ms} ms at most; {} differ, {left_out} for a listed reason",
            differing.len()
        );
        for text in spanning {
            println!(
                "  (Prometheus adds the time that it was away to what pends over a restart) {text}"
            );
        }
        for text in differing.iter().take(30) {
            println!("  {text}");
        }
    }
}
