//! Guesses, floods of words, readers that stop, files that others can read, licences.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::by_hand::{ByHand, hello};
use harness::{AgentOptions, AgentProgram, CollectorOptions, StandInCollector, run};
use headroom_proto::limits::PROTOCOL;
use headroom_proto::wire::Refusal;
use headroom_proto::wire::collector_message::Message as Down;
use tempfile::TempDir;

use super::ground::{
    Attack, BOOT, Finding, Request, address, ask, check_alive, collector, count, wait_for,
};
use super::memory::write;

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "tokens are guessed for 15 s through both doors",
        must: "at most 60 guesses of a peer, at most 5 lines in the log",
        run: guesses,
    },
    Attack {
        what: "a collector that tells an agent 600 refusals of 30 kB with escapes",
        must: "at most 200 kB in the agent's log, without escapes",
        run: flood_of_words,
    },
    Attack {
        what: "a reader of a snapshot that stops",
        must: "dropped within 75 s",
        run: stopped_reader,
    },
    Attack {
        what: "an expired certificate, and a key that others can read",
        must: "`check` refuses both",
        run: certificates,
    },
    Attack { what: "new data directories and spools", must: "mode 0700", run: modes },
    Attack {
        what: "licences of the font and of all crates",
        must: "`headroom licences` names them",
        run: licences,
    },
];

fn guesses() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let until = Instant::now() + Duration::from_secs(15);
    let over_http = || {
        let mut made = 0;
        while Instant::now() < until {
            let token = format!("Bearer guess{made}");
            let head = [("authorization", &*token)];
            let (method, path) = ("POST", "/api/v1/write");
            made += u32::from(
                ask(&collector, Request { method, path, head: &head, body: b"x" }).is_ok(),
            );
        }
        made
    };
    let over_grpc = || {
        wait_for(async {
            let mut made = 0;
            while Instant::now() < until {
                let token = format!("guess{made}");
                let opened =
                    ByHand::open(&collector.grpc(), Some(&token), hello(PROTOCOL, BOOT)).await;
                made += u32::from(opened.is_err());
            }
            made
        })
        .unwrap_or(0)
    };
    let (http, grpc) = std::thread::scope(|scope| {
        let grpc = scope.spawn(over_grpc);
        (over_http(), grpc.join().unwrap_or(0))
    });
    check_alive(&collector)?;
    let log = collector.log();
    let lines = log.lines().filter(|line| line.contains("token") || line.contains("refused"));
    let lines = lines.count();
    let holds = http <= 60 && grpc <= 60 && lines <= 5;
    Ok(Finding::of(holds, format!("{http} over HTTP, {grpc} over gRPC, {lines} lines in the log")))
}

fn flood_of_words() -> anyhow::Result<Finding> {
    let known = collector(CollectorOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stand_in = runtime.block_on(StandInCollector::start());
    let options = AgentOptions { via: Some(stand_in.url()), ..AgentOptions::each("1s") };
    let mut agent = AgentProgram::start(&known, "ca1", &options);
    let begin = Instant::now();
    while stand_in.heard().len() < 3 && begin.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
    }
    for n in 0..600 {
        let reason = format!("{n} \u{1b}[2J\r\n{}", "x".repeat(30_000));
        let refusal = Refusal { boot: BOOT, samples: 1, reason, ..Refusal::default() };
        stand_in.say(&Down::Refusal(refusal));
        std::thread::sleep(Duration::from_millis(10));
    }
    let log = agent.log();
    agent.terminate();
    let escapes = log.contains("\u{1b}[2J");
    let holds = log.len() <= 200_000 && !escapes;
    Ok(Finding::of(holds, format!("{} bytes in the log, escapes: {escapes}", log.len())))
}

