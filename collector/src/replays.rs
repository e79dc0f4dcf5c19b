//! `headroom rules replay`: rules are evaluated over what a data directory holds, moment by moment, so that
//! whoever writes one sees when it would have fired.

mod told;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use headroom_proto::units::Span;
use jiff::tz::TimeZone;

use self::told::{Course, Told};
use crate::client::{Moment, parse_step};
use crate::clock::now_ms;
use crate::configuration::RuleFiles;
use crate::rules::{Book, Kind, Mistakes, Surroundings, Tick};
use crate::samples::{Budget, Limits, Memory, Merged, Pool, Stop, Without};
use crate::store::{Store, StoreError};

/// Of what the rules themselves find, so much is remembered, in milliseconds.
const REMEMBERED_MS: i64 = 86_400_000;

/// How often what is older is forgotten, in milliseconds.
const FORGOTTEN_MS: i64 = 3_600_000;

/// The most moments of one group.
const MOMENTS: i64 = 3_000_000;

/// What one evaluation may take.
const LIMITS: Limits = Limits { samples: 50_000_000, series: 100_000, bytes: 256 << 20 };

/// What is asked for.
#[derive(Debug, Args)]
pub struct Replay {
    /// Files of rules, or patterns of them; those that come along if there are none.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A data directory that no collector uses: a snapshot of it, above all.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The first moment: RFC 3339, Unix seconds, or before now such as -30d.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Moment,
    /// The last.
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    to: Moment,
    /// How often rules are looked at: as often as their groups say, or less often if this is longer.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = parse_step)]
    step: Span,
    /// The alert that is told of; all if it is not given.
    #[arg(long, value_name = "NAME")]
    alert: Option<String>,
    /// The zone of the moments that are told.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<TimeZone>,
}

fn zone(text: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(text).map_err(|_| "must be a zone of the IANA database, such as Europe/Berlin")
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The rules cannot be read.
    #[error("{0}")]
    Rules(#[from] Mistakes),
    /// The data directory cannot be opened.
    #[error("failed to open the data directory {}; of a running collector, `headroom snapshot` makes a copy", path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<StoreError>,
    },
    /// There is none.
    #[error("there is no data directory {}", .0.display())]
    Missing(PathBuf),
    /// It ends before it begins.
    #[error("--from must be earlier than --to")]
    Backwards,
    /// It would take for ever.
    #[error("--from, --to and --step make {0} moments; at most {MOMENTS}")]
    Long(i64),
    /// No rule has that name.
    #[error("no rule alerts of {0}")]
    Alert(String),
}

/// Evaluates the rules; answers with what they would have told.
pub fn run(replay: &Replay) -> Result<String, ReplayError> {
    let now_ms = now_ms();
    let (from_ms, to_ms) = (replay.from.unix_ms(now_ms), replay.to.unix_ms(now_ms));
    if from_ms >= to_ms {
        return Err(ReplayError::Backwards);
    }
    let step_ms = (replay.step.0.as_millis() as i64).max(1000);
    let moments = (to_ms - from_ms) / step_ms;
    if moments > MOMENTS {
        return Err(ReplayError::Long(moments));
    }
    let mut book = Book::default();
    let shipped = replay.files.is_empty();
    let files = RuleFiles { patterns: replay.files.clone(), shipped, ..RuleFiles::default() };
    let mut groups = files.read()?;
    let alerts = |name: &str| {
        groups
            .iter()
            .flat_map(|group| &group.rules)
            .any(|rule| rule.name == name && matches!(rule.kind, Kind::Alerting(_)))
    };
    if let Some(name) = replay.alert.as_ref().filter(|name| !alerts(name)) {
        return Err(ReplayError::Alert(name.clone()));
    }
    for group in &mut groups {
        group.interval_ms = group.interval_ms.max(step_ms);
    }
    book.replace(groups);
    let store = open(&replay.data)?;
    let mut played = Played { book, store, found: Memory::default(), told: Told::default() };
    played.play(Course { from_ms, to_ms });
    let zone = replay.zone.clone().unwrap_or_else(TimeZone::system);
    Ok(played.told.text(Course { from_ms, to_ms }, &zone, replay.alert.as_deref()))
}

fn open(path: &Path) -> Result<Store, ReplayError> {
    // Opening makes a data directory where there is none.
    if !path.join("sealed").is_dir() {
        return Err(ReplayError::Missing(path.to_owned()));
    }
    Store::open(path)
        .map_err(|source| ReplayError::Store { path: path.to_owned(), source: Box::new(source) })
}

struct Played {
    book: Book,
    store: Store,
    /// What the rules have found.
    found: Memory,
    told: Told,
}

impl Played {
    fn play(&mut self, course: Course) {
        // What was found when these rules, or others of the same names, were at work is not used.
        let recorded = self.recorded();
        let mut at_ms = course.from_ms - 1;
        let mut forgotten_ms = course.from_ms;
        while let Some(next_ms) = self.book.next_ms(at_ms).filter(|next| *next <= course.to_ms) {
            at_ms = next_ms;
            for place in self.book.due(at_ms) {
                self.evaluate(place, at_ms, &recorded);
            }
            if at_ms - forgotten_ms >= FORGOTTEN_MS {
                forgotten_ms = at_ms;
                self.found.forget_before(at_ms - REMEMBERED_MS);
            }
        }
        self.told.end(course.to_ms);
    }

    /// The names of all series that the rules write.
    fn recorded(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            [crate::rules::ALERTS, crate::rules::ALERTS_FOR_STATE].map(str::to_owned).into();
        for report in self.book.reports() {
            let rules = report.definition.rules.iter();
            let recording = rules.filter(|rule| matches!(rule.kind, Kind::Recording));
            names.extend(recording.map(|rule| rule.name.clone()));
        }
        names
    }

    fn evaluate(&mut self, place: usize, at_ms: i64, recorded: &BTreeSet<String>) {
        let Some(group) = self.book.group(place).cloned() else { return };
        let budget = Budget::new(LIMITS, Pool::new(LIMITS.bytes), Stop::default());
        let surroundings =
            Surroundings { external_labels: Arc::default(), external_url: String::new() };
        let stored = Without { samples: &self.store, metrics: recorded };
        let tick = Tick {
            samples: &Merged { first: &self.found, second: &stored },
            budget: &budget,
            at_ms,
            surroundings: &surroundings,
            stopwatch: &|| 0.0,
        };
        let outcome = group.evaluate(&tick);
        for written in outcome.written {
            self.found.put(&written.labels, written.at_ms, written.value);
        }
        self.told.see(&outcome.report, at_ms);
    }
}
