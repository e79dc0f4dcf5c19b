//! What was promised, under flipped bits, lost directories, full disks and wrong clocks.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use harness::remote_write::{WriteRequest, WrittenLabel, WrittenSample, WrittenSeries};
use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, SmallDisk, StandInCollector,
    run,
};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{Acknowledgement, SequenceRange};
use tempfile::TempDir;

use super::ground::{
    Attack, Finding, agent, check_alive, collector, count, frame, get, now_ms, push, wait_for,
};
use super::memory::{series, write};

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "one flipped bit in an agent's spool",
        must: "each frame is stored or reported as lost, to the frame",
        run: flipped_bit,
    },
    Attack {
        what: "rm -rf of the data directory",
        must: "not ready, writes answered with 503",
        run: removed_directory,
    },
    Attack {
        what: "a full disk, and room again",
        must: "503 and not ready, with the reason; then ready again",
        run: full_disk,
    },
    Attack {
        what: "a clock that jumps 100 days ahead for 40 s",
        must: "nothing expires or is refused; the agent's frames are stored afterwards",
        run: jump,
    },
    Attack {
        what: "an acknowledgement of 0..2^64-1 of what was never sent",
        must: "the agent ends the stream and sends all again",
        run: false_acknowledgement,
    },
    Attack {
        what: "restore of a directory with a damaged record",
        must: "does not exit 0",
        run: lossy_restore,
    },
];

fn eventually(within: Duration, condition: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < within {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    condition()
}

fn flip(path: &Path, place: usize) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(path)?;
    *bytes.get_mut(place).context("a place within the file")? ^= 0x10;
    // Another file in its place: whoever witnesses by a link of its own keeps what was written.
    let flipped = path.with_extension("flipped");
    std::fs::write(&flipped, bytes)?;
    Ok(std::fs::rename(&flipped, path)?)
}

/// The largest file of an ending.
fn largest(folder: &Path, ending: &str) -> anyhow::Result<PathBuf> {
    let entries = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.extension().is_some_and(|e| e == ending));
    let size = |path: &PathBuf| path.metadata().map_or(0, |data| data.len());
    files.max_by_key(size).with_context(|| format!("no {ending} in {}", folder.display()))
}

fn flipped_bit() -> anyhow::Result<Finding> {
    let mut collector = collector(CollectorOptions::default())?;
    collector.kill();
    let options =
        AgentOptions { witness: true, write_after: "0s".into(), ..AgentOptions::each("100ms") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    std::thread::sleep(Duration::from_secs(6));
    agent.kill();
    let segment = largest(agent.spool(), "spool")?;
    let place = segment.metadata()?.len() as usize / 3;
    flip(&segment, place)?;
    wait_for(collector.start_again())?;
    agent.start_again();
    let done = eventually(Duration::from_secs(40), || {
        let lost = count(&collector, "headroom_ingest_lost_frames_total").ok().flatten();
        let stored = count(&collector, "headroom_ingest_frames_total{outcome=\"stored\"}");
        lost.is_some_and(|lost| lost > 0.0) && stored.ok().flatten().is_some_and(|n| n > 30.0)
    });
    agent.terminate();
    collector.terminate();
    let account = agent.witness().account(&collector.open_store(), "ca1");
    let (stored, lost) = (account.stored, account.lost);
    Ok(Finding::of(done && lost <= 3, format!("{stored} frames stored, {lost} reported as lost")))
}

/// Status and text of `/-/ready`.
fn readiness(collector: &CollectorProgram) -> String {
    get(collector, "/-/ready")
        .map(|reply| format!("{} {}", reply.status, reply.text().trim()))
        .unwrap_or_default()
}

fn is_ready(collector: &CollectorProgram) -> bool {
    readiness(collector).starts_with("200")
}

fn removed_directory() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let before = write(&collector, &series(3, |_| "web1".into()))?;
    std::fs::remove_dir_all(collector.data())?;
    let noticed = eventually(Duration::from_secs(30), || !is_ready(&collector));
    let after = write(&collector, &series(3, |_| "web2".into()))?;
    check_alive(&collector)?;
    let holds = before == 204 && noticed && after == 503;
    Ok(Finding::of(holds, format!("write: {after}, ready: {}", readiness(&collector))))
}

fn full_disk() -> anyhow::Result<Finding> {
    let disk = SmallDisk::new("size=80m");
    let directory = Some(disk.path().join("data"));
    let collector = collector(CollectorOptions { directory, ..CollectorOptions::default() })?;
    let before = write(&collector, &series(3, |_| "web1".into()))?;
    let filler = disk.fill(0);
    let full = (0..50).map(|n| write(&collector, &series(3_000, |_| format!("web{n}"))));
    let full = full.map(|status| status.unwrap_or(0)).find(|status| *status != 204).unwrap_or(204);
    let noticed = eventually(Duration::from_secs(20), || !is_ready(&collector));
    let told = readiness(&collector);
    std::fs::remove_file(filler)?;
    let back = eventually(Duration::from_secs(30), || {
        write(&collector, &series(3, |_| "web1".into())).is_ok_and(|status| status == 204)
            && is_ready(&collector)
    });
    let holds = before == 204 && full == 503 && noticed && back;
    Ok(Finding::of(holds, format!("{full} while full, ready: {told}; well again: {back}")))
}

/// What makes a program believe in another clock.
const FAKETIME: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

