//! Whether the BBB of a host answers, and if not, since when and why.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    BBB_API_UP, HEADROOM_BBB_FAILURES_TOTAL, HEADROOM_BBB_STATE, Metric,
};
use headroom_proto::metric::INSTANCE;

use crate::query::usual_distance;
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// States that a poll may end in.
const OK: &str = "ok";
const FAILED: &str = "failed";

/// A poll that is missed, and a late one, are no silence.
const POLLS_HELD: f64 = 3.5;
pub const SHORTEST_HELD_MS: i64 = 60_000;

/// How far back polls are looked for: to see how often they come, when the last good one was, and
/// whether the host has BBB at all.
const RECENT_MS: i64 = 600_000;
const KNOWN_FOR_MS: i64 = 31 * 86_400_000;

/// Whether BBB answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The last poll was answered, just now.
    Fresh,
    /// It does not.
    Missing {
        /// The last answer, Unix time in milliseconds; none within a month.
        since_ms: Option<i64>,
        /// Why.
        reason: Reason,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The agent reports nothing.
    AgentSilent,
    /// The state that the last poll ended in.
    State(String),
    /// BBB answered with a failure, of which this is the key.
    Failed(String),
}

/// The answers of all hosts with BBB, each with how long its readings stand, in milliseconds.
pub fn answers(
    reader: Reader<'_>,
    now_ms: i64,
) -> Result<BTreeMap<String, (Answer, i64)>, ReadError> {
    let with = |metric: &Metric| {
        let matchers = [Matcher::metric(metric.name)];
        reader.label_values(Selection::ever(&matchers), INSTANCE)
    };
    let instances: BTreeSet<String> =
        with(HEADROOM_BBB_STATE)?.into_iter().chain(with(BBB_API_UP)?).collect();
    let mut answers = BTreeMap::new();
    for instance in instances {
        if let Some(answer) = of_host(reader, &instance, now_ms)? {
            answers.insert(instance, answer);
        }
    }
    Ok(answers)
}

fn of_host(
    reader: Reader<'_>,
    instance: &str,
    now_ms: i64,
) -> Result<Option<(Answer, i64)>, ReadError> {
    let mut polls = polls(reader, instance, (now_ms - RECENT_MS, now_ms))?;
    if polls.last().is_none_or(|(_, ok)| !ok) {
        polls = self::polls(reader, instance, (now_ms - KNOWN_FOR_MS, now_ms))?;
    }
    let Some(judged) = judge(&polls, now_ms) else { return Ok(None) };
    let answer = match judged.verdict {
        Verdict::Fresh => Answer::Fresh,
        Verdict::Silent => {
            Answer::Missing { since_ms: judged.good_ms, reason: Reason::AgentSilent }
        }
        Verdict::Failing => {
            let reason = reason(reader, instance, (judged.good_ms, now_ms))?;
            Answer::Missing { since_ms: judged.good_ms, reason }
        }
    };
    Ok(Some((answer, judged.held_ms)))
}

