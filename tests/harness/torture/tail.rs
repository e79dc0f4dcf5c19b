//! A log that ends within a record: all records before it are there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use headroom::samples::{Budget, Hints, Matcher, Samples, Selection, TimeRange};
use headroom::store::Store;

use super::load::{self, Door, Ledger, Shared, metric};
use super::pings::places;
use super::random::Random;
use super::serving;
use crate::collector::{CollectorOptions, CollectorProgram};
use crate::wait::eventually;

/// What came of it.
#[derive(Debug)]
pub struct TornTail {
    /// The file that grew with each frame, below the data directory.
    pub file: PathBuf,
    /// How often it was cut, each time at another byte.
    pub cuts: usize,
    /// Frames that were whole before a cut and not there, or there and wrong.
    pub faults: Vec<String>,
}

/// Cuts the log at each of its last bytes, `every` of them, and at `more` other places.
pub async fn torn_tail((every, more): (usize, usize), seed: u64) -> TornTail {
    let instances = vec!["ca1".to_owned()];
    let vantages = places(&instances);
    let options = CollectorOptions { instances, more: vantages, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let ledger = Shared::new("ca1", Door::Agent);
    let writer = tokio::spawn(load::push(
        collector.grpc(),
        collector.token("ca1").secret,
        ledger.clone(),
        Arc::new(AtomicBool::new(false)),
    ));
    // What is acknowledged before the lengths are read lies within them.
    let mut lengths: Vec<(u64, BTreeMap<PathBuf, u64>)> = Vec::new();
    eventually("some frames", std::time::Duration::from_secs(60), async || {
        let durable = ledger.now().acknowledged.ranges().first().map_or(0, |range| range.1);
        let length = |file: PathBuf| Some((file.clone(), std::fs::metadata(&file).ok()?.len()));
        lengths.push((
            durable,
            serving::files(&collector.data()).into_iter().filter_map(length).collect(),
        ));
        (durable > 200).then_some(())
    })
    .await;
    collector.kill();
    writer.abort();
    let ledger = ledger.now();
    let (file, steps) = growing(&lengths);
    let data = collector.data();
    let end = std::fs::metadata(&file).expect("the log").len();
    let mut random = Random::new(seed);
    let last = (0..=end).rev().take(every);
    let cuts: Vec<u64> = last.chain((0..more).map(|_| random.below(end))).collect();
    let mut faults = Vec::new();
    for &cut in &cuts {
        let folder = serving::copy(&data);
        let copied = folder.path().join("data").join(file.strip_prefix(&data).expect("below data"));
        let log = std::fs::File::options().write(true).open(&copied).expect("a copy");
        log.set_len(cut).expect("a copy");
        let whole = steps.iter().rev().find(|(_, length)| *length <= cut).map_or(0, |(n, _)| *n);
        faults.extend(
            missing(&folder.path().join("data"), &ledger, whole)
                .map(|what| format!("cut at {cut}: {what}")),
        );
    }
    let file = file.strip_prefix(&data).expect("below data").to_owned();
    TornTail { file, cuts: cuts.len(), faults }
}

/// The file that grew most often, with what was acknowledged at each of its lengths.
fn growing(lengths: &[(u64, BTreeMap<PathBuf, u64>)]) -> (PathBuf, Vec<(u64, u64)>) {
    let mut steps: BTreeMap<&PathBuf, Vec<(u64, u64)>> = BTreeMap::new();
    for (durable, files) in lengths {
        for (file, &length) in files {
            let known = steps.entry(file).or_default();
            if known.last().is_none_or(|(_, last)| length > *last) {
                known.push((*durable, length));
            }
        }
    }
    let most = steps.into_iter().max_by_key(|(_, steps)| steps.len());
    let (file, steps) = most.expect("a data directory has files");
    assert!(steps.len() > 5, "no file grows with what is acknowledged");
    (file.clone(), steps)
}

/// What is wrong with a store that must hold the first `whole` frames.
fn missing(data: &std::path::Path, ledger: &Ledger, whole: u64) -> Option<String> {
    let store = match Store::open(data) {
        Ok(store) => store,
        Err(error) => return Some(format!("does not open: {error}")),
    };
    let ever = TimeRange { from_ms: 0, to_ms: i64::MAX };
    for series in 0..load::SERIES {
        let found = store.select(
            Selection { matchers: &[Matcher::metric(&metric(series))], range: ever },
            Hints::default(),
            &Budget::unlimited(),
        );
        let found = match found {
            Ok(found) => found,
            Err(error) => return Some(format!("does not read: {error}")),
        };
        let pairs = found.iter().flat_map(|one| one.timestamps.iter().zip(&one.values));
        let mut last = 0;
        for (&timestamp, &value) in pairs {
            let sequence = ledger.sequence(timestamp);
            let right =
                sequence.is_some_and(|n| n == last + 1 && Ledger::value(series, n) == value);
            if !right {
                return Some(format!(
                    "{} holds {value} at {timestamp}, behind frame {last}",
                    metric(series)
                ));
            }
            last = sequence.unwrap_or(last);
        }
        if last < whole {
            return Some(format!("{} ends with frame {last}, {whole} were whole", metric(series)));
        }
    }
    None
}
