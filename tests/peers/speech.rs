//! Packets at the pace of speech: our train of STUN bindings to Debian's coturn beside irtt, both through a relay that
//! delays answers alike; jitter, reordering and loss that both tell.

use std::net::UdpSocket;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Program, binaries, fetch};
use serde_json::Value;
use tempfile::TempDir;

use crate::peer::free_port;
use crate::{option, table};

/// How long answers are held back, one after the other and then from the beginning, in milliseconds: each fourth is
/// overtaken by two.
const HELD_MS: [u64; 4] = [5, 5, 5, 50];

/// How long until a path has had a train: one round of five has one.
const SECONDS: f64 = 400.0;

/// The mean difference of neighbours of that pattern, in milliseconds: 0, 0, 45, 45.
const TRUTH_MS: f64 = 22.5;

/// What may differ between the two, in milliseconds and in the part of packets that is overtaken.
const JITTER_MS: f64 = 3.0;
const PART: f64 = 0.06;

/// What a train says.
#[derive(Debug, Clone, Copy)]
struct Said {
    packets: f64,
    lost: f64,
    reordered: f64,
    jitter_ms: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new().context("failed to make a folder")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let turn = turnserver(&folder)?;
    let irtt = irtt_server(&folder)?;
    let (to_turn, to_irtt) = (Relay::start(turn.1)?, Relay::start(irtt.1)?);
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);
    let target = format!("127.0.0.1:{}", to_turn.port);
    command.args(["--ping", &format!("stun:{target}")]);
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let theirs = irtt_client(&to_irtt)?;
    let ours = runtime.block_on(ours(&program, &target))?;
    program.terminate();
    [turn.0, irtt.0].into_iter().for_each(Program::kill);
    let row = |name: &str, said: Said| {
        let figures = [said.packets, said.lost, said.reordered / said.packets, said.jitter_ms];
        let figures = figures.map(|figure| format!("{figure:.2}"));
        [name.to_owned()].into_iter().chain(figures).collect()
    };
    let heads = ["", "packets", "lost", "overtaken", "jitter ms"];
    table::print(&heads, &[row("Headroom to coturn", ours), row("irtt", theirs)]);
    println!("the relay's own: a quarter overtaken, jitter {TRUTH_MS} ms");
    let near = |said: Said| (said.jitter_ms - TRUTH_MS).abs() <= JITTER_MS;
    println!("{}", table::aim("jitter within 3 ms of the relay's", near(ours) && near(theirs)));
    let parts = [ours, theirs].map(|said| said.reordered / said.packets);
    println!("{}", table::aim("as many overtaken", (parts[0] - parts[1]).abs() <= PART));
    println!("{}", table::aim("nothing lost", ours.lost == 0.0 && theirs.lost == 0.0));
    Ok(())
}

fn turnserver(folder: &TempDir) -> anyhow::Result<(Program, u16)> {
    let port = free_port()?;
    let mut command = Command::new("turnserver");
    command.args(["-n", "--stun-only", "--no-tls", "--no-dtls", "--no-cli", "--no-tcp"]);
    command.args(["--listening-ip=127.0.0.1", "--log-file=stdout"]);
    command.arg(format!("--listening-port={port}"));
    command.arg(format!("--pidfile={}", folder.path().join("turn.pid").display()));
    Ok((Program::start(command, "turnserver", folder.path()), port))
}

fn irtt_server(folder: &TempDir) -> anyhow::Result<(Program, u16)> {
    let port = free_port()?;
    let mut command = Command::new("irtt");
    command.args(["server", "-b", &format!("127.0.0.1:{port}")]);
    Ok((Program::start(command, "irtt", folder.path()), port))
}

/// Twenty trains of twenty packets.
fn irtt_client(relay: &Relay) -> anyhow::Result<Said> {
    let to = format!("127.0.0.1:{}", relay.port);
    let mut command = Command::new("irtt");
    command.args(["client", "-i", "20ms", "-d", "8s", "-Q", "-o", "-", &to]);
    let output = command.output().context("irtt does not run")?;
    ensure!(output.status.success(), "irtt: {}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).context("irtt's JSON")?;
    let stats = &told["stats"];
    let number = |value: &Value, what: &str| value.as_f64().with_context(|| format!("no {what}"));
    Ok(Said {
        packets: number(&stats["packets_sent"], "packets_sent")?,
        lost: number(&stats["packets_sent"], "packets_sent")?
            - number(&stats["packets_received"], "packets_received")?,
        reordered: number(&stats["late_packets"], "late_packets")?,
        jitter_ms: number(&stats["ipdv_round_trip"]["mean"], "ipdv")? / 1e6,
    })
}

/// The first train that our agent tells of.
async fn ours(program: &Program, target: &str) -> anyhow::Result<Said> {
    let patience = Duration::from_secs_f64(option::number("HEADROOM_SECONDS", SECONDS)?);
    let start = Instant::now();
    loop {
        let text = program.stdout();
        let http = text.lines().find_map(|line| line.strip_prefix("http listening on "));
        if let Some(http) = http {
            let url = format!("http://{http}/probe?target={target}&module=stun");
            if let Some((200, body)) = fetch(&url).await
                && let Some(said) = train(&String::from_utf8_lossy(&body))
            {
                return Ok(said);
            }
        }
        ensure!(start.elapsed() < patience, "no train within {patience:?}: {}", program.stderr());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn train(text: &str) -> Option<Said> {
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line?.parse::<f64>().ok()
    };
    let (packets, received) =
        (of("headroom_probe_train_sent")?, of("headroom_probe_train_received")?);
    Some(Said {
        packets,
        lost: packets - received,
        reordered: of("headroom_probe_train_reordered")?,
        jitter_ms: of("headroom_probe_train_jitter_seconds")? * 1e3,
    })
}

/// Passes packets of UDP on to a server, and its answers back by the pattern.
struct Relay {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    fn start(server: u16) -> anyhow::Result<Self> {
        let (near, far) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
        far.connect(("127.0.0.1", server))?;
        [&near, &far].into_iter().try_for_each(|socket| socket.set_nonblocking(true))?;
        let port = near.local_addr()?.port();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || pass(&near, &far, &told));
        Ok(Self { port, stop, thread: Some(thread) })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn pass(near: &UdpSocket, far: &UdpSocket, stop: &AtomicBool) {
    let (mut buffer, mut client, mut count) = ([0; 2048], None, 0);
    let mut held: Vec<(Instant, Vec<u8>)> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        while let Ok((length, source)) = near.recv_from(&mut buffer) {
            client = Some(source);
            let _ = far.send(&buffer[..length]);
        }
        while let Ok(length) = far.recv(&mut buffer) {
            let after = Duration::from_millis(HELD_MS[count % HELD_MS.len()]);
            count += 1;
            held.push((Instant::now() + after, buffer[..length].to_vec()));
        }
        let now = Instant::now();
        for (_, answer) in held.extract_if(.., |(due, _)| *due <= now) {
            if let Some(client) = client {
                let _ = near.send_to(&answer, client);
            }
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}
