//! Whether the BBB of a host answers, and if not, since when and why.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{BBB_API_UP, HEADROOM_BBB_FAILURES_TOTAL, HEADROOM_BBB_STATE};
use headroom_proto::metric::INSTANCE;

use crate::moments::DAY_MS;
use crate::query::usual_distance;
use crate::samples::{Hints, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// One for the state that the last poll ended in.
const STATE: &str = HEADROOM_BBB_STATE.name;
const OK: &str = "ok";
const FAILED: &str = "failed";
const UNREACHABLE: &str = "unreachable";

/// One if BBB answers, as bigbluebutton-exporter has it.
const API_UP: &str = BBB_API_UP.name;

/// Counts answers that are failures, by what they say.
const FAILURES: &str = HEADROOM_BBB_FAILURES_TOTAL.name;

/// A poll that is missed, and a late one, are no silence.
const POLLS_HELD: f64 = 3.5;
pub const SHORTEST_HELD_MS: i64 = 60_000;

/// How far back polls are looked for: to see how often they come, when the last good one was, and
/// whether the host has BBB at all.
const RECENT_MS: i64 = 600_000;
const KNOWN_FOR_MS: i64 = 31 * DAY_MS;

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

/// What is known of the answers of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whether it answers.
    pub answer: Answer,
    /// How long its readings stand, in milliseconds.
    pub held_ms: i64,
}

/// A poll that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Poll {
    at_ms: i64,
    /// Whether with an answer.
    ok: bool,
}

/// The answers of hosts with BBB: of one, or of all.
pub fn answers(
    reader: Reader<'_>,
    host: Option<&str>,
    now_ms: i64,
) -> Result<BTreeMap<String, Answered>, ReadError> {
    let mut matchers = vec![Matcher::one_of(METRIC, [STATE, API_UP])];
    matchers.extend(host.map(|host| Matcher::equal(INSTANCE, host)));
    let instances = reader.label_values(Selection::ever(&matchers), INSTANCE)?;
    let range = TimeRange { from_ms: now_ms - RECENT_MS, to_ms: now_ms };
    let recent = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let mut polls: BTreeMap<String, Vec<Poll>> = polls(&recent);
    let is_ok = |polls: &Vec<Poll>| polls.last().is_some_and(|last| last.ok);
    let of_long_ago = instances.iter().filter(|instance| !polls.get(*instance).is_some_and(is_ok));
    let of_long_ago: Vec<&str> = of_long_ago.map(String::as_str).collect();
    if !of_long_ago.is_empty() {
        let matchers = [
            Matcher::one_of(METRIC, [STATE, API_UP]),
            Matcher::one_of("state", [OK, ""]),
            Matcher::one_of(INSTANCE, of_long_ago),
        ];
        let range = TimeRange { from_ms: now_ms - KNOWN_FOR_MS, to_ms: now_ms };
        let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
        polls.extend(self::polls(&found));
        reader.budget.release(found.iter().map(Series::bytes).sum());
    }
    let judged = polls
        .iter()
        .filter_map(|(instance, polls)| Some((instance.clone(), judge(polls, now_ms)?)));
    let judged: BTreeMap<String, Judged> = judged.collect();
    let mut reasons = reasons(reader, &judged, &recent, now_ms)?;
    reader.budget.release(recent.iter().map(Series::bytes).sum());
    let answers = judged.into_iter().map(|(instance, judged)| {
        let since_ms = judged.good_ms;
        let answer = match judged.verdict {
            Verdict::Fresh => Answer::Fresh,
            Verdict::Silent => Answer::Missing { since_ms, reason: Reason::AgentSilent },
            Verdict::Failing => {
                let reason = reasons.remove(&instance);
                let unknown = || Reason::State(UNREACHABLE.to_owned());
                Answer::Missing { since_ms, reason: reason.unwrap_or_else(unknown) }
            }
        };
        (instance, Answered { answer, held_ms: judged.held_ms })
    });
    Ok(answers.collect())
}

/// The polls of each host, in order: as our agent tells them, or else as another exporter does.
fn polls(found: &[Series]) -> BTreeMap<String, Vec<Poll>> {
    let mut polls: BTreeMap<String, Vec<Poll>> = BTreeMap::new();
    for metric in [STATE, API_UP] {
        let mut own: BTreeMap<String, Vec<Poll>> = BTreeMap::new();
        for series in found.iter().filter(|series| series.labels.metric() == metric) {
            if metric == STATE && series.labels.get("state") != Some(OK) {
                continue;
            }
            let ended = samples(series).map(|(at_ms, value)| Poll { at_ms, ok: value == 1.0 });
            own.entry(instance(series).to_owned()).or_default().extend(ended);
        }
        for (instance, mut own) in own.into_iter().filter(|(_, own)| !own.is_empty()) {
            own.sort_unstable();
            polls.entry(instance).or_insert(own);
        }
    }
    polls
}

