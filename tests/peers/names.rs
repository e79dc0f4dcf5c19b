//! Every name that the agent and Debian's node_exporter both have: same labels, and values that
//! agree within what changed between two readings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::Program;

use crate::table;

/// By series, labels without values left out, as Prometheus sees them.
type Samples = BTreeMap<String, f64>;

/// Labels that only one side has, by design: `kind` is ours and tells physical interfaces from virtual
/// ones; serial numbers are never told.
const ONE_SIDED: [(&str, &str); 9] = [
    ("node_network_info", "kind"),
    ("node_disk_info", "serial"),
    ("node_disk_info", "wwn"),
    ("node_dmi_info", "board_asset_tag"),
    ("node_dmi_info", "board_serial"),
    ("node_dmi_info", "chassis_asset_tag"),
    ("node_dmi_info", "chassis_serial"),
    ("node_dmi_info", "product_serial"),
    ("node_dmi_info", "product_uuid"),
];

/// Families of node_exporter that are left out, and why.
const LEFT_OUT: [(&str, &str); 4] = [
    ("node_network_speed_bytes", "no link here tells its speed; -1 is left out"),
    ("node_disk_filesystem_info", "node_filesystem_* has device and type"),
    ("node_exporter_", "the exporter about itself; ours is headroom_agent_*"),
    ("node_scrape_", "ours is headroom_agent_sampler_success"),
];

/// Names of node_exporter's that we tell and it does not by default, and why.
const BEYOND: [(&str, &str); 4] = [
    ("node_cpu_info", "its option collector.cpu.info; what a host is made of is told here anyway"),
    ("node_netstat_TcpExt_TCP", "a default of releases later than Debian's 1.5"),
    ("node_softnet_", "told by releases later than Debian's 1.5"),
    ("node_systemd_", "its option collector.systemd, which is off here; ours names some units"),
];

/// What node_exporter tells of itself.
const ABOUT_ITSELF: [&str; 2] = ["node_exporter_", "node_scrape_"];

/// So many in a hundred of its other names must be there.
const LEAST_PERCENT: usize = 97;

const FILESYSTEMS: &str = "--collector.filesystem.mount-points-exclude=\
    ^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";

const DISKS: &str = "--collector.diskstats.device-exclude=\
    ^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$";

pub fn compare() -> anyhow::Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let folder = tempfile::TempDir::new()?;
    let options = write_files(folder.path())?;
    let mut command = Command::new("prometheus-node-exporter");
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.arg(format!("--collector.textfile.directory={}", folder.path().display()));
    // The exporter's own defaults of today; Debian's leave out more mounts, and keep zram.
    command.args([FILESYSTEMS, DISKS, "--no-collector.systemd"]).stdout(Stdio::null());
    let exporter = Program::start(command, "node_exporter", folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let url = format!("http://127.0.0.1:{port}/metrics");
    let start = Instant::now();
    let before = loop {
        if let Some((200, body)) = runtime.block_on(harness::fetch(&url)) {
            break parse(&String::from_utf8(body)?);
        }
        ensure!(start.elapsed() < Duration::from_secs(20), "node_exporter does not answer");
    };
    let own = harness::run("headroom-agent", ["once", "--config", &options]);
    ensure!(own.code == Some(0), "headroom-agent once fails: {}", own.stderr);
    let after = runtime.block_on(harness::fetch(&url)).context("node_exporter answers again")?;
    // It has no good end of its own on SIGTERM.
    exporter.kill();
    let (own, after) = (parse(&own.stdout), parse(&String::from_utf8(after.1)?));

    let rows = rows(&own, (&before, &after));
    let wrong = rows.iter().filter(|row| row[4] != "same").count();
    table::print(&["metric", "series", "ours only", "theirs only", "labels and values"], &rows);
    println!("\nwhat node_exporter tells and we do not, and why:");
    let left_out = only(&after, &own, &LEFT_OUT)?;
    table::print(&["family", "names", "why"], &left_out);
    println!("\nwhat we tell under its names and it does not, and why:");
    let beyond = only(&own, &after, &BEYOND)?;
    table::print(&["family", "names", "why"], &beyond);
    ensure!(wrong == 0, "{wrong} metrics differ");
    let percent = |others: &[Vec<String>]| {
        let of_itself =
            |row: &&Vec<String>| !ABOUT_ITSELF.iter().any(|family| row[0].starts_with(family));
        let others = others.iter().filter(of_itself).filter_map(|row| row[1].parse::<usize>().ok());
        rows.len() as f64 * 100.0 / (rows.len() + others.sum::<usize>()) as f64
    };
    let [ours, theirs] = [percent(&left_out), percent(&beyond)];
    println!(
        "\nof node_exporter's names on this machine, those about itself apart, {ours:.1} % are told;"
    );
    println!("of ours that begin as its names do, {theirs:.1} % are told by it");
    ensure!(ours >= LEAST_PERCENT as f64, "less than {LEAST_PERCENT} %");
    println!("\nall {} shared names agree", rows.len());
    Ok(())
}

