//! A disk that is full: nothing is acknowledged that is not on it, reading goes on, and so does
//! writing when there is room again.

use std::time::Duration;

use super::load::Shared;
use super::pings::places;
use super::verify::{Verdict, verify};
use super::writers::Writers;
use crate::collector::{CollectorOptions, CollectorProgram};
use crate::small_disk::SmallDisk;
use crate::wait::eventually;

const PATIENCE: Duration = Duration::from_secs(90);

/// What came of it.
#[derive(Debug)]
pub struct FullDisk {
    /// What the writers were told.
    pub refusals: Vec<String>,
    /// What the log says.
    pub log: String,
    /// Read while the disk was full.
    pub full: Verdict,
    /// Samples acknowledged after there was room again, without a restart.
    pub after: u64,
    /// Read at the end, after a restart.
    pub end: Verdict,
}

/// Fills a collector's disk while writers push.
pub async fn full_disk(store: &str) -> FullDisk {
    let disk = SmallDisk::new("size=96m");
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        store: store.to_owned(),
        more: places(&["ca1".into()]),
        directory: Some(disk.path().join("data")),
        ..CollectorOptions::default()
    })
    .await;
    let writers = Writers::start(&collector, &["ca1".into()]);
    let ledgers = writers.ledgers();
    let samples = || ledgers.iter().map(|ledger| ledger.now().samples()).sum::<u64>();
    eventually("samples arrive", PATIENCE, async || (samples() > 2_000).then_some(())).await;
    let filler = disk.fill(64 << 10);
    let mut quiet = (0, 0);
    eventually("nothing is acknowledged any more", PATIENCE, async || {
        quiet = if quiet.0 == samples() { (quiet.0, quiet.1 + 1) } else { (samples(), 0) };
        let told = ledgers.iter().all(|ledger| ledger.now().failure.is_some());
        (quiet.1 > 20 && told).then_some(())
    })
    .await;
    let refusals = ledgers.iter().filter_map(|ledger| ledger.now().failure).collect();
    let mut full = Verdict::default();
    for ledger in ledgers.iter().map(Shared::now) {
        full += verify(&collector.http(""), &ledger, 1).await;
    }
    std::fs::remove_file(filler).expect("our own file");
    let before = samples();
    let grown = async || {
        let still = collector.log().contains("takes no more writes");
        (samples() > before + 1_000 || still).then_some(())
    };
    eventually("writing goes on, or says why not", PATIENCE, grown).await;
    let after = samples() - before;
    if after == 0 {
        collector.kill();
        collector.start_again().await;
    }
    let (ledgers, never) = writers.finish().await;
    assert_eq!(never, Vec::<String>::new(), "{}", collector.log());
    collector.kill();
    collector.start_again().await;
    let mut end = Verdict::default();
    for ledger in &ledgers {
        end += verify(&collector.http(""), ledger, 1).await;
    }
    collector.terminate();
    FullDisk { refusals, log: collector.log(), full, after, end }
}
