//! Two namespaces, one of which answers pings after a fraction of a millisecond, and all who ping it at once.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::reflector::{Answered, Fate, How, Pattern, Reflector, address};
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Namespace, Program};
use headroom::store::PathRound;
use tempfile::TempDir;

use super::wire::{Capture, Wire};
use super::{between, kept};

/// Whose targets end in which numbers, the last included.
pub const OURS: (u8, u8) = (1, 20);
pub const FPING: (u8, u8) = (21, 40);
pub const PING: (u8, u8) = (41, 44);
pub const PROBER: (u8, u8) = (51, 70);

/// Answers take up to so long: tools tell a round trip below a millisecond to the microsecond.
const LONGEST_US: u64 = 800;

/// Where smokeping_prober shows its buckets, within the namespace.
const PROBER_AT: &str = "127.0.0.1:9374";

/// How long something may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The ground of one run.
pub struct Ground {
    folder: TempDir,
    namespace: Namespace,
    reflector: Reflector,
}

/// What all of them told.
pub struct Told {
    /// What was on the wire.
    pub wire: Wire,
    /// Our rounds by target.
    pub rounds: Vec<(Ipv4Addr, Vec<PathRound>)>,
    /// Round trips in microseconds in the order of pings.
    pub ping: BTreeMap<Ipv4Addr, Vec<Option<f64>>>,
    pub fping: BTreeMap<Ipv4Addr, Vec<Option<f64>>>,
    /// All that smokeping_prober says of single pings.
    pub prober: Option<Buckets>,
}

/// The sum of a histogram.
#[derive(Debug, Clone, Copy)]
pub struct Buckets {
    pub count: f64,
    pub mean_us: f64,
}

impl Ground {
    pub fn new() -> anyhow::Result<Self> {
        let folder = TempDir::new().context("failed to make a folder")?;
        let namespace = Namespace::new();
        namespace.let_everybody_ping();
        let mut draw = fastrand::Rng::with_seed(1);
        let mut pattern = || -> Pattern {
            let answered = |us| Answered { after: Duration::from_micros(us), how: How::Well };
            (0..97).map(|_| Fate::Answered(answered(draw.u64(0..LONGEST_US)))).collect()
        };
        let patterns = (0..PROBER.1).map(|_| pattern()).collect();
        let reflector = Reflector::start(&namespace, patterns);
        Ok(Self { folder, namespace, reflector })
    }

    /// Lets all of them ping for a time, beside so many loops that take the processor.
    pub fn run(self, time: Duration, loops: usize) -> anyhow::Result<Told> {
        let Self { folder, namespace, reflector } = self;
        let runtime = tokio::runtime::Runtime::new()?;
        let capture = Capture::start(namespace.near("tcpdump"), "eth0", folder.path());
        wait("tcpdump listens", || capture.is_ready())?;
        let targets = addresses(OURS);
        let started = start(&namespace, &targets, AgentOptions::each("1s"));
        let (mut collector, mut agent) = runtime.block_on(started);
        let busy: Vec<Program> = (0..loops)
            .map(|number| {
                let mut command = Command::new("sh");
                command.args(["-c", "while :; do :; done"]);
                Program::start(command, &format!("busy-{number}"), folder.path())
            })
            .collect();
        let others = Others::start(&namespace, &folder, time);
        std::thread::sleep(time);
        let Said { ping, fping, prober } = others.finish(&namespace)?;
        busy.into_iter().for_each(Program::kill);
        agent.terminate();
        collector.terminate();
        let rounds = kept::rounds(&collector.open_store(), "here")?;
        let wire = capture.finish()?;
        drop(reflector);
        Ok(Told { wire, rounds, ping, fping, prober })
    }
}

/// A collector on the near side, and an agent beside it that pings these targets of the datacentre `here`.
pub async fn start(
    namespace: &Namespace,
    targets: &[String],
    options: AgentOptions,
) -> (CollectorProgram, AgentProgram) {
    let more = format!(
        "[[vantages]]\nagent = 'near'\n[[datacentres]]\nname = 'here'\nicmp = {targets:?}\n"
    );
    let under = namespace.near_words();
    let collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["near".into()],
        more,
        under: under.clone(),
        ..CollectorOptions::default()
    });
    let collector = collector.await;
    let agent = AgentProgram::start(&collector, "near", &AgentOptions { under, ..options });
    (collector, agent)
}

