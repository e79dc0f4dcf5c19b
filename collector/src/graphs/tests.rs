//! Any picture of anything that a store may hold: small, well formed, and readable by whoever reads
//! such files.

mod year;

use std::sync::Arc;

use headroom_proto::catalogue;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use quick_xml::events::Event;
use tempfile::TempDir;

use super::*;
use crate::promql::{KeptRanges, KeptReader};
use crate::samples::{Budget, Labels, Reader, TimeRange};
use crate::store::{FrameWrite, LostInterval, Records, Store};

const NOW_MS: i64 = 18_400 * 86_400_000;
const STEP_MS: i64 = 10_000;
const READINGS: usize = 90;

const PERIODS: [Period; 6] =
    [Period::Minutes, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];
const SIZES: [Size; 4] = [Size::Full, Size::Small, Size::Strip, Size::Narrow];

/// The most elements and bytes of an SVG.
const MOST_ELEMENTS: usize = 12_000;
const MOST_BYTES: usize = 2 << 20;

/// What a store may hold.
#[derive(Debug, Clone)]
struct Contents {
    numbers: Vec<f64>,
    texts: Vec<String>,
    losses: Vec<LostInterval>,
}

fn number() -> impl Strategy<Value = f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.7e308, -1.7e308, 5e-324, -5e-324, 0.0];
    prop_oneof![prop::sample::select(odd.to_vec()), any::<f64>(), 0.0..1e9]
}

fn text() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        any::<char>(),
        prop::sample::select("\0\x1b<>&\"'=,\n\t\u{ffff}".chars().collect::<Vec<_>>())
    ];
    prop::collection::vec(letter, 1..30).prop_map(String::from_iter)
}

/// Moments within the pictures, and any at all.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![3 => NOW_MS - 7_200_000..NOW_MS, 1 => any::<i64>()]
}

fn loss() -> impl Strategy<Value = LostInterval> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>());
    (numbers, moment(), moment(), any::<i32>()).prop_map(|(numbers, first_ms, last_ms, reason)| {
        let (boot, first_sequence, last_sequence) = numbers;
        let (instance, samples) = ("ca1".into(), last_sequence);
        LostInterval {
            instance,
            boot,
            first_sequence,
            last_sequence,
            first_ms,
            last_ms,
            samples,
            reason,
        }
    })
}

fn contents() -> impl Strategy<Value = Contents> {
    let numbers = prop::collection::vec(number(), 5..40);
    let texts = prop::collection::vec(text(), 1..10);
    let losses = prop::collection::vec(loss(), 0..80);
    (numbers, texts, losses).prop_map(|(numbers, texts, losses)| Contents {
        numbers,
        texts,
        losses,
    })
}

/// A store with two series of each metric of ours: one as graphs look for it, one of any labels.
fn store(contents: &Contents, folder: &TempDir) -> Arc<Store> {
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let usual = |label: &str, place: usize| match label {
        "mode" => "idle",
        "device" => "eth0",
        "kind" => "physical",
        "fstype" => "ext4",
        "state" => "ok",
        "cpu" => "0",
        _ => &contents.texts[place % contents.texts.len()],
    };
    let mut series = Vec::new();
    for (place, metric) in catalogue::all().filter(|one| !one.name.contains('*')).enumerate() {
        let own = [("instance", "ca1"), ("job", "node")];
        let known = metric.labels.iter().map(|label| (*label, usual(label, place)));
        let odd = metric.labels.iter().map(|label| (*label, usual("", place + 1)));
        for labels in [known.chain(own).collect::<Vec<_>>(), odd.chain(own).collect()] {
            series.push(store.series_id(&Labels::new(metric.name, labels)).unwrap());
        }
    }
    let series: Arc<[_]> = series.into();
    let frame = |reading: usize| {
        let value =
            |place: usize| contents.numbers[(place * 7 + reading * 3) % contents.numbers.len()];
        FrameWrite {
            id: None,
            timestamp_ms: NOW_MS - (READINGS - reading) as i64 * STEP_MS,
            series: Arc::clone(&series),
            values: (0..series.len()).map(value).collect(),
            rounds: Vec::new(),
        }
    };
    store.append(&(0..READINGS).map(frame).collect::<Vec<_>>()).unwrap();
    for loss in &contents.losses {
        store.record_loss(loss).unwrap();
    }
    store
}