fn parse(text: &str) -> Samples {
    let sample = |line: &str| {
        let (series, value) = line.rsplit_once(' ')?;
        Some((normal(series), value.parse().ok()?))
    };
    // Loopback carries no traffic of the host; the exporter itself leaves its counters out.
    let wanted = |line: &&str| !line.starts_with('#') && !line.contains("device=\"lo\"");
    text.lines().filter(wanted).filter_map(sample).collect()
}

/// The series without labels that are empty or only on one side.
fn normal(series: &str) -> String {
    let Some((metric, labels)) = series.split_once('{') else { return series.to_owned() };
    let one_sided = |label: &str| {
        let name = label.split('=').next().unwrap_or_default();
        ONE_SIDED.contains(&(metric, name))
    };
    let mut labels: Vec<&str> = labels
        .trim_end_matches('}')
        .split("\",")
        .map(|label| label.trim_end_matches('"'))
        .filter(|label| !label.ends_with("=\"") && !label.ends_with('=') && !one_sided(label))
        .collect();
    labels.sort_unstable();
    format!("{metric}{{{}}}", labels.join("\","))
}

fn metric(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

fn rows(own: &Samples, (before, after): (&Samples, &Samples)) -> Vec<Vec<String>> {
    let of = |samples: &Samples| -> BTreeSet<String> {
        samples.keys().map(|series| metric(series).to_owned()).collect()
    };
    let shared = of(own).intersection(&of(after)).cloned().collect::<Vec<_>>();
    let row = |name: String| {
        let series = |samples: &Samples| -> BTreeSet<String> {
            samples.keys().filter(|series| metric(series) == name).cloned().collect()
        };
        let (ours, theirs) = (series(own), series(after));
        // A speed of -1 is no speed, and a number nobody knows is left out.
        let unknown = |series: &&String| after[*series] < 0.0;
        let missing = theirs.difference(&ours).filter(|series| !unknown(series)).count();
        let more = ours.difference(&theirs).count();
        let both: Vec<&String> = ours.intersection(&theirs).collect();
        let differ: Vec<&&String> = both
            .iter()
            .filter(|series| !agrees(&name, own[**series], before.get(**series), after[**series]))
            .collect();
        let verdict = match (missing + more, differ.first()) {
            (0, None) => "same".to_owned(),
            (_, Some(series)) => format!("{series}: {} against {}", own[**series], after[**series]),
            (_, None) => "other labels".to_owned(),
        };
        vec![name, both.len().to_string(), more.to_string(), missing.to_string(), verdict]
    };
    shared.into_iter().map(row).collect()
}

/// A counter lies between the two readings; a gauge may move a little further.
fn agrees(name: &str, own: f64, before: Option<&f64>, after: f64) -> bool {
    let before = before.copied().unwrap_or(after);
    let (low, high) = (before.min(after), before.max(after));
    let slack = match name {
        // The kernel prints some idle times with less than they had a moment before.
        name if name.ends_with("_total") => 0.02,
        // Memory and disks that everybody uses.
        name if name.ends_with("_bytes") => 64e6,
        // Inodes come and go; moments do not.
        name if name.contains("_files") => high.abs() * 0.01,
        _ => 5.0,
    };
    own >= low - slack && own <= high + slack
}

/// A folder of text files for both, with an agent's configuration in it.
fn write_files(folder: &Path) -> anyhow::Result<String> {
    std::fs::write(folder.join("nightly.prom"), "backup_last_success_seconds 1.7e9\n")?;
    let token = folder.join("token");
    std::fs::write(&token, "0123456789abcdef\n")?;
    std::fs::set_permissions(&token, Permissions::from_mode(0o600))?;
    let path = folder.join("agent.toml");
    let folder = folder.display();
    let text = format!(
        "[collector]\nurl = 'https://c:1'\ntoken_file = 'token'\n[textfiles]\ndirectory = '{folder}'\n"
    );
    std::fs::write(&path, text)?;
    Ok(path.display().to_string())
}

/// Families of node_exporter's names that only one side has, each with how many names it has here.
fn only(
    one: &Samples,
    other: &Samples,
    reasons: &'static [(&str, &str)],
) -> anyhow::Result<Vec<Vec<String>>> {
    let names = |samples: &Samples| -> BTreeSet<String> {
        samples.keys().map(|series| metric(series).to_owned()).collect()
    };
    let others = names(other);
    let mut families: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for name in names(one).difference(&others).filter(|name| name.starts_with("node_")) {
        let family = reasons.iter().find(|(family, _)| name.starts_with(family));
        let (family, why) =
            family.with_context(|| format!("only one side has {name}, without a reason"))?;
        families.entry(family).or_insert((0, why)).0 += 1;
    }
    let row = |(family, (count, why)): (&str, (usize, &str))| {
        vec![format!("{family}*"), count.to_string(), why.to_owned()]
    };
    Ok(families.into_iter().map(row).collect())
}
