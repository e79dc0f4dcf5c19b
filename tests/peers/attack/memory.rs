//! Questions, pictures and writes that want more memory than there is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use harness::remote_write::{WriteRequest, WrittenLabel, WrittenSample, WrittenSeries};
use harness::{CollectorOptions, CollectorProgram};
use prost::Message;

use super::ground::{
    Attack, Finding, Request, agent, ask, check_alive, collector, end, frame, get, now_ms, push,
    wait_for,
};
use super::questions::escaped;
use crate::process;

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "34 nested label_join on an empty store, then SIGTERM",
        must: "within the pool; ends within 5 s",
        run: nested,
    },
    Attack {
        what: "300 × year.png?scale=3 at once",
        must: "within the pool; 200 or 503; fewer than 100 threads",
        run: pictures,
    },
    Attack {
        what: "four questions of 30 million points at once",
        must: "within the pool; each is answered",
        run: points,
    },
    Attack {
        what: "50 bodies of 32 MB at once",
        must: "within the pool; each is answered",
        run: bodies,
    },
    Attack {
        what: "20 greedy readers, 50 large writers and 300 pictures at once",
        must: "within the pool; acknowledgements p99 ≤ 100 ms; ends within 5 s",
        run: everything,
    },
];

/// What the collector may share, and what may lie beside that, in MiB.
const POOL_MIB: f64 = 256.0;
const BESIDE_MIB: f64 = 128.0;

fn start(head: &str) -> anyhow::Result<CollectorProgram> {
    let more = "[memory]\nshared_bytes = '256 MiB'\n".to_owned();
    collector(CollectorOptions { more, store: head.into(), ..CollectorOptions::default() })
}

/// The most memory that was resident while something was done, beside what was resident before.
fn grown(collector: &CollectorProgram, work: impl FnOnce()) -> anyhow::Result<(f64, u64)> {
    let before = process::memory(collector.id())?.resident_mib;
    let done = AtomicBool::new(false);
    let threads = AtomicU64::new(0);
    scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                threads.fetch_max(process::threads(collector.id()).unwrap_or(0), Ordering::Relaxed);
                sleep(Duration::from_millis(50));
            }
        });
        work();
        done.store(true, Ordering::Relaxed);
    });
    let peak = process::memory(collector.id())?.peak_mib;
    Ok((peak - before, threads.into_inner()))
}

