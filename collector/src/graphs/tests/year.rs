//! A seeded year of one path: what it takes on the disk, that it reads back, and how soon its smoke is there.

use std::time::Instant;

use headroom_proto::wire::{AddressFamily, ProbeKind};

use super::*;
use crate::latency::{Round, known_paths, samples};
use crate::store::{Due, PathRound, Retention, RoundWrite, SeriesId, WantedRounds};

const MINUTES: i64 = 365 * 1440;
const BEGIN_MS: i64 = 20_000 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
const PATH: &str = "lagos/icmp/ipv4/ca1";

/// Chance that is the same each time (Knuth's multiplier, 2^64).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Round trips about 92 ms with a jitter of 0.3 ms, of which one in a hundred is lost.
fn rounds() -> impl Iterator<Item = Round> {
    let mut chance = Chance(13);
    (0..MINUTES).map(move |minute| {
        let mut trips: Vec<u32> = Vec::new();
        for _ in 0..20 {
            let took_ms = 92.0 - 0.3 * (1.0 - chance.unit()).ln();
            if chance.unit() >= 0.01 {
                trips.push((took_ms * 1e3) as u32);
            }
        }
        trips.sort_unstable();
        Round {
            target: "ca1".into(),
            kind: ProbeKind::Icmp,
            family: AddressFamily::Ipv4,
            begin_ms: BEGIN_MS + minute * 60_000 + (chance.unit() * 3.0) as i64,
            span_ms: 60_000,
            sent: 20,
            round_trips_us: trips,
            errors: Vec::new(),
            discarded: Vec::new(),
            jitter_us: Some(250 + (chance.unit() * 100.0) as u32),
            hop_limit: Some(54),
            vantage_offline: false,
            address: Some([192, 0, 2, 1].into()),
            router: None,
            resolve_us: None,
            https: None,
            train: None,
        }
    })
}

fn write(store: &Store, round: &Round) -> FrameWrite {
    let told_ms = round.begin_ms + 63_000;
    let (mut series, mut values): (Vec<SeriesId>, Vec<f64>) = (Vec::new(), Vec::new());
    for sample in samples(round) {
        let own = [
            ("instance", "ca1"),
            ("job", "probe"),
            ("vantage", "lagos"),
            ("datacentre", "montreal"),
            ("kind", "icmp"),
            ("family", "ipv4"),
        ];
        let labels = Labels::new(sample.metric.name, own.into_iter().chain(sample.label));
        series.push(store.series_id(&labels).unwrap());
        values.push(sample.value);
    }
    let rounds = vec![RoundWrite { path: series[0], round: round.kept(told_ms) }];
    FrameWrite { id: None, timestamp_ms: told_ms, series: series.into(), values, rounds }
}

fn to_unit(us: u32) -> u32 {
    if us < 10_000 { us } else { 10_000 + (us - 10_000 + 5) / 10 * 10 }
}

#[test]
#[ignore = "writes a year of rounds, which takes minutes; it prints its figures"]
fn a_year_of_a_path_is_small_reads_back_and_is_soon_drawn() {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let ever = 10_000 * DAY_MS;
    let retention = Retention {
        raw_ms: 62 * DAY_MS,
        minutes_ms: 1096 * DAY_MS,
        hours_ms: ever,
        rounds_ms: 400 * DAY_MS,
    };
    let mut batch = Vec::new();
    let mut path = None;
    for (minute, round) in rounds().enumerate() {
        let frame = write(&store, &round);
        path.get_or_insert(frame.rounds[0].path);
        batch.push(frame);
        if batch.len() == 720 {
            store.append(&batch).unwrap();
            batch.clear();
            store.seal().unwrap();
        }
        if minute % 1440 == 200 {
            let now_ms = BEGIN_MS + minute as i64 * 60_000;
            store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
        }
    }
    store.append(&batch).unwrap();
    let end_ms = BEGIN_MS + MINUTES * 60_000;
    store.maintain(Due::at(end_ms + 3 * DAY_MS, retention), &|| false).unwrap();
    store.compact(end_ms + 3 * DAY_MS).unwrap();
    let megabytes = store.disk_bytes() as f64 / 1e6;
    let (records, budget) = (Records::of(&store), Budget::unlimited());
    let mut expected = rounds();
    let wanted = WantedRounds { path: path.unwrap(), range: TimeRange::EVER };
    let check = |found: PathRound| {
        let round = expected.next().unwrap();
        let trips: Vec<u32> = round.round_trips_us.iter().map(|us| to_unit(*us)).collect();
        assert_eq!((found.begin_ms, found.round_trips_us), (round.begin_ms, trips));
        Ok(())
    };
    records.rounds(wanted, &budget, check).unwrap();
    assert!(expected.next().is_none());
    assert_eq!(known_paths(&records, "montreal", &budget).unwrap()[0].name.key(), PATH);
    let (reader, kept) = (Reader::new(&*store, &budget), KeptRanges::new(1 << 20));
    let sources = Sources { samples: KeptReader { reader, kept: &kept }, records: &records };
    let draw = |period: Period| {
        let definition = definition("smoke").unwrap();
        let span = Span::ending(period, end_ms, TimeZone::UTC);
        let question =
            Question { definition, whom: "montreal", part: Some(PATH), span, now_ms: end_ms };
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let began = Instant::now();
                let graph = gather(sources, question.clone()).unwrap();
                assert!(!graph.is_empty());
                svg(&graph, Look { theme: Theme::Light, size: Size::Full }).unwrap();
                began.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[2]
    };
    let [day_ms, year_ms] = [Period::Day, Period::Year].map(draw);
    eprintln!(
        "{megabytes:.1} MB a year; a day's smoke in {day_ms:.1} ms, a year's in {year_ms:.1} ms"
    );
    assert!(megabytes <= 10.0, "{megabytes} MB");
}