fn jump() -> anyhow::Result<Finding> {
    let library = FAKETIME.iter().find(|path| Path::new(path).exists());
    let library = library.context("libfaketime is not installed")?;
    let folder = TempDir::new()?;
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0\n")?;
    let under = [
        "env".to_owned(),
        format!("LD_PRELOAD={library}"),
        format!("FAKETIME_TIMESTAMP_FILE={}", offset.display()),
        "FAKETIME_NO_CACHE=1".into(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".into(),
    ];
    // Something that would expire: two days old, and sealed.
    let mut before = collector(CollectorOptions::default())?;
    anyhow::ensure!(write(&before, &aged(2 * 86_400_000))? == 204, "not written");
    before.terminate();
    let sealed = run("headroom", ["compact".as_ref(), before.data().as_os_str()]);
    anyhow::ensure!(sealed.code == Some(0), "not sealed: {}", sealed.stderr);
    let directory = Some(before.data());
    let options =
        CollectorOptions { under: under.into(), directory, ..CollectorOptions::default() };
    let mut collector = collector(options)?;
    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("1s"));
    let stored = |collector: &CollectorProgram| {
        let name = "headroom_ingest_frames_total{outcome=\"stored\"}";
        count(collector, name).ok().flatten().unwrap_or(0.0)
    };
    anyhow::ensure!(eventually(Duration::from_secs(20), || stored(&collector) >= 5.0), "no frames");
    let frames = stored(&collector);
    let begin = Instant::now();
    std::fs::write(&offset, "+100d\n")?;
    std::thread::sleep(Duration::from_secs(40));
    std::fs::write(&offset, "+0\n")?;
    // All that was sampled since, but for what is on its way.
    let due = || frames + begin.elapsed().as_secs_f64() - 5.0;
    let after = eventually(Duration::from_secs(90), || stored(&collector) >= due());
    let (all, due) = (stored(&collector), due());
    let refused = count(&collector, "headroom_ingest_samples_refused_total")?.unwrap_or(0.0);
    let readable = |text: &str| {
        let path = format!("/api/v1/query?query={}", super::questions::escaped(text));
        get(&collector, &path).is_ok_and(|reply| reply.text().contains("\"value\""))
    };
    let kept = readable("count_over_time(aged[3d])");
    let new = readable("count_over_time(node_load1[10m])");
    agent.terminate();
    collector.terminate();
    Ok(Finding::of(
        after && kept && new && refused == 0.0,
        format!("{all} of {due:.0} frames stored, {refused} samples refused, the old kept: {kept}"),
    ))
}

/// A request with a sample of that age, in milliseconds.
fn aged(age_ms: i64) -> Vec<u8> {
    let label = |name: &str, value: &str| WrittenLabel { name: name.into(), value: value.into() };
    let labels = vec![label("__name__", "aged"), label("instance", "web1"), label("job", "attack")];
    let samples = vec![WrittenSample { value: 1.0, timestamp_ms: now_ms() - age_ms }];
    prost::Message::encode_to_vec(&WriteRequest { series: vec![WrittenSeries { labels, samples }] })
}

fn false_acknowledgement() -> anyhow::Result<Finding> {
    let known = collector(CollectorOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stand_in = runtime.block_on(StandInCollector::start());
    stand_in.fall_silent();
    let options = AgentOptions { via: Some(stand_in.url()), ..AgentOptions::each("500ms") };
    let mut agent = AgentProgram::start(&known, "ca1", &options);
    let frames = || -> Vec<(u64, u64)> {
        let heard = stand_in.heard();
        let frame = |message: Up| match message {
            Up::Frame(frame) => Some((frame.boot, frame.sequence)),
            Up::Hello(_) | Up::Series(_) | Up::Loss(_) | Up::SettingsApplied(_) => None,
        };
        heard.into_iter().filter_map(|message| frame(message.message?)).collect()
    };
    anyhow::ensure!(eventually(Duration::from_secs(20), || frames().len() >= 3), "no frames");
    let (boot, first) = frames()[0];
    let frames_told = vec![SequenceRange { boot, first: 0, last: u64::MAX }];
    let lie = Acknowledgement { frames: frames_told, losses: Vec::new() };
    stand_in.say(&Down::Acknowledgement(lie));
    // The first frame comes again on a stream that was opened anew.
    let again = || frames().iter().filter(|frame| **frame == (boot, first)).count() >= 2;
    let again = eventually(Duration::from_secs(60), again);
    let sent = frames().len();
    agent.terminate();
    Ok(Finding::of(again, format!("{sent} frames were sent, the first again: {again}")))
}

fn lossy_restore() -> anyhow::Result<Finding> {
    let mut collector = collector(CollectorOptions::default())?;
    wait_for(async {
        let mut stream = agent(&collector, &[("node_load1", "a", "b")]).await?;
        let frames = (0..20).map(|n| frame(n + 1, now_ms() - 20_000 + n as i64, vec![n as f64]));
        push(&mut stream, frames.collect()).await
    })??;
    collector.kill();
    let log = largest(&collector.data().join("log"), "log")?;
    flip(&log, log.metadata()?.len() as usize / 2)?;
    let folder = TempDir::new()?;
    let back = folder.path().join("back");
    let restored =
        run("headroom", ["restore".as_ref(), collector.data().as_os_str(), back.as_os_str()]);
    let said = restored.stderr.lines().last().unwrap_or_default().to_owned();
    let holds = restored.code.is_some_and(|code| code != 0) && !said.contains("panicked");
    Ok(Finding::of(holds, format!("exit {:?}: {said}", restored.code)))
}
