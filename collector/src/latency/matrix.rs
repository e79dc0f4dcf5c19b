//! The last hour of each path: what each vantage sees of each datacentre, read from the series of rounds.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    HEADROOM_PROBE_BASELINE_SECONDS, HEADROOM_PROBE_JITTER_SECONDS, HEADROOM_PROBE_RECEIVED,
    HEADROOM_PROBE_RTT_MIN_SECONDS, HEADROOM_PROBE_SENT, HEADROOM_PROBE_TRAIN_JITTER_SECONDS,
    HEADROOM_PROBE_VANTAGE_OFFLINE, PROBE_DURATION_SECONDS,
};
use headroom_proto::metric::{INSTANCE, JOB, PROBE_JOB};
use headroom_proto::wire::ProbeTarget;

use super::path::{Hole, PathHour, PathName};
use super::places::{Datacentre, Places};
use super::quality::{Leg, Quality};
use super::series::kind_name;
use super::signs;
use crate::samples::{
    Hints, Labels, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange,
};

/// What the matrix is about.
pub const RECENT_MS: i64 = 60 * MINUTE_MS;
const MINUTE_MS: i64 = 60_000;

/// A path that has told nothing for so long is silent.
pub const SILENT_MS: i64 = 180_000;

/// The metrics that it is made of.
const METRICS: [&str; 8] = [
    PROBE_DURATION_SECONDS.name,
    HEADROOM_PROBE_SENT.name,
    HEADROOM_PROBE_RECEIVED.name,
    HEADROOM_PROBE_RTT_MIN_SECONDS.name,
    HEADROOM_PROBE_JITTER_SECONDS.name,
    HEADROOM_PROBE_TRAIN_JITTER_SECONDS.name,
    HEADROOM_PROBE_VANTAGE_OFFLINE.name,
    HEADROOM_PROBE_BASELINE_SECONDS.name,
];

/// Samples of a path by metric.
type Samples = BTreeMap<&'static str, Vec<(i64, f64)>>;

