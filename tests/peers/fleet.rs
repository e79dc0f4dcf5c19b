//! Ten thousand agents at once, each on a connection of its own, at their real pace: what the
//! collector uses, and how long acknowledgements take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::Token;
use headroom_agent::uplink::WireClient;
use headroom_proto::wire::Frame;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::load::{Host, SERIES_PER_HOST, Signal, now_ms};
use crate::process::{self, Memory};
use crate::{collector, stream, table};

const AGENTS: usize = 10_000;
const MINUTES: f64 = 5.0;

/// Two made-up hosts make one agent.
const SERIES_PER_AGENT: usize = 2 * SERIES_PER_HOST;

const INTERVAL: Duration = Duration::from_secs(10);

/// How many agents connect at the same time.
const CONNECTING: usize = 100;

/// How long after the last agent has connected the measured time begins.
const WARM_UP: Duration = Duration::from_secs(20);

/// Connections of one side, and files beside.
const FILES_BESIDE: u64 = 1_000;

/// How long frames took from being sent to being acknowledged.
type Delays = Vec<Duration>;

/// What the collector used.
struct Usage {
    cores: f64,
    memory: Memory,
    delays: Delays,
}

pub fn compare() -> anyhow::Result<()> {
    let (agents, minutes) = size()?;
    raise_file_limit(agents as u64 + FILES_BESIDE)?;
    println!("{agents} agents, {SERIES_PER_AGENT} series each, every 10 s, for {minutes} minutes");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut usage = run(&runtime, agents, Duration::from_secs_f64(minutes * 60.0))?;
    usage.delays.sort_unstable();
    let last = usage.delays.len().checked_sub(1).context("no frame was acknowledged")?;
    let (p99, most) = (usage.delays[last * 99 / 100], usage.delays[last]);
    let late = usage.delays.iter().filter(|delay| **delay > INTERVAL).count();
    let gib = |mib: f64| mib / 1024.0;
    let resident = gib(usage.memory.resident_mib);
    let row = |name: &str, value: String, aim: String| vec![name.to_owned(), value, aim];
    let seconds = |delay: Duration| format!("{:.3}", delay.as_secs_f64());
    println!();
    table::print(
        &["collector", "measured", "aim"],
        &[
            row(
                "CPU, cores",
                format!("{:.3}", usage.cores),
                table::aim("0.25 or less", usage.cores <= 0.25),
            ),
            row(
                "resident, GiB",
                format!("{resident:.2}"),
                table::aim("1.5 or less", resident <= 1.5),
            ),
            row("resident, peak, GiB", format!("{:.2}", gib(usage.memory.peak_mib)), String::new()),
            row("frames acknowledged", usage.delays.len().to_string(), String::new()),
            row("acknowledged after, p99, s", seconds(p99), String::new()),
            row("acknowledged after, most, s", seconds(most), String::new()),
            row("frames late by more than 10 s", late.to_string(), table::aim("none", late == 0)),
        ],
    );
    Ok(())
}

/// Agents and minutes, from `HEADROOM_FLEET=AGENTS,MINUTES`.
fn size() -> anyhow::Result<(usize, f64)> {
    let Ok(text) = std::env::var("HEADROOM_FLEET") else { return Ok((AGENTS, MINUTES)) };
    let parsed = text.split_once(',').and_then(|(agents, minutes)| {
        let (agents, minutes): (usize, f64) = (agents.parse().ok()?, minutes.parse().ok()?);
        (agents > 0 && minutes > 0.0).then_some((agents, minutes))
    });
    parsed.with_context(|| format!("HEADROOM_FLEET={text}: must be AGENTS,MINUTES"))
}

/// Each connection is a file on either side; the collector inherits the limit.
fn raise_file_limit(files: u64) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= files) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|maximum| maximum.max(files));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum });
    raised.with_context(|| format!("failed to allow {files} open files"))
}

