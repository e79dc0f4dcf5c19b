//! Debian's SmokePing through the same reflector: whether median, loss and colour of each round agree.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use harness::reflector::{Pattern, Reflector, address, fate};
use harness::{Namespace, Program};
use headroom::latency::{LOSS_CLASSES, loss_class};
use headroom::store::PathRound;
use tempfile::TempDir;

use crate::ping::{rounds, start, without_trains};
use crate::{option, table};

/// How long both ping: four rounds of a minute.
const SECONDS: f64 = 260.0;

/// Ways that both ping, each at an address of its own, so that patterns stay what they are.
const WAYS: [(&str, &[&str]); 6] = [
    ("30 ms", &["30"]),
    ("20 or 40 ms", &["20", "20", "40"]),
    ("one of ten lost", &["25", "25", "25", "25", "lost", "25", "25", "25", "25", "25"]),
    ("one of four lost", &["25", "25", "lost", "25"]),
    ("twice", &["10 twice"]),
    ("nothing comes back", &["lost"]),
];

/// Where SmokePing's addresses begin.
const THEIRS: usize = 100;

/// Medians may differ by this part, and by so many milliseconds.
const PART: f64 = 0.02;
const MS: f64 = 0.3;

/// A round: the median in milliseconds, if anything was answered, and how many of twenty were lost.
#[derive(Debug, Clone, Copy)]
struct Said {
    median_ms: Option<f64>,
    lost: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new().context("failed to make a folder")?;
    let namespace = Namespace::new();
    namespace.let_everybody_ping();
    let pattern = |(name, words): &(&str, &[&str])| -> anyhow::Result<Pattern> {
        words.iter().map(|word| fate(word).with_context(|| format!("{name}: {word}"))).collect()
    };
    let ways = WAYS.iter().map(pattern).collect::<anyhow::Result<Vec<Pattern>>>()?;
    let mut patterns = ways.clone();
    patterns.resize(THEIRS, vec![fate("lost").context("a fate")?]);
    patterns.extend(ways);
    let reflector = Reflector::start(&namespace, patterns);
    let runtime = tokio::runtime::Runtime::new()?;
    let targets: Vec<String> = (0..WAYS.len()).map(|way| at(way).to_string()).collect();
    let (mut collector, mut agent) =
        runtime.block_on(start(&namespace, &targets, without_trains()));
    let smokeping = smokeping(&namespace, folder.path())?;
    std::thread::sleep(Duration::from_secs_f64(option::number("HEADROOM_SECONDS", SECONDS)?));
    smokeping.kill();
    agent.terminate();
    collector.terminate();
    drop(reflector);
    let ours = rounds(&collector.open_store(), "here")?;
    let mut rows = Vec::new();
    let mut agree = true;
    for (way, (name, _)) in WAYS.iter().enumerate() {
        let own = ours.iter().find(|(target, _)| *target == at(way)).map(|(_, rounds)| rounds);
        let own: Vec<Said> = own.into_iter().flatten().filter_map(whole).collect();
        let theirs = fetched(folder.path(), way)?;
        let (own, theirs) = (middle(&own), middle(&theirs));
        let same = same(own, theirs);
        agree &= same;
        rows.push(row(name, own, theirs, same));
    }
    table::print(&["way", "ours", "SmokePing", "lost", "lost", "colour", "colour", ""], &rows);
    println!("{}", table::aim("median, loss and colour of each agree", agree));
    Ok(())
}

fn at(way: usize) -> std::net::Ipv4Addr {
    address(way as u8 + 1)
}

/// A round of a whole minute.
fn whole(round: &PathRound) -> Option<Said> {
    let lost = f64::from(round.sent - round.received());
    let median_ms = round.median_us().map(|us| f64::from(us) / 1e3);
    (round.sent == 20).then_some(Said { median_ms, lost })
}

/// The rounds in the middle, by median and by loss.
fn middle(all: &[Said]) -> Option<Said> {
    let median = |values: Vec<f64>| (!values.is_empty()).then(|| table::median(values));
    let lost = median(all.iter().map(|said| said.lost).collect())?;
    Some(Said { median_ms: median(all.iter().filter_map(|said| said.median_ms).collect()), lost })
}

fn colour(said: Said) -> &'static str {
    let lost = said.lost.round() as u32;
    LOSS_CLASSES[loss_class(20, 20 - lost.min(20))].long
}

