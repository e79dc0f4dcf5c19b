//! What a sample costs to take in: CPU time of the whole process, from before the first request
//! until everything is acknowledged as durable and the process has been idle for a few seconds.
//!
//! Headroom seals small heads here, so that next to no sample is left whose chunk is not paid for.

use std::path::Path;

use anyhow::ensure;
use headroom_proto::wire::Frame;
use prost::bytes::Bytes;
use tempfile::TempDir;

use crate::collector::Collector;
use crate::load::{self, DAY_TICKS, Host, SERIES_PER_HOST, Times};
use crate::peer::Peer;
use crate::{collector, option, process, remote_write, stream, table, victoria};

const HOSTS: usize = 100;

const SAMPLES: usize = HOSTS * SERIES_PER_HOST * DAY_TICKS;

/// The part that must be sealed within the measured time.
const SEALED: f64 = 0.9;

/// How many connections write at once.
const LANES: usize = 4;

/// The same samples in both forms, encoded before anything is measured.
struct Prepared {
    hosts: Vec<Host>,
    frames: Vec<Vec<Frame>>,
    requests: Vec<Vec<Bytes>>,
}

pub fn compare() -> anyhow::Result<()> {
    let runs = option::runs()?;
    let prepared = prepare();
    let bytes: usize = prepared.requests.iter().flatten().map(Bytes::len).sum();
    println!(
        "{SAMPLES} samples of {} series; as remote writes {} MB",
        HOSTS * SERIES_PER_HOST,
        bytes / 1_000_000
    );
    let (mut theirs, mut streams, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=runs {
        let measured = |name: &str, cost: f64| {
            let rate = rate(cost);
            println!("run {run} of {runs}: {name}: {rate:.2} million samples a CPU second");
            cost
        };
        theirs.push(measured("VictoriaMetrics, remote write", victoria_writes(&prepared)?));
        streams.push(measured("Headroom, gRPC", headroom_streams(&prepared)?));
        writes.push(measured("Headroom, remote write", headroom_writes(&prepared)?));
    }
    let base = table::median(theirs);
    let row = |name: &str, cost: f64, aim: Option<f64>| {
        let ratio = base / cost;
        let aim = aim.map(|aim| table::aim(&format!("{aim:.1} or more"), ratio >= aim));
        vec![
            name.to_owned(),
            format!("{:.3}", rate(cost)),
            format!("{ratio:.2}"),
            aim.unwrap_or_default(),
        ]
    };
    println!();
    table::print(
        &["whole process, durable, median", "million samples a CPU second", "ratio", "aim"],
        &[
            row("VictoriaMetrics, remote write", base, None),
            row("Headroom, gRPC, 100 agents", table::median(streams), Some(3.0)),
            row("Headroom, the same remote writes", table::median(writes), Some(1.3)),
        ],
    );
    Ok(())
}

/// Million samples a second of CPU time.
fn rate(cpu_seconds: f64) -> f64 {
    SAMPLES as f64 / 1e6 / cpu_seconds
}

fn prepare() -> Prepared {
    let times = Times::last_day();
    let hosts = load::hosts(HOSTS);
    let lanes = load::remote_writes(hosts.clone(), times, LANES);
    let requests = lanes.into_iter().map(Iterator::collect).collect();
    let frames = hosts.iter().map(|host| frames(host.clone(), times)).collect();
    Prepared { hosts, frames, requests }
}

/// A host's samples as its agent would send them.
fn frames(mut host: Host, times: Times) -> Vec<Frame> {
    let frame = |(sequence, timestamp_ms)| Frame {
        boot: 1,
        sequence,
        timestamp_ms,
        ids: (0..host.series.len() as u32).collect(),
        values: host.series.iter_mut().map(|series| series.signal.next()).collect(),
        ..Frame::default()
    };
    (1..).zip(times.all()).map(frame).collect()
}

fn victoria_writes(prepared: &Prepared) -> anyhow::Result<f64> {
    let folder = TempDir::new()?;
    let peer = victoria::start(folder.path())?;
    let cost = writes(prepared, &peer)?;
    peer.stop();
    Ok(cost)
}

fn headroom_writes(prepared: &Prepared) -> anyhow::Result<f64> {
    let folder = TempDir::new()?;
    let collector = start(folder.path(), &[])?;
    let cost = writes(prepared, &collector.peer)?;
    check_sealed(&collector.peer)?;
    collector.peer.stop();
    Ok(cost)
}

fn writes(prepared: &Prepared, peer: &Peer) -> anyhow::Result<f64> {
    let before = process::cpu_seconds(peer.id())?;
    let lanes = prepared.requests.iter().map(|lane| lane.iter().cloned()).collect();
    remote_write::send(peer, lanes)?;
    process::wait_until_idle(peer.id())?;
    let cost = process::cpu_seconds(peer.id())? - before;
    peer.check_taken(SAMPLES)?;
    Ok(cost)
}

fn headroom_streams(prepared: &Prepared) -> anyhow::Result<f64> {
    let folder = TempDir::new()?;
    let instances: Vec<String> = prepared.hosts.iter().map(|host| host.instance.clone()).collect();
    let collector = start(folder.path(), &instances)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let before = process::cpu_seconds(collector.peer.id())?;
    runtime.block_on(async {
        let mut agents = tokio::task::JoinSet::new();
        for ((host, frames), token) in
            prepared.hosts.iter().zip(&prepared.frames).zip(&collector.tokens)
        {
            let (grpc, token) = (collector.grpc.clone(), token.clone());
            let (series, frames) = (host.series.clone(), frames.clone());
            agents.spawn(async move {
                let mut wire = stream::open(&grpc, &token, 1).await?;
                wire.define(1, stream::definitions(&series)).await?;
                for frame in frames {
                    stream::push(&mut wire, frame).await?;
                }
                stream::settle(&mut wire).await
            });
        }
        while let Some(outcome) = agents.join_next().await {
            outcome??;
        }
        anyhow::Ok(())
    })?;
    process::wait_until_idle(collector.peer.id())?;
    let cost = process::cpu_seconds(collector.peer.id())? - before;
    collector.peer.check_taken(SAMPLES)?;
    check_sealed(&collector.peer)?;
    collector.peer.stop();
    Ok(cost)
}

fn start(folder: &Path, instances: &[String]) -> anyhow::Result<Collector> {
    collector::start_with(folder, instances, "head_bytes = '32 MiB'")
}

fn check_sealed(peer: &Peer) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sealed = runtime.block_on(peer.metric("headroom_store_sealed_samples_total"))?;
    ensure!(sealed >= SEALED * SAMPLES as f64, "only {sealed} of {SAMPLES} samples are sealed");
    Ok(())
}
