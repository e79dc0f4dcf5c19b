use std::sync::Arc;

use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::values::Values;
use super::*;
use crate::graphs::definition::Colour;
use crate::graphs::{Period, definition, names};
use crate::promql::KeptRanges;
use crate::samples::{Budget, Labels, Reader};
use crate::store::{Due, FrameWrite, Retention, Store};

const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);
const DAY_MS: i64 = 86_400_000;
const POLL_MS: i64 = 15_000;
/// A midnight.
const BEGIN_MS: i64 = 18_400 * DAY_MS;

/// Stores samples of one host: metric, labels, and a value for each poll that has one.
fn write(
    store: &Store,
    metric: &str,
    labels: &[(&str, &str)],
    polls: impl Iterator<Item = (i64, f64)>,
) {
    let labels = labels.iter().copied().chain([("instance", "ca1"), ("job", "bbb")]);
    let series = [store.series_id(&Labels::new(metric, labels)).unwrap()];
    let frame = |(poll, value)| FrameWrite {
        id: None,
        timestamp_ms: BEGIN_MS + poll * POLL_MS,
        series: series.into(),
        values: vec![value],
        rounds: Vec::new(),
    };
    store.append(&polls.map(frame).collect::<Vec<_>>()).unwrap();
}

/// As many polls that BBB answers.
fn answers(store: &Store, polls: i64) {
    write(store, "bbb_meetings", &[], (0..polls).map(|poll| (poll, 1.0)));
    write(store, "headroom_bbb_state", &[("state", "ok")], (0..polls).map(|poll| (poll, 1.0)));
}

/// People of an organisation from one poll to another, and the end of the series behind them.
fn people(store: &Store, tenant: &str, from: i64, values: &[f64]) {
    let polls = values.iter().copied().chain([STALE]);
    let polls = polls.enumerate().map(|(n, value)| (from + n as i64, value));
    write(store, "headroom_tenant_participants", &[("tenant", tenant)], polls);
}

/// Two days: polls each 15 s, but for ten minutes of the second day in which BBB did not answer. Of
/// two organisations one follows upon the other within an hour; for one poll there are 90 people.
fn two_days(store: &Store) {
    let answered = |poll: &i64| !(5760 + 2400..5760 + 2440).contains(poll);
    let all = 0..2 * 5760;
    let meetings = all.filter(|poll| *poll != 5760 + 2400).filter(answered).map(|poll| (poll, 1.0));
    write(store, "bbb_meetings", &[], meetings);
    write(store, "bbb_meetings", &[], [(5760 + 2400, STALE)].into_iter());
    let states = (0..2 * 5760).map(|poll| (poll, f64::from(u8::from(answered(&poll)))));
    write(store, "headroom_bbb_state", &[("state", "ok")], states);
    let mut radio = vec![40.0; 120];
    radio[60] = 90.0;
    people(store, "radio", 2400, &radio);
    people(store, "school", 2520, &[30.0; 120]);
    let all = (2400..2520).map(|poll| (poll, radio[(poll - 2400) as usize]));
    let all = all.chain((2520..2640).map(|poll| (poll, 30.0)));
    let all = all.chain((2640..2640 + 9).map(|poll| (poll, 0.0)));
    write(store, "bbb_meetings_participants", &[], all);
}

fn graph(store: &Arc<Store>, name: &str, (whom, span): (&str, Span)) -> Graph {
    let now_ms = span.to_ms;
    let (records, budget) = (Records::of(store), Budget::unlimited());
    let (reader, kept) = (Reader::new(&**store, &budget), KeptRanges::new(1 << 20));
    let samples = KeptReader { reader, kept: &kept };
    let sources = Sources { samples, records: &records };
    let definition = definition(name).unwrap();
    gather(sources, Question { definition, whom, part: None, span, now_ms }).unwrap()
}

fn span(from_ms: i64, to_ms: i64) -> Span {
    Span { name: "", from_ms, to_ms, zone: TimeZone::UTC }
}

/// The figures of people: now, mean, greatest and seconds measured.
fn figures(graph: &Graph) -> (Option<f64>, f64, f64, f64) {
    let figures = graph.lines[0].statistics.unwrap();
    (figures.now, figures.mean, figures.max, figures.seconds)
}

#[test]
fn each_graph_is_answered_over_each_period_of_an_empty_store() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    let periods =
        [Period::Minutes, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];
    for name in names() {
        for period in periods {
            let span = Span::ending(period, BEGIN_MS + 12_345, TimeZone::UTC);
            let graph = graph(&store, name, ("a\"b", span));
            assert!(graph.is_empty() && graph.last_ms().is_none(), "{name}");
        }
    }
}