fn same(own: Option<Said>, theirs: Option<Said>) -> bool {
    let Some((own, theirs)) = own.zip(theirs) else { return false };
    let near = match (own.median_ms, theirs.median_ms) {
        (Some(own), Some(theirs)) => (own - theirs).abs() <= MS + PART * theirs,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    near && (own.lost - theirs.lost).abs() < 1.0 && colour(own) == colour(theirs)
}

fn row(name: &str, own: Option<Said>, theirs: Option<Said>, same: bool) -> Vec<String> {
    let both = [own, theirs];
    let ms = |said: Option<Said>| {
        let median_ms = said.and_then(|said| said.median_ms);
        median_ms.map_or_else(|| "none".into(), |ms| format!("{ms:.2} ms"))
    };
    let lost =
        |said: Option<Said>| said.map_or_else(|| "-".into(), |said| format!("{:.1}", said.lost));
    let colours = |said: Option<Said>| said.map_or("-", colour).to_owned();
    let begin = [name.to_owned()].into_iter();
    let figures = both.map(ms).into_iter().chain(both.map(lost)).chain(both.map(colours));
    let end = [if same { "same" } else { "other" }.to_owned()];
    begin.chain(figures).chain(end).collect()
}

/// Starts it with a step of a minute; it keeps round-robin files below the folder.
fn smokeping(namespace: &Namespace, folder: &Path) -> anyhow::Result<Program> {
    for name in ["data", "images", "pid", "dynamic"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let place = folder.display();
    let mut targets = String::new();
    for way in 0..WAYS.len() {
        let host = address((THEIRS + way) as u8 + 1);
        write!(targets, "+ way{way}\nmenu = way{way}\ntitle = way{way}\nhost = {host}\n")?;
    }
    let text = format!(
        "*** General ***\nowner = x\ncontact = x@example.org\nmailhost = localhost\n\
         cgiurl = http://localhost/\nimgcache = {place}/images\nimgurl = images\n\
         datadir = {place}/data\npiddir = {place}/pid\ndyndir = {place}/dynamic\n\
         smokemail = /etc/smokeping/smokemail\ntmail = /etc/smokeping/tmail\n\
         *** Database ***\nstep = 60\npings = 20\nAVERAGE 0.5 1 1000\n\
         *** Presentation ***\ntemplate = /etc/smokeping/basepage.html\n\
         + overview\nwidth = 600\nheight = 50\nrange = 10h\n\
         + detail\nwidth = 600\nheight = 200\nunison_tolerance = 2\n\"Last 3 Hours\" 3h\n\
         *** Probes ***\n+ FPing\nbinary = /usr/bin/fping\nstep = 60\npings = 20\n\
         *** Targets ***\nprobe = FPing\nmenu = Top\ntitle = Top\n{targets}"
    );
    let configuration = folder.join("smokeping.conf");
    std::fs::write(&configuration, text)?;
    let mut command: Command = namespace.near("smokeping");
    command.arg(format!("--config={}", configuration.display())).arg("--nodaemon");
    Ok(Program::start(command, "smokeping", folder))
}

/// Its rounds, from its round-robin file.
fn fetched(folder: &Path, way: usize) -> anyhow::Result<Vec<Said>> {
    let file = folder.join("data").join(format!("way{way}.rrd"));
    let mut command = Command::new("rrdtool");
    command.arg("fetch").arg(&file).args(["AVERAGE", "-r", "60", "-s", "now-10min", "-e", "now"]);
    let output = command.output().context("rrdtool does not run")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "rrdtool fetch {}: {errors}", file.display());
    let text = String::from_utf8(output.stdout)?;
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let place = |name: &str| heads.iter().position(|head| *head == name);
    let (loss, median) = place("loss").zip(place("median")).context("its columns")?;
    let said = |line: &str| {
        let (_, rest) = line.split_once(": ")?;
        let values: Vec<f64> =
            rest.split_whitespace().map(|value| value.parse().unwrap_or(f64::NAN)).collect();
        let lost = values.get(loss).copied().filter(|lost| lost.is_finite())?;
        let median_s = values.get(median).copied().filter(|seconds| seconds.is_finite());
        Some(Said { median_ms: median_s.map(|seconds| seconds * 1e3), lost })
    };
    Ok(lines.filter_map(said).collect())
}
