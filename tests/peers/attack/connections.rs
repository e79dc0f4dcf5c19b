//! Connections that are opened and never used well.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use harness::{CollectorOptions, CollectorProgram};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::ground::{
    Attack, Finding, address, agent, check_alive, collector, frame, get, grpc_address, now_ms,
    push, wait_for,
};
use crate::process;

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "3,000 silent connections to each listener",
        must: "readers and agents are served meanwhile; closed within 90 s",
        run: silent,
    },
    Attack {
        what: "heads and bodies that come byte by byte, and never end",
        must: "closed within 90 s",
        run: slow,
    },
    Attack {
        what: "128 descriptors, 64 silent connections to each listener",
        must: "readers and agents are served",
        run: few_descriptors,
    },
    Attack {
        what: "a soft limit of 1,024 descriptors",
        must: "raised to the hard one, and told at the start",
        run: soft_limit,
    },
    Attack { what: "HTTP/2 without TLS on the port of pages", must: "not spoken", run: http2 },
    Attack {
        what: "2,000 Health/Watch without a token",
        must: "bounded; agents are served meanwhile",
        run: watches,
    },
];

/// As many as this process may hold.
fn open(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let patience = Duration::from_secs(2);
        streams.extend(TcpStream::connect_timeout(&address, patience).ok());
    }
    streams
}

fn raise_own_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Fewer connections are an attack, too.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// How long a reader and an agent wait to be served; none if they are not.
fn served(collector: &CollectorProgram, sequence: u64) -> (Option<Duration>, Option<Duration>) {
    let begin = Instant::now();
    let reader = get(collector, "/api/v1/query?query=up").is_ok_and(|reply| reply.status == 200);
    let reader = reader.then(|| begin.elapsed());
    let begin = Instant::now();
    let pushed = wait_for(async {
        let patience = Duration::from_secs(30);
        tokio::time::timeout(patience, async {
            let mut stream = agent(collector, &[("node_load1", "a", "b")]).await?;
            push(&mut stream, vec![frame(sequence, now_ms(), vec![1.0])]).await
        })
        .await
    });
    let pushed = pushed.is_ok_and(|pushed| pushed.is_ok_and(|p| p.is_ok_and(|count| count == 1)));
    (reader, pushed.then(|| begin.elapsed()))
}

fn milliseconds(waited: Option<Duration>) -> String {
    waited.map_or("never".into(), |waited| format!("{} ms", waited.as_millis()))
}

/// Waits until the process holds at most so many descriptors; how long that took.
fn closed(collector: &CollectorProgram, most: u64) -> Option<Duration> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(90) {
        if process::descriptors(collector.id()).is_ok_and(|open| open <= most) {
            return Some(begin.elapsed());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    None
}

fn silent() -> anyhow::Result<Finding> {
    raise_own_limit();
    let collector = collector(CollectorOptions::default())?;
    let (reader, pushed) = served(&collector, 1);
    anyhow::ensure!(reader.is_some() && pushed.is_some(), "not served before");
    let before = process::descriptors(collector.id())?;
    let mut streams = open(address(&collector)?, 3_000);
    streams.extend(open(grpc_address(&collector)?, 3_000));
    let held = process::descriptors(collector.id())? - before;
    let (reader, pushed) = served(&collector, 2);
    let closed = closed(&collector, before + 20);
    check_alive(&collector)?;
    drop(streams);
    let holds = reader.is_some() && pushed.is_some() && closed.is_some();
    let (reader, pushed) = (milliseconds(reader), milliseconds(pushed));
    let closed = milliseconds(closed);
    Ok(Finding::of(
        holds,
        format!("{held} held, a reader waits {reader}, an agent {pushed}, closed after {closed}"),
    ))
}

fn slow() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let before = process::descriptors(collector.id())?;
    let token = collector.remote_write().token;
    let body = format!(
        "POST /api/v1/write HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-length: 100000\r\n\r\n"
    );
    let form = "POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\nquery=";
    let begins = ["GET / HTTP/1.1\r\nx: ", &body, form];
    let mut streams = open(address(&collector)?, 60);
    for (place, stream) in streams.iter_mut().enumerate() {
        stream.write_all(begins[place % begins.len()].as_bytes())?;
    }
    let begin = Instant::now();
    let mut closed = None;
    while closed.is_none() && begin.elapsed() < Duration::from_secs(90) {
        // Who closes a connection does not take what comes on it.
        streams.retain_mut(|stream| stream.write_all(b"x").is_ok());
        closed = streams.is_empty().then(|| begin.elapsed());
        std::thread::sleep(Duration::from_millis(500));
    }
    check_alive(&collector)?;
    let left = streams.len();
    let descriptors = process::descriptors(collector.id())?;
    let happened = format!(
        "{left} of 60 left, closed after {}, {before} descriptors before, {descriptors} after",
        milliseconds(closed)
    );
    Ok(Finding::of(closed.is_some(), happened))
}