fn run(
    runtime: &tokio::runtime::Runtime,
    agents: usize,
    length: Duration,
) -> anyhow::Result<Usage> {
    let folder = TempDir::new()?;
    let instances: Vec<String> = (0..agents).map(|number| format!("host-{number:05}")).collect();
    let collector = collector::start(folder.path(), &instances)?;
    let id = collector.peer.id();
    let usage = runtime.block_on(async {
        let agents = connect_all(&collector.grpc, &collector.tokens).await?;
        let start = Instant::now();
        let begin = start + WARM_UP;
        let end = begin + length;
        let mut running = JoinSet::new();
        for agent in agents {
            running.spawn(agent.run(start, (begin, end)));
        }
        tokio::time::sleep_until(begin.into()).await;
        let before = process::cpu_seconds(id)?;
        tokio::time::sleep_until(end.into()).await;
        let cores = (process::cpu_seconds(id)? - before) / begin.elapsed().as_secs_f64();
        let memory = process::memory(id)?;
        let mut delays = Delays::new();
        while let Some(outcome) = running.join_next().await {
            delays.extend(outcome??);
        }
        anyhow::Ok(Usage { cores, memory, delays })
    })?;
    collector.peer.stop();
    Ok(usage)
}

async fn connect_all(grpc: &str, tokens: &[Token]) -> anyhow::Result<Vec<Agent>> {
    let permits = Arc::new(Semaphore::new(CONNECTING));
    let start = Instant::now();
    let mut connecting = JoinSet::new();
    for (number, token) in tokens.iter().enumerate() {
        let (grpc, token, permits) = (grpc.to_owned(), token.clone(), Arc::clone(&permits));
        connecting.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            Agent::connect(&grpc, &token, number).await
        });
    }
    let mut agents = Vec::with_capacity(tokens.len());
    while let Some(agent) = connecting.join_next().await {
        agents.push(agent??);
    }
    println!("all connected after {:.1} s", start.elapsed().as_secs_f64());
    Ok(agents)
}

/// A simulated agent.
struct Agent {
    wire: WireClient,
    signals: Vec<Signal>,
    /// Where in the interval its rounds lie.
    phase: Duration,
    boot: u64,
}

impl Agent {
    async fn connect(grpc: &str, token: &Token, number: usize) -> anyhow::Result<Self> {
        let boot = number as u64 + 1;
        let mut series = Host::new(number).series;
        // The second half has the same metrics once more, for another unit of the host.
        for mut more in Host::new(AGENTS + number).series {
            more.others.push(("unit", "2".to_owned()));
            series.push(more);
        }
        let mut wire = stream::open(grpc, token, boot).await?;
        wire.define(boot, stream::definitions(&series)).await?;
        let phase = INTERVAL.mul_f64(fastrand::Rng::with_seed(boot).f64());
        let signals = series.into_iter().map(|series| series.signal).collect();
        Ok(Self { wire, signals, phase, boot })
    }

    /// Takes rounds from `start` to `end`; answers the delays of the frames due from `begin` on.
    async fn run(
        mut self,
        start: Instant,
        (begin, end): (Instant, Instant),
    ) -> anyhow::Result<Delays> {
        let mut delays = Delays::new();
        let mut due = start + self.phase;
        for sequence in 1.. {
            if due >= end {
                break;
            }
            tokio::time::sleep_until(due.into()).await;
            let frame = self.round(sequence);
            stream::push(&mut self.wire, frame).await?;
            let acknowledged = stream::acknowledged(&mut self.wire).await?;
            let last = acknowledged.last().map(|range| range.last);
            ensure!(last == Some(sequence), "{last:?} acknowledged, not {sequence}");
            // From when it was due: a client that is late itself counts against the collector.
            if due >= begin {
                delays.push(due.elapsed());
            }
            due += INTERVAL;
        }
        Ok(delays)
    }

    fn round(&mut self, sequence: u64) -> Frame {
        Frame {
            boot: self.boot,
            sequence,
            timestamp_ms: now_ms(),
            ids: (0..self.signals.len() as u32).collect(),
            values: self.signals.iter_mut().map(Signal::next).collect(),
            ..Frame::default()
        }
    }
}
