//! What many series take in memory: half a million active ones, one sample each 10 s for 10
//! minutes, by the same remote writes.

use std::time::{Duration, Instant};

use prost::bytes::Bytes;
use tempfile::TempDir;

use crate::load::{self, SERIES_PER_HOST, STEP_MS, Times};
use crate::peer::Peer;
use crate::process::Memory;
use crate::{collector, option, process, remote_write, table, victoria};

const HOSTS: usize = 10_000;

const SERIES: usize = HOSTS * SERIES_PER_HOST;

/// Ten minutes.
const TICKS: usize = 60;

const LANES: usize = 4;

/// How long a store is left alone before it is looked at.
const IDLE: Duration = Duration::from_secs(10);

pub fn compare() -> anyhow::Result<()> {
    let runs = option::runs()?;
    // As fast as they are taken, unless a speed-up over real time is asked for.
    let pace = option::number("HEADROOM_SPEED_UP", f64::INFINITY);
    let pace = Duration::from_secs_f64(STEP_MS as f64 / 1e3 / pace?);
    println!("{SERIES} series, {TICKS} samples each");
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for run in 1..=runs {
        let measured = |memory: Memory, name: &str| {
            let Memory { resident_mib, peak_mib } = memory;
            println!("run {run} of {runs}: {name}: {resident_mib:.0} MiB, peak {peak_mib:.0} MiB");
            memory
        };
        let folder = TempDir::new()?;
        let peer = victoria::start(folder.path())?;
        theirs.push(measured(measure(peer, pace)?, "VictoriaMetrics"));
        let folder = TempDir::new()?;
        let peer = collector::start(folder.path(), &[])?.peer;
        ours.push(measured(measure(peer, pace)?, "Headroom"));
    }
    let row = |name: &str, pick: fn(&Memory) -> f64| {
        let (theirs, ours) = (theirs.iter().map(pick), ours.iter().map(pick));
        let (theirs, ours) = (table::median(theirs), table::median(ours));
        let mib = |value: f64| format!("{value:.0}");
        vec![
            name.to_owned(),
            mib(theirs),
            mib(ours),
            format!("{:.2}", ours / theirs),
            String::new(),
        ]
    };
    let mut rows = [
        row("resident, after 10 s without writes", |memory| memory.resident_mib),
        row("resident, peak", |memory| memory.peak_mib),
    ];
    let is_met = rows[0][3].parse::<f64>()? <= 1.0;
    rows[0][4] = table::aim("1 or less", is_met);
    println!();
    table::print(&["MiB, median", "VictoriaMetrics", "Headroom", "ratio", "aim"], &rows);
    Ok(())
}

fn measure(peer: Peer, pace: Duration) -> anyhow::Result<Memory> {
    let writes = load::remote_writes(load::hosts(HOSTS), Times::until_now(TICKS), LANES);
    let each_tick = SERIES.div_ceil(remote_write::BATCH * LANES);
    let lanes = writes.into_iter().map(|lane| paced(lane, each_tick, pace)).collect();
    remote_write::send(&peer, lanes)?;
    std::thread::sleep(IDLE);
    let memory = process::memory(peer.id());
    peer.check_taken(TICKS * SERIES)?;
    peer.stop();
    memory
}

/// Holds back requests so that `each_tick` of them go in a time of `pace`.
fn paced(
    lane: impl Iterator<Item = Bytes> + Send,
    each_tick: usize,
    pace: Duration,
) -> impl Iterator<Item = Bytes> + Send {
    let start = Instant::now();
    lane.enumerate().map(move |(number, request)| {
        let due = start + pace * (number / each_tick) as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        request
    })
}
