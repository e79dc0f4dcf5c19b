//! What a sample takes on disk: the whole data directory in allocated blocks, as `du` counts them,
//! once everything is merged and the process has ended.
//!
//! One run: the same samples take the same space each time.

use prost::bytes::Bytes;
use tempfile::TempDir;

use crate::load::{self, DAY_TICKS, SERIES_PER_HOST, Times};
use crate::recording::Recording;
use crate::{collector, option, process, prometheus, remote_write, table, victoria};

const HOSTS: usize = 100;

/// How long this host is recorded, unless `HEADROOM_MINUTES` says otherwise.
const MINUTES: f64 = 60.0;

/// Bytes of the data directories.
struct Sizes {
    victoria: u64,
    prometheus: u64,
    headroom: u64,
}

pub fn compare() -> anyhow::Result<()> {
    let minutes = option::number("HEADROOM_MINUTES", MINUTES)?.ceil() as usize;
    let day = HOSTS * SERIES_PER_HOST * DAY_TICKS;
    let times = Times::last_day();
    println!("{HOSTS} made-up hosts, a day at 10 s: {day} samples");
    // On one connection: Prometheus refuses what is an hour older than the newest.
    let made_up = sizes(day, || load::remote_writes(load::hosts(HOSTS), times, 1))?;
    let recording = Recording::of_minutes(minutes)?;
    let (samples, series) = (recording.samples(), recording.series());
    println!("this host, {minutes} minutes at 1 s: {samples} samples of {series} series");
    let own = sizes(samples, || vec![recording.remote_writes()])?;
    let row = |name: String, samples: usize, sizes: &Sizes| {
        let each = |bytes: u64| format!("{:.3}", bytes as f64 / samples as f64);
        let ratio = sizes.headroom as f64 / sizes.victoria as f64;
        vec![
            name,
            each(sizes.prometheus),
            each(sizes.victoria),
            each(sizes.headroom),
            format!("{ratio:.2}"),
            table::aim("less than 1", ratio < 1.0),
        ]
    };
    println!();
    table::print(
        &["bytes a sample, settled", "Prometheus", "VictoriaMetrics", "Headroom", "ratio", "aim"],
        &[
            row(format!("{HOSTS} hosts, a day at 10 s"), day, &made_up),
            row(format!("this host, {minutes} min at 1 s"), samples, &own),
        ],
    );
    println!(
        "\nAllocated blocks of the whole data directory after the end of the process. \
         VictoriaMetrics and Headroom\nhave merged all they can; Prometheus cannot be told to, and \
         keeps its last hours in its log.\nratio: Headroom to VictoriaMetrics"
    );
    Ok(())
}

/// Gives the samples to each store in turn.
fn sizes<L>(samples: usize, writes: impl Fn() -> Vec<L>) -> anyhow::Result<Sizes>
where
    L: Iterator<Item = Bytes> + Send,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = TempDir::new()?;
    let peer = victoria::start(folder.path())?;
    remote_write::send(&peer, writes())?;
    peer.check_taken(samples)?;
    runtime.block_on(victoria::settle(&peer))?;
    let victoria = process::disk_bytes(&peer.stop())?;

    let folder = TempDir::new()?;
    let peer = prometheus::start(folder.path())?;
    remote_write::send(&peer, writes())?;
    peer.check_taken(samples)?;
    process::wait_until_idle(peer.id())?;
    let prometheus = process::disk_bytes(&peer.stop())?;

    let folder = TempDir::new()?;
    let peer = collector::start(folder.path(), &[])?.peer;
    remote_write::send(&peer, writes())?;
    peer.check_taken(samples)?;
    let data = peer.stop();
    collector::settle(&data)?;
    let headroom = process::disk_bytes(&data)?;
    Ok(Sizes { victoria, prometheus, headroom })
}
