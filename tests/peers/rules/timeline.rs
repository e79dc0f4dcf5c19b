//! When alerts pend and fire, by the samples of `ALERTS`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Context;

use crate::peer::Peer;

/// Samples that are further apart belong to two times, in milliseconds; groups are evaluated each second or two.
const GAP_MS: i64 = 3_500;

/// How long a sample may take to be there, in milliseconds.
const ARRIVES_MS: i64 = 500;

/// How long an alert of such a rule waits at most before it fires, with two evaluations.
const WAITS_ANEW_MS: i64 = 8_000;

/// From when until when an alert was in a state, by the labels of its series.
pub struct Timelines(BTreeMap<String, Vec<Range<i64>>>);

/// What two timelines have in common.
#[derive(Default)]
pub struct Outcome {
    series: usize,
    moments: usize,
    furthest_ms: i64,
    /// Moments that differ.
    pub differing: Vec<Differing>,
    /// What spans the restart: since when both say that it is in its state.
    spanning: Vec<Differing>,
    /// Times that one of them saw in a single evaluation or two, and the other between two of its own,
    /// and what follows: its alert waits anew.
    brief: Vec<Differing>,
}

/// A moment of one of them only.
pub struct Differing {
    at_ms: i64,
    /// The labels of its alert, without its state.
    alert: String,
    text: String,
}

/// A moment at which a time begins or ends.
#[derive(Clone, Copy)]
struct Edge<'t> {
    at_ms: i64,
    time: &'t Range<i64>,
}

/// A moment of one of them that the other has not.
struct Alone<'t> {
    side: &'static str,
    edge: Edge<'t>,
}

/// Edges of both, as far as they are the same: each is met by the nearest of the other.
struct Paired<'t> {
    furthest_ms: i64,
    alone: Vec<Alone<'t>>,
}

fn paired<'t>(theirs: &[Edge<'t>], ours: &[Edge<'t>], apart_ms: i64) -> Paired<'t> {
    let mut paired = Paired { furthest_ms: 0, alone: Vec::new() };
    let (mut theirs, mut ours) = (theirs.iter().peekable(), ours.iter().peekable());
    loop {
        let (their, our) = (theirs.peek().copied(), ours.peek().copied());
        let apart = their.zip(our).map(|(their, our)| our.at_ms - their.at_ms);
        match (their, our, apart) {
            (Some(_), Some(_), Some(apart)) if apart.abs() <= apart_ms => {
                paired.furthest_ms = paired.furthest_ms.max(apart.abs());
                theirs.next();
                ours.next();
            }
            (Some(edge), None, _) | (Some(edge), Some(_), Some(1..)) => {
                paired.alone.push(Alone { side: "there", edge: *edge });
                theirs.next();
            }
            (_, Some(edge), _) => {
                paired.alone.push(Alone { side: "here", edge: *edge });
                ours.next();
            }
            (_, None, _) => return paired,
        }
    }
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

    /// Theirs beside ours. What begins or ends around the restart is left out: both were away. The
    /// interval of a series says how far two moments may lie apart, with the time that a sample takes
    /// to be there.
    pub fn beside<'t>(
        &'t self,
        ours: &'t Self,
        restart: Range<i64>,
        interval_ms: impl Fn(&str) -> i64,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let names: BTreeSet<&String> = self.0.keys().chain(ours.0.keys()).collect();
        let (first_ms, last_ms) = (self.ends(ours, true), self.ends(ours, false));
        let before = restart.start - 2 * GAP_MS;
        // After both are paired: of two that belong together, one may lie beyond the border.
        let is_outside = |edge: &Edge<'_>| {
            !(before..restart.end).contains(&edge.at_ms)
                && edge.at_ms > first_ms + GAP_MS
                && edge.at_ms < last_ms - GAP_MS
        };
        for name in names {
            outcome.series += 1;
            let interval_ms = interval_ms(name);
            for (word, end) in [
                ("begins", (|time| time.start) as fn(&Range<i64>) -> i64),
                ("ends", |time| time.end),
            ] {
                let of = |lines: &'t Self| -> Vec<Edge<'t>> {
                    let times = lines.0.get(name).map_or(&[][..], Vec::as_slice).iter();
                    times.map(|time| Edge { at_ms: end(time), time }).collect()
                };
                let (theirs, own) = (of(self), of(ours));
                outcome.moments += theirs.iter().filter(|edge| is_outside(edge)).count();
                let Paired { furthest_ms, alone } = paired(&theirs, &own, interval_ms + ARRIVES_MS);
                outcome.furthest_ms = outcome.furthest_ms.max(furthest_ms);
                for Alone { side, edge } in alone.into_iter().filter(|one| is_outside(&one.edge)) {
                    let Range { start, end } = edge.time;
                    let seconds = (end - start) as f64 / 1000.0;
                    let at = (edge.at_ms - first_ms) as f64 / 1000.0;
                    let text =
                        format!("{name} {word} at {at} s {side} only, a time of {seconds} s");
                    let alert = without_state(name);
                    let differing = Differing { at_ms: edge.at_ms, alert, text };
                    outcome.tell(differing, end - start <= interval_ms);
                }
            }
        }
        outcome.list_what_follows();
        outcome
    }

    /// The first or the last moment of both.
    fn ends(&self, ours: &Self, first: bool) -> i64 {
        let all = self.0.values().chain(ours.0.values()).flatten();
        let moments = all.flat_map(|time| [time.start, time.end]);
        if first { moments.min().unwrap_or(0) } else { moments.max().unwrap_or(0) }
    }
}

/// The labels of an alert, whatever its state.
fn without_state(series: &str) -> String {
    ["pending", "firing"].iter().fold(series.to_owned(), |labels, state| {
        labels.replace(&format!("\"alertstate\":\"{state}\""), "")
    })
}

impl Outcome {
    fn tell(&mut self, differing: Differing, is_brief: bool) {
        let list = if differing.alert.contains("\"Spans") {
            &mut self.spanning
        } else if is_brief {
            &mut self.brief
        } else {
            &mut self.differing
        };
        list.push(differing);
    }

    /// What differs only since the other saw a time or a gap that was too brief for one of them.
    fn list_what_follows(&mut self) {
        let follows = |one: &Differing, brief: &[Differing]| {
            brief.iter().any(|brief| {
                let after_ms = one.at_ms - brief.at_ms;
                brief.alert == one.alert && (0..=WAITS_ANEW_MS).contains(&after_ms)
            })
        };
        let differing = std::mem::take(&mut self.differing);
        let (listed, differing) = differing.into_iter().partition(|one| follows(one, &self.brief));
        self.differing = differing;
        self.brief.extend::<Vec<Differing>>(listed);
    }

    /// Prints it.
    pub fn print(&self) {
        let Self { series, moments, furthest_ms, differing, spanning, brief } = self;
        let listed = spanning.len() + brief.len();
        println!("{series} series of ALERTS, {moments} moments at which one begins or ends");
        println!(
            "equal but for {furthest_ms} ms at most; {} differ, {listed} for a listed reason",
            differing.len()
        );
        for Differing { text, .. } in spanning {
            println!(
                "  (Prometheus adds the time that it was away to what pends over a restart) {text}"
            );
        }
        for Differing { text, .. } in brief {
            println!("  (as short as the time between two evaluations, which lie apart) {text}");
        }
        for Differing { text, .. } in differing.iter().take(30) {
            println!("  {text}");
        }
    }
}