/// All paths that are configured or that told of rounds within the last hour, the worst first.
pub fn paths(reader: Reader<'_>, places: &Places, now_ms: i64) -> Result<Vec<PathHour>, ReadError> {
    let matchers = [Matcher::one_of(METRIC, METRICS), Matcher::equal(JOB, PROBE_JOB)];
    let range = TimeRange { from_ms: now_ms - RECENT_MS, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let mut paths: BTreeMap<PathName, Samples> = BTreeMap::new();
    for series in &found {
        let samples = paths.entry(name_of(&series.labels)).or_default();
        if let Some(metric) = METRICS.iter().find(|name| **name == series.labels.metric()) {
            let numbers = series.timestamps.iter().copied().zip(series.values.iter().copied());
            samples.entry(metric).or_default().extend(numbers);
        }
    }
    // What is usual is told of a path for an hour after its end.
    let baseline = HEADROOM_PROBE_BASELINE_SECONDS.name;
    paths.retain(|_, samples| samples.keys().any(|metric| *metric != baseline));
    reader.budget.release(found.iter().map(Series::bytes).sum());
    let mut hours: Vec<PathHour> =
        paths.into_iter().map(|(name, samples)| hour(name, &samples, places, now_ms)).collect();
    excuse(&mut hours, places, now_ms);
    signs::weigh(&mut hours);
    hours.extend(missing(&hours, places));
    hours.sort_by(|one, other| badness(other).total_cmp(&badness(one)));
    Ok(hours)
}

/// The path that a series is of.
pub fn name_of(labels: &Labels) -> PathName {
    let label = |name: &str| labels.get(name).unwrap_or_default().to_owned();
    PathName {
        vantage: label("vantage"),
        datacentre: label("datacentre"),
        target: label(INSTANCE),
        kind: label("kind"),
        family: label("family"),
    }
}

fn hour(name: PathName, samples: &Samples, places: &Places, now_ms: i64) -> PathHour {
    let of = |metric: &str| samples.get(metric).map_or(&[][..], Vec::as_slice);
    let sum = |metric: &str| of(metric).iter().map(|(_, value)| value).sum::<f64>();
    let sent = sum(HEADROOM_PROBE_SENT.name);
    let loss_ratio =
        (sent > 0.0).then(|| (1.0 - sum(HEADROOM_PROBE_RECEIVED.name) / sent).clamp(0.0, 1.0));
    let mut medians: Vec<f64> =
        of(PROBE_DURATION_SECONDS.name).iter().map(|(_, seconds)| seconds * 1e3).collect();
    medians.sort_unstable_by(f64::total_cmp);
    let middle = medians.len().checked_sub(1).map(|last| last / 2);
    let median_ms = middle.and_then(|middle| medians.get(middle)).copied();
    let least = of(HEADROOM_PROBE_RTT_MIN_SECONDS.name).iter().map(|(_, seconds)| seconds * 1e3);
    let least_ms = least.min_by(f64::total_cmp);
    let last_ms = |metric: &str| of(metric).last().map(|(_, seconds)| seconds * 1e3);
    let last = of(HEADROOM_PROBE_VANTAGE_OFFLINE.name).last().copied();
    let answered_ms = of(PROBE_DURATION_SECONDS.name).last().map(|(at_ms, _)| *at_ms);
    let hole = match last {
        None => Some(Hole::NotYet),
        Some((at_ms, _)) if now_ms - at_ms > SILENT_MS && !name.is_browser() => Some(Hole::Silent),
        Some((_, offline)) if offline > 0.0 => Some(Hole::VantageOffline),
        Some((at_ms, _)) if answered_ms != Some(at_ms) => Some(Hole::NoAnswer),
        Some(_) => None,
    };
    let leg = median_ms.zip(loss_ratio).filter(|_| name.is_plain());
    let leg = leg.map(|(round_trip_ms, loss_ratio)| Leg { round_trip_ms, loss_ratio });
    PathHour {
        bound: places.bound(&name.vantage, &name.datacentre).filter(|_| name.is_plain()),
        leg,
        quality: leg.map(|leg| Quality::of_pair(leg, leg)),
        jitter_ms: last_ms(HEADROOM_PROBE_JITTER_SECONDS.name),
        speech_jitter_ms: last_ms(HEADROOM_PROBE_TRAIN_JITTER_SECONDS.name),
        usual_ms: last_ms(HEADROOM_PROBE_BASELINE_SECONDS.name),
        trace_ms: trace(of(PROBE_DURATION_SECONDS.name), now_ms),
        last_ms: last.map(|(at_ms, _)| at_ms),
        name,
        hole,
        median_ms,
        least_ms,
        loss_ratio,
    }
}

/// Tells silence of a path that nobody asks any more from that of an agent: it was renamed or taken out of the
/// configuration, or the vantage tells of its other paths.
fn excuse(hours: &mut [PathHour], places: &Places, now_ms: i64) {
    let is_fresh = |hour: &&PathHour| hour.last_ms.is_some_and(|at_ms| now_ms - at_ms <= SILENT_MS);
    let telling: BTreeSet<String> =
        hours.iter().filter(is_fresh).map(|hour| hour.name.vantage.clone()).collect();
    for hour in hours.iter_mut().filter(|hour| hour.hole == Some(Hole::Silent)) {
        if telling.contains(&hour.name.vantage) || !is_asked_for(places, &hour.name) {
            hour.hole = Some(Hole::NotAsked);
        }
    }
}

/// Whether the configuration has a vantage and a target for a path.
fn is_asked_for(places: &Places, path: &PathName) -> bool {
    let is_target = |target: &ProbeTarget| {
        target.target == path.target && kind_name(target.kind()) == path.kind
    };
    let stands_for =
        |one: &Datacentre| *one.name == *path.datacentre && one.targets.iter().any(is_target);
    places.vantages.iter().any(|vantage| *vantage.agent == *path.vantage)
        && places.datacentres.iter().any(stands_for)
}

/// Medians by minute, the oldest first.
fn trace(medians: &[(i64, f64)], now_ms: i64) -> Vec<Option<f64>> {
    let mut minutes = vec![None; (RECENT_MS / MINUTE_MS) as usize];
    for (at_ms, seconds) in medians {
        let place = usize::try_from((at_ms - (now_ms - RECENT_MS)) / MINUTE_MS).ok();
        if let Some(minute) = place.and_then(|place| minutes.get_mut(place)) {
            *minute = Some(seconds * 1e3);
        }
    }
    minutes
}

/// What is configured and has told of nothing.
fn missing(known: &[PathHour], places: &Places) -> Vec<PathHour> {
    let mut missing = Vec::new();
    for vantage in &places.vantages {
        for datacentre in &places.datacentres {
            let is_told = known.iter().any(|hour| {
                hour.name.vantage == *vantage.agent && hour.name.datacentre == *datacentre.name
            });
            if !is_told {
                let name = PathName {
                    vantage: vantage.agent.to_string(),
                    datacentre: datacentre.name.to_string(),
                    target: String::new(),
                    kind: String::new(),
                    family: String::new(),
                };
                missing.push(PathHour {
                    hole: Some(Hole::NotYet),
                    bound: places.bound(&vantage.agent, &datacentre.name),
                    ..PathHour::unknown(name)
                });
            }
        }
    }
    missing
}

/// What somebody should look at first: what is not answered, then what would be heard worst.
fn badness(hour: &PathHour) -> f64 {
    match (hour.hole, hour.quality) {
        (Some(Hole::NoAnswer | Hole::Silent), _) => 300.0,
        (Some(Hole::VantageOffline), _) => 200.0,
        (Some(Hole::NotYet | Hole::NotAsked), _) => 0.0,
        (None, Some(quality)) => 100.0 - quality.rating,
        (Some(Hole::Filtered), _) | (None, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::Vantage;
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn path() -> PathName {
        let text = |text: &str| text.to_owned();
        PathName {
            vantage: text("lagos"),
            datacentre: text("montreal"),
            target: text("ca1"),
            kind: text("icmp"),
            family: text("ipv4"),
        }
    }

    fn told(rounds: &[(i64, f64, Option<f64>)]) -> PathHour {
        let mut samples = Samples::new();
        let mut push = |metric, at_ms, value| {
            samples.entry(metric).or_default().push((at_ms, value));
        };
        for (ago_s, received, median) in rounds {
            let at_ms = NOW_MS - ago_s * 1000;
            let offline = f64::from(u8::from(*received < 0.0));
            push(HEADROOM_PROBE_VANTAGE_OFFLINE.name, at_ms, offline);
            if offline == 0.0 {
                push(HEADROOM_PROBE_SENT.name, at_ms, 20.0);
                push(HEADROOM_PROBE_RECEIVED.name, at_ms, *received);
            }
            if let Some(seconds) = median {
                push(PROBE_DURATION_SECONDS.name, at_ms, *seconds);
                push(HEADROOM_PROBE_RTT_MIN_SECONDS.name, at_ms, seconds / 2.0);
            }
        }
        hour(path(), &samples, &Places::default(), NOW_MS)
    }

    #[test]
    fn a_hole_has_its_reason_and_a_cut_off_vantage_adds_no_loss() {
        let good = (120, 20.0, Some(0.1));
        for (last, hole) in [
            ((30, 20.0, Some(0.1)), None),
            ((30, 0.0, None), Some(Hole::NoAnswer)),
            ((30, -1.0, None), Some(Hole::VantageOffline)),
        ] {
            assert_eq!(told(&[good, last]).hole, hole);
        }
        assert_eq!(told(&[(400, 20.0, Some(0.1))]).hole, Some(Hole::Silent));
        assert_eq!(told(&[]).hole, Some(Hole::NotYet));
        assert_eq!(told(&[good, (30, -1.0, None)]).loss_ratio, Some(0.0));
        assert_eq!(told(&[good, (30, 0.0, None)]).loss_ratio, Some(0.5));
        assert_eq!(told(&[]).loss_ratio, None);
    }

    #[test]
    fn what_is_no_longer_asked_for_accuses_no_agent() {
        let silent = |change: fn(&mut PathName)| {
            let mut hour = told(&[(400, 20.0, Some(0.1))]);
            change(&mut hour.name);
            hour
        };
        let fresh = PathHour { name: path(), ..told(&[(30, 20.0, Some(0.1))]) };
        let places = Places {
            vantages: vec![Vantage::of_agent("lagos")],
            datacentres: vec![Datacentre {
                name: "montreal".into(),
                ..Datacentre::of_target("ca1").unwrap()
            }],
            ..Places::default()
        };
        let holes = |mut hours: Vec<PathHour>| {
            excuse(&mut hours, &places, NOW_MS);
            hours.into_iter().map(|hour| hour.hole).collect::<Vec<_>>()
        };
        let (agent, nobody) = (Some(Hole::Silent), Some(Hole::NotAsked));
        assert_eq!(holes(vec![silent(|_| {})]), [agent]);
        assert_eq!(holes(vec![silent(|name| name.target = "ca9".into())]), [nobody]);
        assert_eq!(holes(vec![silent(|name| name.kind = "tcp".into())]), [nobody]);
        assert_eq!(holes(vec![silent(|name| name.datacentre = "quebec".into())]), [nobody]);
        assert_eq!(holes(vec![silent(|name| name.vantage = "lome".into())]), [nobody]);
        // Its name has no such address any more, say: the vantage tells of another path.
        let six = silent(|name| name.family = "ipv6".into());
        assert_eq!(holes(vec![six, fresh]), [nobody, None]);
    }

    #[test]
    fn what_a_page_takes_says_nothing_of_a_conversation_and_stands_last() {
        let of = |kind: &str| PathName { kind: kind.into(), ..path() };
        let mut kinds = ["https", "tcp", "unheard", "icmp", "stun"].map(of);
        kinds.sort_by(|one, other| one.order().cmp(&other.order()));
        let kinds = kinds.map(|name| name.kind);
        assert_eq!(kinds, ["icmp", "stun", "tcp", "https", "unheard"]);
        let samples = Samples::from([
            (PROBE_DURATION_SECONDS.name, vec![(NOW_MS, 0.1)]),
            (HEADROOM_PROBE_SENT.name, vec![(NOW_MS, 20.0)]),
            (HEADROOM_PROBE_RECEIVED.name, vec![(NOW_MS, 20.0)]),
        ]);
        let hour = |kind| hour(of(kind), &samples, &Places::default(), NOW_MS);
        assert!(hour("stun").quality.is_some() && hour("https").quality.is_none());
    }

    #[test]
    fn the_hours_median_is_the_lower_one_of_its_rounds() {
        let rounds = [
            (190, 20.0, Some(0.4)),
            (130, 20.0, Some(0.2)),
            (70, 20.0, Some(0.1)),
            (10, 19.0, Some(0.3)),
        ];
        let hour = told(&rounds);
        assert_eq!((hour.median_ms, hour.least_ms), (Some(200.0), Some(50.0)));
        assert_eq!(hour.trace_ms[56..], [Some(400.0), Some(200.0), Some(100.0), Some(300.0)]);
        assert!(hour.trace_ms[..56].iter().all(Option::is_none));
    }
}