/// Series of which each value is another, so that they take room.
fn noise(batch: usize) -> Vec<u8> {
    use harness::remote_write::{WriteRequest, WrittenLabel, WrittenSample, WrittenSeries};
    let mut rng = fastrand::Rng::with_seed(batch as u64);
    let now = super::ground::now_ms();
    let label = |name: &str, value: String| WrittenLabel { name: name.into(), value };
    let series = (0..100).map(|n| WrittenSeries {
        labels: vec![
            label("__name__", "noise".into()),
            label("instance", "web1".into()),
            label("job", "attack".into()),
            label("n", format!("{batch}-{n}")),
        ],
        samples: (0..1_000)
            .map(|place| WrittenSample { value: rng.f64(), timestamp_ms: now - 1_000_000 + place })
            .collect(),
    });
    prost::Message::encode_to_vec(&WriteRequest { series: series.collect() })
}

/// Connections that ended since nobody took what was written.
const CUT: &str = "headroom_http_connections_cut_total{reason=\"write\"}";

fn stopped_reader() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    // More than lies in the buffers of a connection.
    for batch in 0..30 {
        anyhow::ensure!(write(&collector, &noise(batch))? == 204, "not written");
    }
    let mut stream = TcpStream::connect(address(&collector)?)?;
    stream.write_all(b"POST /api/v1/snapshot HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut first = [0; 1024];
    stream.read_exact(&mut first)?;
    let begin = Instant::now();
    let mut dropped = None;
    while dropped.is_none() && begin.elapsed() < Duration::from_secs(75) {
        std::thread::sleep(Duration::from_secs(1));
        let cut = count(&collector, CUT)?.unwrap_or_default();
        dropped = (cut > 0.0).then(|| begin.elapsed().as_secs());
    }
    let status = String::from_utf8_lossy(&first[..12]).into_owned();
    drop(stream);
    Ok(Finding::of(dropped.is_some(), format!("{status}, dropped after {dropped:?} s")))
}

fn certificates() -> anyhow::Result<Finding> {
    let folder = TempDir::new()?;
    let made = harness::certificates();
    let expired = harness::expired_certificates();
    let check = |certificate: &str, key: &str, mode: u32| -> anyhow::Result<(i32, String)> {
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("c.pem"), certificate)?;
        std::fs::write(path("k.pem"), key)?;
        std::fs::set_permissions(path("k.pem"), std::fs::Permissions::from_mode(mode))?;
        let text = "[http]\nlisten = '127.0.0.1:0'\n[store]\ndirectory = 'data'\n[grpc]\n\
                    listen = '127.0.0.1:0'\ntls_certificate = 'c.pem'\ntls_key = 'k.pem'\n";
        std::fs::write(path("collector.toml"), text)?;
        let checked = run("headroom", ["check".as_ref(), path("collector.toml").as_os_str()]);
        let said = checked.stderr.replace(&folder.path().display().to_string(), "");
        Ok((checked.code.unwrap_or(-1), said.trim().to_owned()))
    };
    let good = check(&made.certificate, &made.key, 0o600)?;
    let late = check(&expired.certificate, &expired.key, 0o600)?;
    let readable = check(&made.certificate, &made.key, 0o644)?;
    let holds = good.0 == 0 && late.0 == 78 && readable.0 == 78;
    Ok(Finding::of(holds, format!("{good:?}, {late:?}, {readable:?}")))
}

fn modes() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("1s"));
    let mode = |path: &Path| path.metadata().map(|data| data.permissions().mode() & 0o777);
    let begin = Instant::now();
    while mode(agent.spool()).is_err() && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let (data, spool) = (mode(&collector.data())?, mode(agent.spool())?);
    agent.terminate();
    Ok(Finding::of(data == 0o700 && spool == 0o700, format!("{data:o} and {spool:o}")))
}

fn licences() -> anyhow::Result<Finding> {
    use anyhow::Context as _;
    let said = run("headroom", ["licences"]).stdout;
    let crates = said.lines().filter(|line| line.contains(": ") && line.contains('.')).count();
    let font = said.contains("UBUNTU FONT LICENCE Version 1.0");
    said.lines().next().context("`headroom licences` says nothing")?;
    Ok(Finding::of(font && crates > 200, format!("{crates} crates, the font's: {font}")))
}