/// An SVG is XML to its end, of few elements, without a character that XML does not have.
#[track_caller]
fn check_svg(svg: &str) {
    assert!(svg.len() <= MOST_BYTES, "{} bytes", svg.len());
    let allowed = |letter: char| match letter {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    };
    assert!(svg.chars().all(allowed), "{svg:?}");
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut elements = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => {
                elements += 1;
                for attribute in element.attributes() {
                    attribute.unwrap();
                }
            }
            Event::GeneralRef(entity) => {
                let known = entity.is_char_ref()
                    || ["amp", "lt", "gt", "quot", "apos"].contains(&&*entity.decode().unwrap());
                assert!(known, "{entity:?}");
            }
            Event::Eof => break,
            Event::End(_) | Event::Text(_) | Event::CData(_) | Event::Comment(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((10..=MOST_ELEMENTS).contains(&elements), "{elements} elements");
}

#[track_caller]
fn check_data(graph: &Graph) {
    serde_json::from_str::<serde_json::Value>(&json(graph)).unwrap();
    let table = csv(graph);
    assert!(table.len() <= MOST_BYTES, "{} bytes", table.len());
    let mut reader = ::csv::ReaderBuilder::new().flexible(false).from_reader(table.as_bytes());
    for row in reader.records() {
        let row = row.unwrap();
        let harmless = |cell: &str| {
            !cell.contains(|c: char| c.is_control() && c != '\n' && c != '\t' && c != '\r')
        };
        assert!(row.iter().all(harmless), "{row:?}");
    }
    assert!(summary(graph).len() <= 4096 * graph.lines.len().max(1));
}

/// Draws each graph once and holds it against what a picture may be. Answers how many there were.
fn check_pictures(store: &Arc<Store>, tenant: &str, (period, size): (usize, usize)) -> usize {
    let (records, budget) = (Records::of(store), Budget::unlimited());
    let (reader, kept) = (Reader::new(&**store, &budget), KeptRanges::new(1 << 20));
    let sources = Sources { samples: KeptReader { reader, kept: &kept }, records: &records };
    let mut drawn = 0;
    for (place, name) in names().enumerate() {
        let definition = definition(name).unwrap();
        let whom = match definition.of() {
            Of::Host => "ca1",
            Of::Tenant => tenant,
            Of::Datacentre => "montreal",
            Of::All => "",
        };
        let period = PERIODS[(period + place) % PERIODS.len()];
        let size = SIZES[(size + place) % SIZES.len()];
        let span = Span::ending(period, NOW_MS, TimeZone::UTC);
        let question = Question { definition, whom, part: None, span, now_ms: NOW_MS };
        // A question that has no answer has no picture, and says so.
        let Ok(graph) = gather(sources, question) else { continue };
        drawn += 1;
        let look = Look { theme: Theme::Light, size };
        check_svg(&svg(&graph, look).unwrap());
        let bytes = png(&graph, look, 1).unwrap();
        let reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), points(&graph, size));
        check_data(&graph);
    }
    drawn
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_picture_of_any_store_is_small_and_well_formed(
        contents in contents(),
        choice in (0..PERIODS.len(), 0..SIZES.len()),
    ) {
        let folder = TempDir::new().unwrap();
        let store = store(&contents, &folder);
        prop_assert!(check_pictures(&store, &contents.texts[0], choice) > 0);
    }
}

/// Losses of the same forty minutes, again and again.
fn losses_over(count: u64, (first_ms, step_ms): (i64, i64)) -> Vec<LostInterval> {
    let loss = |n: u64| LostInterval {
        instance: "ca1".into(),
        boot: n,
        first_sequence: 1,
        last_sequence: 240,
        first_ms: first_ms + n as i64 * step_ms,
        last_ms: first_ms + n as i64 * step_ms + 2_400_000,
        samples: 9,
        reason: 1,
    };
    (0..count).map(loss).collect()
}

#[test]
fn losses_over_each_other_are_drawn_as_one() {
    let (numbers, texts) = (vec![5.0, 7.0], vec!["a".to_owned()]);
    for (count, step_ms) in [(30, 0), (1000, 60_000), (1000, -1_000_000)] {
        let losses = losses_over(count, (NOW_MS - 7_200_000, step_ms));
        let contents = Contents { numbers: numbers.clone(), texts: texts.clone(), losses };
        let folder = TempDir::new().unwrap();
        let store = store(&contents, &folder);
        for period in [1, 2, 5] {
            check_pictures(&store, "a", (period, 0));
        }
    }
}