fn few_descriptors() -> anyhow::Result<Finding> {
    let under = ["prlimit", "--nofile=128:128"].map(str::to_owned).into();
    let collector = collector(CollectorOptions { under, ..CollectorOptions::default() })?;
    let mut streams = open(address(&collector)?, 64);
    streams.extend(open(grpc_address(&collector)?, 64));
    let (reader, pushed) = served(&collector, 1);
    drop(streams);
    let holds = reader.is_some() && pushed.is_some();
    let (reader, pushed) = (milliseconds(reader), milliseconds(pushed));
    Ok(Finding::of(holds, format!("a reader waits {reader}, an agent {pushed}")))
}

fn soft_limit() -> anyhow::Result<Finding> {
    let under = ["prlimit", "--nofile=1024:8192"].map(str::to_owned).into();
    let collector = collector(CollectorOptions { under, ..CollectorOptions::default() })?;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", collector.id()))?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let soft = line.split_whitespace().nth(3).unwrap_or_default().to_owned();
    let log = collector.log();
    let told = log.lines().find(|line| line.contains("files may be open")).unwrap_or_default();
    Ok(Finding::of(soft == "8192" && !told.is_empty(), format!("soft limit {soft}; {told:?}")))
}

fn http2() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let mut stream = TcpStream::connect(address(&collector)?)?;
    stream.set_read_timeout(Some(Duration::from_secs(40)))?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")?;
    let mut answer = Vec::new();
    let _ = stream.take(64).read_to_end(&mut answer);
    // The fourth byte of a frame is its kind: 4 for settings, with which a server begins.
    let spoken = answer.get(3) == Some(&4);
    let shown = answer[..answer.len().min(20)].escape_ascii();
    Ok(Finding::of(!spoken, format!("answers \"{shown}\"")))
}

fn watches() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let before = process::memory(collector.id())?.resident_mib;
    let url = collector.grpc();
    let (open, (reader, pushed)) = wait_for(async {
        let mut open = Vec::new();
        for _ in 0..200 {
            let Ok(endpoint) = Channel::from_shared(url.clone()) else { continue };
            let Ok(channel) = endpoint.connect().await else { continue };
            let client = HealthClient::new(channel);
            for _ in 0..10 {
                let request = HealthCheckRequest { service: String::new() };
                let mut client = client.clone();
                let patience = Duration::from_millis(500);
                let watch = tokio::time::timeout(patience, client.watch(request)).await;
                open.extend(watch.ok().and_then(Result::ok));
            }
        }
        let served = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| scope.spawn(|| served(&collector, 1)).join())
        });
        (open.len(), served.unwrap_or_default())
    })?;
    let grown = process::memory(collector.id())?.resident_mib - before;
    let holds = open < 1_000 && reader.is_some() && pushed.is_some();
    let (reader, pushed) = (milliseconds(reader), milliseconds(pushed));
    let happened =
        format!("{open} of 2,000 open, {grown:.0} MiB, a reader waits {reader}, an agent {pushed}");
    Ok(Finding::of(holds, happened))
}