#[test]
fn a_day_has_its_true_peak_and_nobody_is_zero_while_bbb_answers() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    two_days(&store);
    let day = graph(&store, "people", ("ca1", span(BEGIN_MS, BEGIN_MS + DAY_MS)));
    let (now, mean, max, seconds) = figures(&day);
    // Each value holds until the next poll; steps of 10 s between polls of 15 s see half of them twice.
    let expected = (120.0 * 40.0 + 50.0 + 120.0 * 30.0) * 15.0 / 86_400.0;
    assert!((mean - expected).abs() < 0.02, "{mean} instead of {expected}");
    assert_eq!((now, max), (Some(0.0), 90.0));
    assert!((seconds - 86_400.0).abs() < 20.0, "{seconds}");
}

#[test]
fn no_answer_is_a_gap_from_the_first_poll_without() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    two_days(&store);
    let failed_ms = BEGIN_MS + (5760 + 2400) * POLL_MS;
    let hour = graph(&store, "people", ("ca1", span(failed_ms - 1_800_000, failed_ms + 1_800_000)));
    for line in &hour.lines {
        let inside = line
            .intervals
            .iter()
            .filter(|i| i.to_ms > failed_ms && i.from_ms < failed_ms + 600_000);
        let inside: i64 = inside.map(|interval| interval.to_ms - interval.from_ms).sum();
        assert!(inside <= 20_000, "{} ms of values in the gap of {}", inside, line.name);
        assert!((line.statistics.unwrap().seconds - 3000.0).abs() <= 20.0);
    }
    // A span that ends in the gap has nothing now, and neither has the time before the first poll.
    let ended = graph(&store, "people", ("ca1", span(failed_ms - 1_800_000, failed_ms + 60_000)));
    assert_eq!(figures(&ended).0, None);
    let before = graph(&store, "people", ("ca1", span(BEGIN_MS - 7_200_000, BEGIN_MS - 3_600_000)));
    assert!(before.is_empty());
}

/// What a span of windows tells is what happened, from samples as from rollups.
fn check_windows(store: &Arc<Store>) {
    // With steps of an hour's third and of four hours: the second organisation follows upon the
    // first within each of them, so the sum of their peaks would be 120.
    for days in [30, 365] {
        let end_ms = BEGIN_MS + 2 * DAY_MS - 5_000;
        let long = graph(store, "people", ("ca1", span(end_ms - days * DAY_MS, end_ms)));
        let (now, mean, max, seconds) = figures(&long);
        assert_eq!((now, max), (Some(0.0), 90.0), "{days} days");
        let people_seconds = mean * seconds;
        let expected = (120.0 * 40.0 + 50.0 + 120.0 * 30.0) * 15.0;
        // A window counts the polls at both of its ends.
        assert!((people_seconds / expected - 1.0).abs() < 0.03, "{people_seconds} {expected}");
        let all = graph(store, "organisations", ("", span(end_ms - days * DAY_MS, end_ms)));
        let found: Vec<(&str, f64)> =
            all.lines.iter().map(|l| (&*l.name, l.statistics.unwrap().max)).collect();
        assert_eq!(found, [("radio", 90.0), ("school", 30.0)], "{days} days");
    }
}

#[test]
fn months_and_years_have_the_true_peak_and_the_true_mean() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    two_days(&store);
    check_windows(&store);
    store.seal().unwrap();
    let ever = 10_000 * DAY_MS;
    let retention =
        Retention { raw_ms: 5 * DAY_MS, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
    for later in [3, 60] {
        let due = Due::at(BEGIN_MS + later * DAY_MS, retention);
        store.maintain(due, &|| false).unwrap();
    }
    assert_eq!(store.state().days, 0, "samples have expired");
    let end_ms = BEGIN_MS + 2 * DAY_MS - 5_000;
    let year = graph(&store, "people", ("ca1", span(end_ms - 365 * DAY_MS, end_ms)));
    assert_eq!(figures(&year).2, 90.0);
}

/// The samples of its first half have expired, which takes nothing from its peak.
#[test]
fn a_span_over_the_border_of_retention_has_its_true_peak_and_says_how_fine_its_means_are() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    two_days(&store);
    store.seal().unwrap();
    let look = || {
        let span = span(BEGIN_MS + 9 * 3_600_000, BEGIN_MS + 29 * 3_600_000);
        let graph = graph(&store, "people", ("ca1", span));
        (figures(&graph).2, graph.resolution().remove(0))
    };
    let (max, resolution) = look();
    assert_eq!((max, &*resolution), (90.0, "peaks of 15 s samples"));
    let ever = 10_000 * DAY_MS;
    for raw_ms in [ever, ever, 3 * DAY_MS + DAY_MS / 2] {
        let retention = Retention { raw_ms, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
        store.maintain(Due::at(BEGIN_MS + 5 * DAY_MS, retention), &|| false).unwrap();
    }
    assert_eq!(store.state().days, 1, "the first day has expired");
    let (max, resolution) = look();
    let means = "peaks of 15 s samples, 95th of 5 min means";
    assert!(max == 90.0 && resolution.starts_with(means), "{max} {resolution}");
}

