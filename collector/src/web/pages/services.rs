//! What runs on a host, as rows of tables.

use crate::fleet::{Container, Recordings, Services, Unit, lasting};
use crate::graphs::significant;
use crate::web::words;

/// So many containers and units have a row; the others are counted.
const MOST_ROWS: usize = 50;

/// The tables of a host; empty ones are not shown.
pub struct ServiceTables {
    pub units: Vec<UnitRow>,
    pub other_units: usize,
    pub containers: Vec<ContainerRow>,
    pub other_containers: usize,
    pub recordings: Vec<RecordingsRow>,
    /// What waits and what has failed; empty if nothing does.
    pub recordings_said: String,
}

/// A unit of systemd.
pub struct UnitRow {
    pub name: String,
    pub state: String,
    pub well: bool,
    pub runs_for: String,
    pub restarts: String,
}

/// A container.
pub struct ContainerRow {
    pub name: String,
    pub cores: String,
    pub memory: String,
    pub limit: String,
}

/// Recordings of one state.
pub struct RecordingsRow {
    pub state: &'static str,
    pub count: String,
    pub bytes: String,
}

impl ServiceTables {
    /// What there is to say at a moment, Unix time in milliseconds.
    pub fn of(services: &Services, now_ms: i64) -> Self {
        let Services { units, containers, recordings, .. } = services;
        let rest = |count: usize| count.saturating_sub(MOST_ROWS);
        Self {
            units: units.iter().take(MOST_ROWS).map(|unit| UnitRow::of(unit, now_ms)).collect(),
            other_units: rest(units.len()),
            containers: containers.iter().take(MOST_ROWS).map(ContainerRow::of).collect(),
            other_containers: rest(containers.len()),
            recordings: recordings.iter().map(RecordingsRow::of).collect(),
            recordings_said: said(services),
        }
    }
}

impl UnitRow {
    fn of(unit: &Unit, now_ms: i64) -> Self {
        let start = unit.start_seconds.filter(|_| unit.is_well());
        let runs_for = start.map(|start| lasting((now_ms as f64 / 1000.0 - start).max(0.0)));
        Self {
            name: unit.name.clone(),
            state: unit.state.clone(),
            well: unit.is_well(),
            runs_for: runs_for.unwrap_or_else(dash),
            restarts: counted(unit.restarts),
        }
    }
}

impl ContainerRow {
    fn of(container: &Container) -> Self {
        Self {
            name: container.name.clone(),
            cores: container.cores.map_or_else(dash, significant),
            memory: container.memory_bytes.map_or_else(dash, words::bytes),
            limit: container.limit_bytes.map_or_else(dash, words::bytes),
        }
    }
}

impl RecordingsRow {
    fn of(recordings: &Recordings) -> Self {
        Self {
            state: recordings.state,
            count: counted(recordings.count),
            bytes: recordings.bytes.map_or_else(dash, words::bytes),
        }
    }
}

fn said(services: &Services) -> String {
    let waiting = services.waiting_seconds.filter(|seconds| *seconds > 0.0);
    let waiting = waiting
        .map(|seconds| format!("The oldest that waits has waited for {}.", lasting(seconds)));
    let failed = (services.failed > 0.0).then(|| {
        let steps = words::counted(services.failed, "step", "steps");
        format!("{steps} of processing failed and were not tried again.")
    });
    [waiting, failed].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn counted(count: Option<f64>) -> String {
    count.map_or_else(dash, |count| format!("{count:.0}"))
}

fn dash() -> String {
    "–".to_owned()
}