/// When polls ended, and whether with an answer.
fn polls(
    reader: Reader<'_>,
    instance: &str,
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<(i64, bool)>, ReadError> {
    let range = TimeRange { from_ms, to_ms };
    let state = [Matcher::metric(HEADROOM_BBB_STATE.name), Matcher::equal("state", OK)];
    let up = [Matcher::metric(BBB_API_UP.name)];
    for matchers in [&state[..], &up[..]] {
        let own = [Matcher::equal(INSTANCE, instance)];
        let matchers: Vec<Matcher> = matchers.iter().cloned().chain(own).collect();
        let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
        let samples = found.iter().flat_map(samples);
        let mut polls: Vec<(i64, bool)> = samples.map(|(at, value)| (at, value == 1.0)).collect();
        polls.sort_unstable();
        if !polls.is_empty() {
            return Ok(polls);
        }
    }
    Ok(Vec::new())
}

/// Samples that are values: a series that ended has a mark of its end.
fn samples(series: &Series) -> impl Iterator<Item = (i64, f64)> {
    let pairs = series.timestamps.iter().copied().zip(series.values.iter().copied());
    pairs.filter(|(_, value)| value.is_finite())
}

struct Judged {
    verdict: Verdict,
    /// The last poll with an answer; of a silent agent, its last poll.
    good_ms: Option<i64>,
    /// How long a reading stands.
    held_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fresh,
    Silent,
    Failing,
}

/// What polls say at a moment; nothing without any.
fn judge(polls: &[(i64, bool)], now_ms: i64) -> Option<Judged> {
    let (last_ms, last_ok) = *polls.last()?;
    let recent = polls.partition_point(|(at, _)| *at < last_ms - RECENT_MS);
    let times: Vec<i64> = polls[recent..].iter().map(|(at, _)| *at).collect();
    let held = |distance: i64| (distance as f64 * POLLS_HELD) as i64;
    let held_ms = usual_distance(&times).map_or(0, held).max(SHORTEST_HELD_MS);
    let good_ms = polls.iter().rev().find(|(_, ok)| *ok).map(|(at, _)| *at);
    let (verdict, good_ms) = match (now_ms - last_ms > held_ms, last_ok) {
        (true, _) => (Verdict::Silent, Some(last_ms)),
        (false, true) => (Verdict::Fresh, good_ms),
        (false, false) => (Verdict::Failing, good_ms),
    };
    Some(Judged { verdict, good_ms, held_ms })
}

/// Why polls fail: the state they end in, or of failures the key that was counted last.
fn reason(
    reader: Reader<'_>,
    instance: &str,
    (good_ms, now_ms): (Option<i64>, i64),
) -> Result<Reason, ReadError> {
    let range = TimeRange { from_ms: now_ms - RECENT_MS, to_ms: now_ms };
    let own = Matcher::equal(INSTANCE, instance);
    let matchers = [Matcher::metric(HEADROOM_BBB_STATE.name), own.clone()];
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let last = |series: &Series| samples(series).last();
    let current = found.iter().filter_map(|series| Some((last(series)?, series)));
    let current = current.filter(|((_, value), _)| *value == 1.0).max_by_key(|((at, _), _)| *at);
    let state = current.and_then(|(_, series)| series.labels.get("state")).unwrap_or("unreachable");
    if state != FAILED {
        return Ok(Reason::State(state.to_owned()));
    }
    let from_ms = good_ms.unwrap_or(now_ms - RECENT_MS).max(now_ms - KNOWN_FOR_MS);
    let range = TimeRange { from_ms, to_ms: now_ms };
    let matchers = [Matcher::metric(HEADROOM_BBB_FAILURES_TOTAL.name), own];
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let rises = found.iter().map(|series| (last_rise(series), series));
    let newest = rises.max_by_key(|(rise, _)| *rise);
    let key = newest.and_then(|(_, series)| series.labels.get("key"));
    Ok(key.map_or_else(|| Reason::State(state.to_owned()), |key| Reason::Failed(key.to_owned())))
}

/// When a counter rose last, or began.
fn last_rise(series: &Series) -> Option<i64> {
    let samples: Vec<(i64, f64)> = samples(series).collect();
    let rise = samples.windows(2).rev().find(|pair| pair[1].1 > pair[0].1).map(|pair| pair[1].0);
    rise.or_else(|| Some(samples.first()?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(polls: &[(i64, bool)], now_s: i64, expected: &str) {
        let polls: Vec<(i64, bool)> = polls.iter().map(|(at, ok)| (at * 1000, *ok)).collect();
        let shown = judge(&polls, now_s * 1000).map_or_else(
            || "none".to_owned(),
            |j| format!("{:?} {:?} {}", j.verdict, j.good_ms.map(|ms| ms / 1000), j.held_ms / 1000),
        );
        assert_eq!(shown, expected, "{polls:?} at {now_s}");
    }

    #[test]
    fn an_old_answer_is_silence_and_a_failure_is_none() {
        check(&[], 0, "none");
        check(&[(0, true)], 60, "Fresh Some(0) 60");
        check(&[(0, true), (15, true), (30, true)], 90, "Fresh Some(30) 60");
        check(&[(0, true), (15, true), (30, true)], 91, "Silent Some(30) 60");
        check(&[(0, true), (60, true), (120, true)], 330, "Fresh Some(120) 210");
        check(&[(0, true), (15, false), (30, false)], 31, "Failing Some(0) 60");
        check(&[(0, false), (15, false)], 20, "Failing None 60");
        check(&[(0, true), (15, false), (30, false)], 300, "Silent Some(30) 60");
    }
}