/// An agent of which single pings are counted: trains would count beside them.
pub fn without_trains() -> AgentOptions {
    AgentOptions { sections: "[prober]\ntrains = 'off'\n".to_owned(), ..AgentOptions::each("10s") }
}

fn addresses((first, last): (u8, u8)) -> Vec<String> {
    (first..=last).map(|last| address(last).to_string()).collect()
}

pub fn wait(what: &str, mut condition: impl FnMut() -> bool) -> anyhow::Result<()> {
    let start = Instant::now();
    while !condition() {
        ensure!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Those who ping beside us.
struct Others {
    fping: Program,
    ping: Vec<Program>,
    prober: Program,
}

/// What they said.
struct Said {
    ping: BTreeMap<Ipv4Addr, Vec<Option<f64>>>,
    fping: BTreeMap<Ipv4Addr, Vec<Option<f64>>>,
    prober: Option<Buckets>,
}

impl Others {
    fn start(namespace: &Namespace, folder: &TempDir, time: Duration) -> Self {
        let folder = folder.path();
        let mut fping = namespace.near("fping");
        // As many pings as ours in that time.
        let count = (time.as_secs() / 3).max(1).to_string();
        fping.args(["-q", "-p", "3000", "-C", &count]).args(addresses(FPING));
        let ping = |target: &String| {
            let mut ping = namespace.near("ping");
            ping.args(["-n", "-i", "1", "-c", &time.as_secs().max(1).to_string(), target]);
            Program::start(ping, &format!("ping-{target}"), folder)
        };
        let mut prober = namespace.near("prometheus-smokeping-prober");
        prober.arg(format!("--web.listen-address={PROBER_AT}")).arg("--ping.interval=3s");
        prober.args(addresses(PROBER));
        Self {
            fping: Program::start(fping, "fping", folder),
            ping: addresses(PING).iter().map(ping).collect(),
            prober: Program::start(prober, "smokeping_prober", folder),
        }
    }

    fn finish(mut self, namespace: &Namespace) -> anyhow::Result<Said> {
        let all = self.ping.iter_mut().chain([&mut self.fping]);
        for program in all {
            wait("ping and fping end", || !program.is_running())?;
        }
        let prober = buckets(namespace);
        self.prober.kill();
        let line = |line: &str| -> Option<(Ipv4Addr, Vec<Option<f64>>)> {
            let (target, trips) = line.split_once(" : ")?;
            let trip = |text: &str| text.parse::<f64>().ok().map(|ms| ms * 1e3);
            Some((target.trim().parse().ok()?, trips.split_whitespace().map(trip).collect()))
        };
        let fping: BTreeMap<_, _> = self.fping.stderr().lines().filter_map(line).collect();
        let of_ping = |(target, program): (String, &Program)| {
            Some((target.parse().ok()?, in_order(&program.stdout())))
        };
        let ping = addresses(PING).into_iter().zip(&self.ping).filter_map(of_ping).collect();
        ensure!(!fping.is_empty(), "fping said nothing: {}", self.fping.stderr());
        Ok(Said { ping, fping, prober })
    }
}

/// Lines such as `64 bytes from 198.51.100.41: icmp_seq=1 ttl=64 time=0.512 ms`.
fn in_order(text: &str) -> Vec<Option<f64>> {
    let mut trips = Vec::new();
    for line in text.lines() {
        let number = between(line, "icmp_seq=", " ").ok().and_then(|text| text.parse().ok());
        let trip = between(line, "time=", " ").ok().and_then(|text| text.parse::<f64>().ok());
        let Some((number, ms)) = number.zip(trip) else { continue };
        let number: usize = number;
        if trips.len() < number {
            trips.resize(number, None);
        }
        trips[number.saturating_sub(1)] = Some(ms * 1e3);
    }
    trips
}

fn buckets(namespace: &Namespace) -> Option<Buckets> {
    let page = format!("http://{PROBER_AT}/metrics");
    let output = namespace.near("curl").args(["-s", &page]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let sum = |name: &str| -> f64 {
        let own = text.lines().filter(|line| line.starts_with(name));
        own.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    let count = sum("smokeping_response_duration_seconds_count");
    let seconds = sum("smokeping_response_duration_seconds_sum");
    (count > 0.0).then(|| Buckets { count, mean_us: seconds / count * 1e6 })
}