#[test]
fn what_another_exporter_does_not_tell_is_not_zero() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    write(&store, "bbb_meetings", &[], (0..240).map(|poll| (poll, 3.0)));
    for minutes in [60, 5 * 1440] {
        let end_ms = BEGIN_MS + 240 * POLL_MS;
        let people = graph(&store, "people", ("ca1", span(end_ms - minutes * 60_000, end_ms)));
        assert!(people.is_empty(), "{minutes} minutes: {:?}", people.lines[0].statistics);
    }
}

#[test]
fn an_organisation_keeps_its_colour_whoever_comes_and_goes() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    answers(&store, 400);
    people(&store, "school", 0, &[5.0; 400]);
    people(&store, "radio", 0, &[3.0; 40]);
    people(&store, "a late one", 350, &[3.0; 40]);
    let colours = |store: &Arc<Store>, from: i64, to: i64| {
        let span = span(BEGIN_MS + from * POLL_MS, BEGIN_MS + to * POLL_MS);
        let all = graph(store, "organisations", ("", span));
        let of = |line: &Line| (line.name.clone(), line.colour);
        all.lines.iter().map(of).collect::<Vec<_>>()
    };
    let [school, radio, late] = [("school", 0), ("radio", 1), ("a late one", 2)]
        .map(|(name, number)| (name.to_owned(), Colour::Numbered(number)));
    let check = |store: &Arc<Store>| {
        assert_eq!(colours(store, 0, 30), [school.clone(), radio.clone()]);
        assert_eq!(colours(store, 100, 300), std::slice::from_ref(&school));
        assert_eq!(colours(store, 200, 399), [school.clone(), late.clone()]);
        let week = colours(store, 399 - 7 * 5760, 399);
        assert_eq!(week, [school.clone(), radio.clone(), late.clone()]);
    };
    check(&store);
    drop(store);
    let store = Arc::new(Store::open(directory.path()).unwrap());
    check(&store);
    store.seal().unwrap();
    drop(store);
    check(&Arc::new(Store::open(directory.path()).unwrap()));
}

#[test]
fn beyond_two_dozen_the_last_to_come_are_one_over_every_span() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    answers(&store, 400);
    for n in 0..26 {
        // The last are the largest, and for a while nobody else is there.
        people(&store, &format!("organisation {n}"), 0, &[f64::from(n) + 1.0; 40]);
    }
    for minutes in [9, 60, 5 * 1440, 40 * 1440] {
        let end_ms = BEGIN_MS + 40 * POLL_MS - 5_000;
        let all = graph(&store, "organisations", ("", span(end_ms - minutes * 60_000, end_ms)));
        assert_eq!(all.lines.len(), 24, "{minutes} minutes");
        let (first, last) = (&all.lines[0], &all.lines[23]);
        assert_eq!((&*first.name, first.statistics.unwrap().max), ("organisation 0", 1.0));
        assert_eq!((&*last.name, last.colour), ("3 others", Colour::Neutral));
        assert_eq!(last.statistics.unwrap().max, 24.0 + 25.0 + 26.0, "{minutes} minutes");
        let dashed = all.lines.iter().filter(|line| line.colour.is_dashed()).count();
        assert_eq!(dashed, 11, "beyond twelve hues");
    }
    let one = graph(&store, "organisation", ("organisation 6", span(BEGIN_MS, BEGIN_MS + 585_000)));
    let figures = one.lines[0].statistics.unwrap();
    assert_eq!((figures.max, one.whom.as_str()), (7.0, "organisation 6"));
}

#[test]
fn what_is_derived_is_asked_for_only_where_nothing_tells() {
    let readings = [Some(4.0); 60];
    let told = |told: &[usize]| {
        let mean = (0..60).map(|place| told.contains(&place).then_some(1.0)).collect();
        Values { mean, ..Values::default() }
    };
    let all: Vec<usize> = (0..60).collect();
    let without = |missing: &[usize]| -> Vec<usize> {
        all.iter().copied().filter(|place| !missing.contains(place)).collect()
    };
    // First places and ends of what is asked for.
    let cases: [(&[usize], &[[usize; 2]]); 6] = [
        (&[], &[]),
        (&[0], &[[0, 2]]),
        (&[59], &[[59, 60]]),
        (&[5, 6, 7], &[[5, 9]]),
        // Near to each other, and far apart.
        (&[5, 20], &[[5, 22]]),
        (&[5, 50], &[[5, 7], [50, 52]]),
    ];
    for (missing, expected) in cases {
        let missed = told(&without(missing)).missed(&readings);
        let ends: Vec<[usize; 2]> =
            missed.iter().map(|places| [places.start, places.end]).collect();
        assert_eq!(ends, expected, "{missing:?}");
    }
    // Where nothing was read, nothing is missing.
    assert_eq!(told(&[]).missed(&[None; 60]).len(), 0);
    let mut derived = Values::default();
    derived.fill(3, &told(&[0, 1]));
    assert_eq!(derived.mean, [None, None, None, Some(1.0), Some(1.0)]);
}