/// Statuses of requests that are made at once, each with how often it came; 0 is none.
fn at_once(count: usize, ask: impl Fn(usize) -> anyhow::Result<u16> + Sync) -> Vec<(u16, usize)> {
    let mut statuses: Vec<u16> = scope(|scope| {
        let ask = &ask;
        let asking: Vec<_> = (0..count).map(|n| scope.spawn(move || ask(n).unwrap_or(0))).collect();
        asking.into_iter().map(|one| one.join().unwrap_or(0)).collect()
    });
    statuses.sort_unstable();
    statuses.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

fn are_fine(statuses: &[(u16, usize)], allowed: &[u16]) -> bool {
    statuses.iter().all(|(status, _)| allowed.contains(status))
}

fn nested() -> anyhow::Result<Finding> {
    let mut collector = start("")?;
    let mut text = "label_replace(vector(1),\"a\",\"x\",\"\",\"\")".to_owned();
    for _ in 0..34 {
        text = format!("label_join({text},\"a\",\"\",\"a\",\"a\")");
    }
    let path = format!("/api/v1/query?query={}", escaped(&text));
    let begin = Instant::now();
    let mut status = 0;
    let (mib, _) = grown(&collector, || status = get(&collector, &path).map_or(0, |r| r.status))?;
    let took = begin.elapsed().as_secs_f64();
    let ended = end(&mut collector).as_secs_f64();
    let holds = mib <= POOL_MIB + BESIDE_MIB && matches!(status, 422 | 503) && ended <= 5.0;
    Ok(Finding::of(
        holds,
        format!("{mib:.0} MiB, {status} after {took:.1} s, ended in {ended:.1} s"),
    ))
}

/// Something to draw, a year of it.
fn with_a_host(collector: &CollectorProgram) -> anyhow::Result<()> {
    let metrics = [
        ("node_network_info", "device", "eth0"),
        ("node_network_transmit_bytes_total", "device", "eth0"),
        ("node_network_receive_bytes_total", "device", "eth0"),
    ];
    wait_for(async {
        let mut stream = agent(collector, &metrics).await?;
        let frames = (0..60).map(|n| {
            let bytes = n as f64 * 1e6;
            frame(n + 1, now_ms() - 900_000 + n as i64 * 10_000, vec![1.0, bytes, bytes / 2.0])
        });
        push(&mut stream, frames.collect()).await
    })??;
    Ok(())
}

fn pictures() -> anyhow::Result<Finding> {
    let collector = start("")?;
    with_a_host(&collector)?;
    let mut statuses = Vec::new();
    let path = "/graphs/ca1/network/year.png?scale=3";
    let (mib, threads) = grown(&collector, || {
        statuses = at_once(300, |_| Ok(get(&collector, path)?.status));
    })?;
    check_alive(&collector)?;
    let fine = are_fine(&statuses, &[200, 503]) && statuses.iter().any(|(s, _)| *s == 200);
    let holds = fine && mib <= POOL_MIB + BESIDE_MIB && threads < 100;
    Ok(Finding::of(holds, format!("{mib:.0} MiB, {threads} threads, answers {statuses:?}")))
}

/// A request with so many series of one name, each with one sample now.
pub fn series(count: usize, instance: impl Fn(usize) -> String) -> Vec<u8> {
    let label = |name: &str, value: String| WrittenLabel { name: name.into(), value };
    let one = |n: usize| WrittenSeries {
        labels: vec![
            label("__name__", "wide".into()),
            label("instance", instance(n)),
            label("job", "attack".into()),
            label("n", n.to_string()),
        ],
        samples: vec![WrittenSample { value: n as f64, timestamp_ms: now_ms() - 1_000 }],
    };
    WriteRequest { series: (0..count).map(one).collect() }.encode_to_vec()
}

/// Sends a request that is not packed yet, as one who may write.
pub fn write(collector: &CollectorProgram, request: &[u8]) -> anyhow::Result<u16> {
    send(collector, &snap::raw::Encoder::new().compress_vec(request)?)
}

fn send(collector: &CollectorProgram, packed: &[u8]) -> anyhow::Result<u16> {
    let authorization = format!("Bearer {}", collector.remote_write().token);
    let head = [
        ("authorization", &*authorization),
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
    ];
    let (method, path) = ("POST", "/api/v1/write");
    Ok(ask(collector, Request { method, path, head: &head, body: packed })?.status)
}

fn points() -> anyhow::Result<Finding> {
    let collector = start("")?;
    anyhow::ensure!(write(&collector, &series(2_800, |_| "web1".into()))? == 204, "not written");
    let end = now_ms() / 1000;
    let text = escaped("last_over_time(wide[1y])");
    let start = end - 10_999;
    let path = format!("/api/v1/query_range?query={text}&start={start}&end={end}&step=1");
    let mut statuses = Vec::new();
    let (mib, _) = grown(&collector, || {
        statuses = at_once(4, |_| Ok(get(&collector, &path)?.status));
    })?;
    check_alive(&collector)?;
    let fine = are_fine(&statuses, &[200, 422, 503]);
    let holds = fine && mib <= POOL_MIB + BESIDE_MIB;
    Ok(Finding::of(holds, format!("{mib:.0} MiB, answers {statuses:?}")))
}

/// A body of 32 MB, packed: a million samples of one series, and what fills it up.
fn large_body() -> anyhow::Result<Vec<u8>> {
    let label = |name: &str, value: &str| WrittenLabel { name: name.into(), value: value.into() };
    let labels = vec![label("__name__", "long"), label("instance", "web1"), label("job", "attack")];
    let sample = |n: i64| WrittenSample { value: 1.0, timestamp_ms: now_ms() - n };
    let series = vec![WrittenSeries { labels, samples: (0..1_000_000).map(sample).collect() }];
    let mut bytes = WriteRequest { series }.encode_to_vec();
    // An unknown field of zeros.
    let left = (32 << 20) - bytes.len() - 8;
    bytes.push(0x7a);
    prost::encoding::encode_varint(left as u64, &mut bytes);
    bytes.resize(bytes.len() + left, 0);
    Ok(snap::raw::Encoder::new().compress_vec(&bytes)?)
}

fn bodies() -> anyhow::Result<Finding> {
    let collector = start("head_bytes = '64 MiB'\n")?;
    let body = large_body()?;
    let mut statuses = Vec::new();
    let (mib, _) = grown(&collector, || {
        statuses = at_once(50, |_| send(&collector, &body));
    })?;
    check_alive(&collector)?;
    // Beside the pool lies what the store may hold: two heads, and a cache.
    let most = POOL_MIB + BESIDE_MIB + 2.0 * 64.0 + 32.0;
    let holds = mib <= most && are_fine(&statuses, &[204, 400, 413, 429, 503]);
    Ok(Finding::of(holds, format!("{mib:.0} MiB, answers {statuses:?}")))
}

fn everything() -> anyhow::Result<Finding> {
    let mut collector = start("head_bytes = '64 MiB'\n")?;
    with_a_host(&collector)?;
    let body = large_body()?;
    let text = escaped("last_over_time(wide[1y])");
    let now = now_ms() / 1000;
    let begin = now - 10_999;
    let question = format!("/api/v1/query_range?query={text}&start={begin}&end={now}&step=1");
    anyhow::ensure!(write(&collector, &series(2_800, |_| "web1".into()))? == 204, "not written");
    let picture = "/graphs/ca1/network/year.png?scale=3";
    let mut statuses = Vec::new();
    let mut waits = Vec::new();
    let (mib, _) = grown(&collector, || {
        let stop = AtomicBool::new(false);
        scope(|scope| {
            let agent = scope.spawn(|| acknowledgements(&collector, &stop));
            statuses = at_once(370, |n| match n % 37 {
                0..2 => Ok(get(&collector, &question)?.status),
                2..7 => send(&collector, &body),
                _ => Ok(get(&collector, picture)?.status),
            });
            stop.store(true, Ordering::Relaxed);
            waits = agent.join().unwrap_or_default();
        });
    })?;
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or(f64::INFINITY);
    let ended = end(&mut collector).as_secs_f64();
    let most = POOL_MIB + BESIDE_MIB + 2.0 * 64.0 + 32.0;
    let fine = are_fine(&statuses, &[200, 204, 400, 413, 422, 429, 503]);
    let holds = fine && mib <= most && p99 <= 100.0 && ended <= 5.0;
    let frames = waits.len();
    Ok(Finding::of(
        holds,
        format!(
            "{mib:.0} MiB, p99 {p99:.0} ms of {frames} frames, ended in {ended:.1} s, {statuses:?}"
        ),
    ))
}

/// How long an agent waits for each acknowledgement, in milliseconds, in order of length.
fn acknowledgements(collector: &CollectorProgram, stop: &AtomicBool) -> Vec<f64> {
    let waits = wait_for(async {
        let metrics = [("node_load1", "a", "b")];
        let mut stream = agent(collector, &metrics).await?;
        let mut waits = Vec::new();
        // Behind the frames that were written before.
        let mut sequence = u64::from(u32::MAX);
        while !stop.load(Ordering::Relaxed) {
            sequence += 1;
            let begin = Instant::now();
            push(&mut stream, vec![frame(sequence, now_ms(), vec![1.0])]).await?;
            waits.push(begin.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(waits)
    });
    let mut waits = waits.ok().and_then(Result::ok).unwrap_or_default();
    waits.sort_by(f64::total_cmp);
    waits
}