fn instance(series: &Series) -> &str {
    series.labels.get(INSTANCE).unwrap_or_default()
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
fn judge(polls: &[Poll], now_ms: i64) -> Option<Judged> {
    let last = polls.last()?;
    let recent = polls.partition_point(|poll| poll.at_ms < last.at_ms - RECENT_MS);
    let times: Vec<i64> = polls[recent..].iter().map(|poll| poll.at_ms).collect();
    let held = |distance: i64| (distance as f64 * POLLS_HELD) as i64;
    let held_ms = usual_distance(&times).map_or(0, held).max(SHORTEST_HELD_MS);
    let good_ms = polls.iter().rev().find(|poll| poll.ok).map(|poll| poll.at_ms);
    let (verdict, good_ms) = match (now_ms - last.at_ms > held_ms, last.ok) {
        (true, _) => (Verdict::Silent, Some(last.at_ms)),
        (false, true) => (Verdict::Fresh, good_ms),
        (false, false) => (Verdict::Failing, good_ms),
    };
    Some(Judged { verdict, good_ms, held_ms })
}

/// Why polls of hosts fail: the state they end in, or of failures the key that was counted last.
/// `recent` has all states of the last minutes.
fn reasons(
    reader: Reader<'_>,
    judged: &BTreeMap<String, Judged>,
    recent: &[Series],
    now_ms: i64,
) -> Result<BTreeMap<String, Reason>, ReadError> {
    let failing = judged.iter().filter(|(_, judged)| judged.verdict == Verdict::Failing);
    let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
    let mut failed: Vec<(&str, i64)> = Vec::new();
    for (instance, Judged { good_ms, .. }) in failing {
        let state = current_state(recent, instance);
        reasons.insert(instance.clone(), Reason::State(state.to_owned()));
        if state == FAILED {
            let from_ms = good_ms.unwrap_or(now_ms - RECENT_MS).max(now_ms - KNOWN_FOR_MS);
            failed.push((instance, from_ms));
        }
    }
    let Some(from_ms) = failed.iter().map(|(_, from_ms)| *from_ms).min() else {
        return Ok(reasons);
    };
    let instances = failed.iter().map(|(instance, _)| *instance);
    let matchers = [Matcher::metric(FAILURES), Matcher::one_of(INSTANCE, instances)];
    let range = TimeRange { from_ms, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    for (instance, from_ms) in failed {
        let own = found.iter().filter(|series| self::instance(series) == instance);
        let rises = own.map(|series| (last_rise(series, from_ms), series));
        let newest = rises.max_by_key(|(rise, _)| *rise);
        if let Some(key) = newest.and_then(|(_, series)| series.labels.get("key")) {
            reasons.insert(instance.to_owned(), Reason::Failed(key.to_owned()));
        }
    }
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(reasons)
}

/// The state that the last poll of a host ended in.
fn current_state<'s>(recent: &'s [Series], instance: &str) -> &'s str {
    let own = recent.iter().filter(|series| self::instance(series) == instance);
    let states = own.filter(|series| series.labels.metric() == STATE);
    let last = states.filter_map(|series| Some((samples(series).last()?, series)));
    let current = last.filter(|((_, value), _)| *value == 1.0).max_by_key(|((at, _), _)| *at);
    current.and_then(|(_, series)| series.labels.get("state")).unwrap_or(UNREACHABLE)
}

/// When a counter rose last since a moment, or began.
fn last_rise(series: &Series, from_ms: i64) -> Option<i64> {
    let samples: Vec<(i64, f64)> = samples(series).filter(|(at, _)| *at >= from_ms).collect();
    let rise = samples.windows(2).rev().find(|pair| pair[1].1 > pair[0].1).map(|pair| pair[1].0);
    rise.or_else(|| Some(samples.first()?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(polls: &[(i64, bool)], now_s: i64, expected: &str) {
        let polls: Vec<Poll> =
            polls.iter().map(|(at, ok)| Poll { at_ms: at * 1000, ok: *ok }).collect();
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
