//! What all attacks stand on: a collector of their own, HTTP without a client's manners, and what a
//! process costs.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use harness::by_hand::{ByHand, series};
use harness::{CollectorOptions, CollectorProgram};
use headroom_proto::wire::Frame;
use headroom_proto::wire::agent_message::Message as Up;

/// How long an answer may take before nobody waits any more.
const PATIENCE: Duration = Duration::from_secs(40);

/// The most that is read of an answer.
const MOST_BYTES: u64 = 64 << 20;

/// The run of an agent by hand.
pub const BOOT: u64 = 42;

/// One attack.
pub struct Attack {
    /// What is done.
    pub what: &'static str,
    /// What must hold all the same.
    pub must: &'static str,
    /// Does it.
    pub run: fn() -> anyhow::Result<Finding>,
}

/// What came of an attack.
pub struct Finding {
    /// Whether what must hold did.
    pub holds: bool,
    /// What happened.
    pub happened: String,
}

impl Finding {
    pub fn of(holds: bool, happened: impl Into<String>) -> Self {
        Self { holds, happened: happened.into() }
    }
}

/// A collector that knows the agent `ca1`, with more of its configuration.
pub fn collector(options: CollectorOptions) -> anyhow::Result<CollectorProgram> {
    let instances = vec!["ca1".to_owned()];
    wait_for(CollectorProgram::start(CollectorOptions { instances, ..options }))
}

/// Runs what waits.
pub fn wait_for<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work))
}

/// A request as it goes out.
#[derive(Clone, Copy, Default)]
pub struct Request<'r> {
    /// `GET` if empty.
    pub method: &'r str,
    pub path: &'r str,
    /// Lines of the head; a `Host` that fits is added if there is none.
    pub head: &'r [(&'r str, &'r str)],
    pub body: &'r [u8],
}

/// An answer.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks for a page.
pub fn get(collector: &CollectorProgram, path: &str) -> anyhow::Result<Reply> {
    ask(collector, Request { path, ..Request::default() })
}

/// Sends a request on a connection of its own.
pub fn ask(collector: &CollectorProgram, request: Request<'_>) -> anyhow::Result<Reply> {
    let address = address(collector)?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let method = if request.method.is_empty() { "GET" } else { request.method };
    let own = [("connection", "close"), ("host", &*address.to_string())];
    let has_host = request.head.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let lines = own[..if has_host { 1 } else { 2 }].iter().chain(request.head);
    let lines: String = lines.map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    let (path, length) = (request.path, request.body.len());
    let head = format!("{method} {path} HTTP/1.1\r\n{lines}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    // Who is refused early may find the connection closed.
    let _ = stream.write_all(request.body);
    let mut answer = Vec::new();
    let read = stream.take(MOST_BYTES).read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer[..answer.len().min(64)]).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no answer: {:?} {text:?}", read.err()))?;
    let end =
        answer.windows(4).position(|part| part == b"\r\n\r\n").map_or(answer.len(), |p| p + 4);
    Ok(Reply { status, body: answer.split_off(end) })
}

/// Where it serves pages.
pub fn address(collector: &CollectorProgram) -> anyhow::Result<SocketAddr> {
    Ok(collector.http("").trim_start_matches("http://").parse()?)
}

/// Where it serves agents.
pub fn grpc_address(collector: &CollectorProgram) -> anyhow::Result<SocketAddr> {
    Ok(collector.grpc().trim_start_matches("http://").parse()?)
}

/// Fails unless it still answers.
pub fn check_alive(collector: &CollectorProgram) -> anyhow::Result<()> {
    let reply = get(collector, "/-/healthy").context("the collector has ended")?;
    ensure!(reply.status == 200, "/-/healthy answers {}", reply.status);
    Ok(())
}

/// What it counts under that name and those labels.
pub fn count(collector: &CollectorProgram, name: &str) -> anyhow::Result<Option<f64>> {
    let text = get(collector, "/metrics")?.text();
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let values = lines.filter_map(|rest| rest.rsplit_once(' ')?.1.parse::<f64>().ok());
    let values: Vec<f64> = values.collect();
    Ok((!values.is_empty()).then(|| values.iter().sum()))
}

/// How long it takes to end when it is told to.
pub fn end(collector: &mut CollectorProgram) -> Duration {
    let start = Instant::now();
    collector.terminate();
    start.elapsed()
}

pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as i64
}

/// The label that makes an interface one that leads out of the host; the other series have it, too.
pub const KIND: (&str, &str) = ("kind", "physical");

/// A stream of the agent `ca1` that has defined series, by metric and one label.
pub async fn agent(
    collector: &CollectorProgram,
    metrics: &[(&str, &str, &str)],
) -> anyhow::Result<ByHand> {
    let stream = ByHand::welcomed(&collector.grpc(), &collector.token("ca1").secret, BOOT).await?;
    let labels: Vec<[(&str, &str); 3]> =
        metrics.iter().map(|(_, name, value)| [("job", "node"), KIND, (*name, *value)]).collect();
    let definitions: Vec<_> = (0..)
        .zip(metrics)
        .zip(&labels)
        .map(|((id, (metric, ..)), l)| (id, *metric, &l[..]))
        .collect();
    stream.send(series(BOOT, &definitions)).await?;
    Ok(stream)
}

/// A frame of those values, for the first series that were defined.
pub fn frame(sequence: u64, timestamp_ms: i64, values: Vec<f64>) -> Up {
    let ids = (0..values.len() as u32).collect();
    Up::Frame(Frame { boot: BOOT, sequence, timestamp_ms, ids, values, ..Frame::default() })
}

/// Writes frames and waits until each is answered; tells how many were acknowledged.
pub async fn push(stream: &mut ByHand, frames: Vec<Up>) -> anyhow::Result<u64> {
    use headroom_proto::wire::collector_message::Message as Down;
    let mut acknowledged = 0;
    for frame in frames {
        stream.send(frame).await?;
        loop {
            match stream.answer().await? {
                Down::Acknowledgement(answer) => {
                    let frames = answer.frames.iter().map(|range| range.last - range.first + 1);
                    acknowledged += frames.sum::<u64>();
                    break;
                }
                Down::Refusal(refusal) if refusal.whole_frame => break,
                Down::Refusal(_) | Down::Welcome(_) | Down::Settings(_) => {}
            }
        }
    }
    Ok(acknowledged)
}
