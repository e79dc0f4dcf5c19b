//! What tcpdump saw: each echo request with its reply, by the kernel's stamps.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use harness::Program;

use super::between;

/// A ping and its reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exchange {
    /// When it was sent, in microseconds of Unix time.
    pub sent_us: f64,
    /// When its reply came, if one did.
    pub came_us: Option<f64>,
    target: Ipv4Addr,
    /// Its place among those to its target.
    place: usize,
}

/// All pings, by target in the order of their sending.
#[derive(Debug, Default)]
pub struct Wire {
    by_target: HashMap<Ipv4Addr, Vec<Exchange>>,
}

/// A capture that is under way.
pub struct Capture {
    program: Program,
    file: PathBuf,
}

/// Packets of a train are so far apart, with room for a thread that wakes up late, in microseconds.
pub const PACE_US: std::ops::Range<f64> = 12_000.0..28_000.0;

impl Capture {
    /// Begins to listen on a device; `command` is tcpdump, where it is to run.
    pub fn start(mut command: Command, device: &str, folder: &Path) -> Self {
        let file = folder.join("pings.pcap");
        command.args(["-i", device, "-n", "-s", "96", "-B", "65536"]);
        command.args(["--time-stamp-precision=nano", "-Z", "root", "-w"]).arg(&file).arg("icmp");
        Self { program: Program::start(command, "tcpdump", folder), file }
    }

    /// Whether it listens.
    pub fn is_ready(&self) -> bool {
        self.program.stderr().contains("listening on")
    }

    /// What it has seen.
    pub fn finish(self) -> anyhow::Result<Wire> {
        self.program.terminate();
        let mut command = Command::new("tcpdump");
        command.args(["-n", "-tt", "--time-stamp-precision=nano", "-r"]).arg(&self.file);
        let output = command.output().context("tcpdump does not run")?;
        ensure!(output.status.success(), "tcpdump cannot read what it wrote");
        Wire::read(&String::from_utf8_lossy(&output.stdout))
    }
}

impl Wire {
    /// Lines such as `1700000000.000000001 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 5, seq 1, length 24`.
    fn read(text: &str) -> anyhow::Result<Self> {
        let mut wire = Self::default();
        let mut under_way: HashMap<(Ipv4Addr, &str, &str), (Ipv4Addr, usize)> = HashMap::new();
        for line in text.lines().filter(|line| line.contains("ICMP echo re")) {
            let (stamp, _) = line.split_once(' ').with_context(|| format!("{line}: no stamp"))?;
            let (seconds, rest) = stamp.split_once('.').context("a stamp has a point")?;
            let ns: f64 = rest.parse()?;
            let at_us = seconds.parse::<f64>()? * 1e6 + ns / 1e3;
            let (source, target) = (between(line, "IP ", " >")?, between(line, "> ", ":")?);
            let (id, sequence) = (between(line, "id ", ",")?, between(line, "seq ", ",")?);
            if line.contains("echo request") {
                let target: Ipv4Addr = target.parse()?;
                let own = wire.by_target.entry(target).or_default();
                under_way.insert((target, id, sequence), (target, own.len()));
                own.push(Exchange { sent_us: at_us, came_us: None, target, place: own.len() });
            } else if let Some((target, place)) = under_way.remove(&(source.parse()?, id, sequence))
            {
                let own = wire.by_target.entry(target).or_default();
                own[place].came_us = Some(at_us);
            }
        }
        Ok(wire)
    }

    /// The pings to a target.
    pub fn to(&self, target: Ipv4Addr) -> &[Exchange] {
        self.by_target.get(&target).map_or(&[], Vec::as_slice)
    }

    /// When each was sent, in microseconds, sorted.
    pub fn sent_us(&self) -> Vec<f64> {
        let mut sent: Vec<f64> = self.by_target.values().flatten().map(|one| one.sent_us).collect();
        sent.sort_by(f64::total_cmp);
        sent
    }

    /// Whether a ping is one of a train: three seconds apart are those that are spread.
    pub fn is_of_train(&self, one: &Exchange) -> bool {
        let own = self.to(one.target);
        let at = |place: Option<usize>| place.and_then(|place| own.get(place));
        let near = |other: Option<&Exchange>| {
            other.is_some_and(|other| PACE_US.contains(&(other.sent_us - one.sent_us).abs()))
        };
        // One that is spread may fall between two of a train.
        let around = [
            at(one.place.checked_sub(1)),
            at(one.place.checked_add(1)),
            at(one.place.checked_sub(2)),
            at(one.place.checked_add(2)),
        ];
        around.into_iter().any(near)
    }
}

impl Exchange {
    /// How long it was under way, if it came back.
    pub fn round_trip_us(&self) -> Option<f64> {
        Some(self.came_us? - self.sent_us)
    }
}
