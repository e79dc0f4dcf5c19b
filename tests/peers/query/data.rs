//! The data that is asked for: a year of two series of one host, a month of one series of fifty.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::iter::Peekable;
use std::path::Path;

use anyhow::Context;

use crate::load::{self, Host, Series, Times};
use crate::peer::Peer;
use crate::remote_write::{self, Point};
use crate::{collector, prometheus, victoria};

/// How many hosts have a month.
pub const HOSTS: usize = 50;

/// A month.
pub const MONTH_DAYS: usize = 30;

/// A year.
pub const YEAR_DAYS: usize = 365;

const GAUGE: &str = "node_load1";
const COUNTER: &str = "node_network_receive_bytes_total";

/// Series that begin together.
struct Part {
    series: Vec<Series>,
    times: Times,
}

fn parts() -> anyhow::Result<[Part; 2]> {
    let first = |number: usize, metric: &str| {
        Host::new(number).into_first(metric).with_context(|| format!("a host has {metric}"))
    };
    let year = vec![first(0, GAUGE)?, first(0, COUNTER)?];
    let month = (1..HOSTS).map(|number| first(number, COUNTER)).collect::<Result<_, _>>()?;
    Ok([
        Part { series: year, times: Times::days(YEAR_DAYS) },
        Part { series: month, times: Times::days(MONTH_DAYS) },
    ])
}

/// VictoriaMetrics, Prometheus and Headroom with the data in them, merged and just started.
pub fn start_all(folder: &Path) -> anyhow::Result<[Peer; 3]> {
    let samples: usize = parts()?.iter().map(|part| part.series.len() * part.times.ticks).sum();
    println!("{samples} samples: a year of 2 series, a month of {}", HOSTS - 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let peer = victoria::start(folder)?;
    write(&peer)?;
    peer.check_taken(samples)?;
    runtime.block_on(victoria::settle(&peer))?;
    peer.stop();
    let peer = collector::start(folder, &[])?.peer;
    write(&peer)?;
    peer.check_taken(samples)?;
    collector::settle(&peer.stop())?;
    import(folder)?;
    Ok([victoria::start(folder)?, prometheus::start(folder)?, collector::start(folder, &[])?.peer])
}

fn write(peer: &Peer) -> anyhow::Result<()> {
    let lane = |part: Part| load::series_writes(part.series, part.times);
    remote_write::send(peer, parts()?.into_iter().map(lane).collect())?;
    Ok(())
}

/// Gives Prometheus its blocks, each as long as it would make them itself in the end.
fn import(folder: &Path) -> anyhow::Result<()> {
    let parts = parts()?;
    let begin_ms = parts.iter().map(|part| part.times.begin_ms).min().context("some data")?;
    let end_ms = parts.iter().map(|part| part.times.end_ms()).max().context("some data")?;
    let mut parts: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let names: Vec<String> = part.series.iter().map(open_metrics_name).collect();
            (names, load::points(part.series, part.times).peekable())
        })
        .collect();
    let path = folder.join("block.txt");
    let mut block_end_ms = begin_ms;
    while block_end_ms < end_ms {
        block_end_ms = (block_end_ms / prometheus::BLOCK_MS + 1) * prometheus::BLOCK_MS;
        let mut file = BufWriter::new(File::create(&path)?);
        for (names, points) in &mut parts {
            write_until(&mut file, names, (points, block_end_ms))?;
        }
        writeln!(file, "# EOF")?;
        file.into_inner()?;
        prometheus::import(folder, &path)?;
    }
    Ok(std::fs::remove_file(path)?)
}

fn write_until(
    file: &mut impl Write,
    names: &[String],
    (points, end_ms): (&mut Peekable<impl Iterator<Item = Point>>, i64),
) -> anyhow::Result<()> {
    while let Some(point) = points.next_if(|point| point.timestamp_ms < end_ms) {
        let Point { series, timestamp_ms, value } = point;
        // Whole seconds: no digits are lost.
        writeln!(file, "{} {value} {}", names[series], timestamp_ms / 1000)?;
    }
    Ok(())
}

fn open_metrics_name(series: &Series) -> String {
    let labels = series.labels().filter(|(name, _)| *name != "__name__");
    let labels: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{}{{{}}}", series.metric, labels.join(","))
}
