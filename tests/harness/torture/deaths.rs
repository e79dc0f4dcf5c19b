//! Sudden deaths at random moments, also within recovery, while writers push through both doors.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::load::{Ledger, Shared};
use super::pings::places;
use super::random::Random;
use super::serving::{self, Start};
use super::verify::{Verdict, verify};
use super::writers::Writers;
use crate::collector::{CollectorOptions, CollectorProgram};
use crate::program::binaries;

/// The longest life between two deaths.
const LONGEST_LIFE_MS: u64 = 600;
/// The longest life of a start that is killed before it answers.
const LONGEST_RECOVERY_MS: u64 = 60;
/// One death in so many comes during recovery.
const RECOVERY_DEATHS: u64 = 5;
/// One life in so many sees a snapshot.
const SNAPSHOT_LIVES: u64 = 4;
/// What is read after each restart: so many of the newest frames.
const RECENT: u64 = 200;
/// Everything is read after so many deaths, and at the end.
const WHOLE_EACH: u32 = 40;

/// How to torture.
#[derive(Debug, Clone)]
pub struct DeathOptions {
    /// How often it dies.
    pub kills: u32,
    /// Of chance.
    pub seed: u64,
    /// Writers through gRPC.
    pub agents: usize,
    /// Keys of `[store]`.
    pub store: String,
}

/// What came of it.
pub struct Deaths {
    /// Deaths, those during recovery among them.
    pub kills: u32,
    /// Those during recovery.
    pub in_recovery: u32,
    /// At the end, of all that was ever acknowledged.
    pub verdict: Verdict,
    /// The worst of what was read after the restarts in between.
    pub between: Verdict,
    /// Read from the newest snapshot that ended well, if any did.
    pub copied: Option<Verdict>,
    /// What the collector counted in its last life.
    pub counters: Vec<(String, u64)>,
    /// What was right and refused as a whole.
    pub refused: Vec<String>,
    /// What each writer had acknowledged at the last death.
    pub at_death: Vec<Ledger>,
    /// What each writer had acknowledged in the end.
    pub ledgers: Vec<Ledger>,
    /// The data directory as the last death left it, in `data`.
    pub killed: TempDir,
    /// As a good end left it, in `data`.
    pub settled: TempDir,
}

/// Kills a collector again and again.
pub async fn deaths(options: &DeathOptions) -> Deaths {
    let instances: Vec<String> = (0..options.agents).map(|n| format!("host-{n}")).collect();
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: instances.clone(),
        store: options.store.clone(),
        more: places(&instances),
        ..CollectorOptions::default()
    })
    .await;
    let writers = Writers::start(&collector, &instances);
    let ledgers = writers.ledgers();

    let mut random = Random::new(options.seed);
    let (mut in_recovery, mut between) = (0, Verdict::default());
    let mut newest: Option<Snapshot> = None;
    for kill in 1..=options.kills {
        let recovering = random.below(RECOVERY_DEATHS) == 0;
        let life_ms = random.below(if recovering { LONGEST_RECOVERY_MS } else { LONGEST_LIFE_MS });
        if recovering {
            in_recovery += 1;
            collector.kill();
            collector.launch();
        }
        let snapshot = (!recovering && random.below(SNAPSHOT_LIVES) == 0)
            .then(|| Snapshot::begin(&collector, ledgers));
        // The moment of a death is what chance decides here.
        tokio::time::sleep(Duration::from_millis(life_ms)).await;
        collector.kill();
        newest = snapshot.and_then(Snapshot::end).or(newest);
        collector.start_again().await;
        for ledger in ledgers {
            let ledger = ledger.now();
            let first = if kill % WHOLE_EACH == 0 { 1 } else { ledger.sent.saturating_sub(RECENT) };
            between += verify(&collector.http(""), &ledger, first).await;
        }
        if !between.is_whole() {
            break;
        }
    }
    collector.kill();
    let data = collector.data();
    let killed = serving::copy(&data);
    let at_death = ledgers.iter().map(Shared::now).collect();
    collector.start_again().await;
    let (ledgers, refused) = writers.finish().await;
    let mut verdict = Verdict::default();
    for ledger in &ledgers {
        verdict += verify(&collector.http(""), ledger, 1).await;
    }
    let counters = counters(&collector).await;
    collector.terminate();
    let copied = match newest {
        Some(snapshot) => Some(snapshot.read().await),
        None => None,
    };
    let settled = serving::copy(&data);
    Deaths {
        kills: options.kills,
        in_recovery,
        verdict,
        between,
        copied,
        counters,
        refused,
        at_death,
        ledgers,
        killed,
        settled,
    }
}

/// A snapshot that is made while its collector may die.
struct Snapshot {
    folder: TempDir,
    child: Child,
    /// What was acknowledged before it began.
    ledgers: Vec<Ledger>,
}

impl Snapshot {
    fn begin(collector: &CollectorProgram, ledgers: &[Shared]) -> Self {
        let ledgers = ledgers.iter().map(Shared::now).collect();
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(binaries().join("headroom"));
        command.arg("snapshot").arg(folder.path().join("data"));
        command.arg("--url").arg(collector.http("")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("headroom starts");
        Self { folder, child, ledgers }
    }

    /// Itself, if it ended well.
    fn end(mut self) -> Option<Self> {
        self.child.wait().expect("our own child").success().then_some(self)
    }

    async fn read(self) -> Verdict {
        let mut verdict = Verdict::default();
        match serving::start(self.folder.path(), "").await {
            Start::Ended(_, told) => verdict.first = Some(told),
            Start::Serving(program, address) => {
                for ledger in &self.ledgers {
                    verdict += verify(&address, ledger, 1).await;
                }
                program.kill();
            }
        }
        verdict
    }
}

/// What the collector says of its store.
async fn counters(collector: &CollectorProgram) -> Vec<(String, u64)> {
    let body = crate::wait::fetch(&collector.http("/metrics")).await.unwrap_or_default().1;
    let text = String::from_utf8_lossy(&body).into_owned();
    let line = |line: &str| {
        let (name, value) = line.strip_prefix("headroom_store_")?.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

impl Deaths {
    /// The data directories that were left behind: in words, where, and what they must hold.
    pub fn left(&self) -> [(&'static str, PathBuf, &[Ledger]); 2] {
        [
            ("after a death", self.killed.path().join("data"), &self.at_death),
            ("at rest", self.settled.path().join("data"), &self.ledgers),
        ]
    }
}
