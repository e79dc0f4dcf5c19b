//! What other programs of the host, such as nightly jobs, leave in a folder as `*.prom` in Prometheus's
//! text format.
//!
//! The files are read beside the rounds. One that breaks the format's rules, tells what the agent tells
//! itself, or finds no room is left out whole, is told, and takes no other along.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use headroom_proto::catalogue::{self, NODE_TEXTFILE_MTIME_SECONDS, NODE_TEXTFILE_SCRAPE_ERROR};
use headroom_proto::limits::{MAX_LABELS, MAX_VALUE_BYTES};
use headroom_proto::metric::{INSTANCE, JOB, is_label_name, is_metric_name};

use super::background::Background;
use super::proc_file::open_regular;
use super::{SampleError, Sampler, below};
use crate::exposition::Sample;
use crate::series::Round;

const INTERVAL: Duration = Duration::from_secs(15);

const MOST_FILES: usize = 100;
const MOST_BYTES: u64 = 1 << 20;

/// The most series of all files together.
const MOST_SERIES: usize = 2000;

/// Labels that say where a series is from are the collector's; Prometheus keeps them under these names.
const EXPORTED: [(&str, &str); 2] = [(INSTANCE, "exported_instance"), (JOB, "exported_job")];

pub struct Textfiles {
    read: Background<Found>,
}

/// What the files hold.
#[derive(Debug, Default, PartialEq)]
struct Found {
    samples: Vec<Sample>,
    /// Files that are told, and when each was written, in Unix seconds.
    files: Vec<(String, f64)>,
    /// What is wrong with others.
    mistakes: Vec<String>,
}

impl Textfiles {
    /// None if no thread can be had.
    pub fn new(root: &Path, directory: &Path) -> Option<Self> {
        let folder = below(root, directory);
        let read =
            Background::start("textfiles", INTERVAL, move |_| Ok(Found::of(&folder))).ok()?;
        Some(Self { read })
    }
}

impl Sampler for Textfiles {
    fn name(&self) -> &'static str {
        "textfiles"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(found) = self.read.last()? {
            found.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.read.settle(deadline);
    }
}

impl Found {
    /// What is there now. A folder that cannot be read is a mistake like any other: whoever watches for
    /// them is told.
    fn of(folder: &Path) -> Self {
        let (mut paths, unread) = listed(folder);
        paths.sort();
        let mut found = Self::default();
        let unread = unread.into_iter();
        found.mistakes.extend(unread.map(|error| format!("{}: {error}", folder.display())));
        let mut known = BTreeSet::new();
        for (place, path) in paths.iter().enumerate() {
            let read = if place < MOST_FILES {
                found.add(path, &mut known)
            } else {
                Err(format!("there are more than {MOST_FILES} files"))
            };
            if let Err(mistake) = read {
                found.mistakes.push(format!("{}: {mistake}", path.display()));
            }
        }
        found
    }

    /// Adds a whole file or nothing.
    fn add(&mut self, path: &Path, known: &mut BTreeSet<String>) -> Result<(), String> {
        let (text, written) = read(path).map_err(|error| format!("cannot be read: {error}"))?;
        let samples = samples(&text)?;
        if self.samples.len() + samples.len() > MOST_SERIES {
            return Err(format!("there are more than {MOST_SERIES} series"));
        }
        let keys: BTreeSet<String> = samples.iter().map(key).collect();
        if keys.len() < samples.len() || !keys.is_disjoint(known) {
            return Err("tells a series that has been told".to_owned());
        }
        known.extend(keys);
        self.samples.extend(samples);
        self.files.push((path.display().to_string(), written));
        Ok(())
    }

    fn push(&self, round: &mut Round<'_>) {
        for Sample { metric, labels, value } in &self.samples {
            let labels: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            round.push(metric, &labels, *value);
        }
        for (file, written) in &self.files {
            round.push(NODE_TEXTFILE_MTIME_SECONDS.name, &[("file", file)], *written);
        }
        let error = if self.mistakes.is_empty() { 0.0 } else { 1.0 };
        round.push(NODE_TEXTFILE_SCRAPE_ERROR.name, &[], error);
        for mistake in &self.mistakes {
            round.item(|_| Err(mistake));
        }
    }
}

/// The files in a folder, and why there may be others.
fn listed(folder: &Path) -> (Vec<PathBuf>, Option<std::io::Error>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut paths, mut unread) = (Vec::new(), None);
    for entry in entries {
        match entry.map(|entry| entry.path()) {
            Ok(path) if path.extension().is_some_and(|end| end == "prom") => paths.push(path),
            Ok(_) => {}
            Err(error) => unread = Some(error),
        }
    }
    (paths, unread)
}

/// A file's text, and when it was written.
fn read(path: &Path) -> std::io::Result<(String, f64)> {
    let file = open_regular(path)?;
    let written = file.metadata()?.modified()?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::other(format!("more than {MOST_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| std::io::Error::other("not UTF-8"))?;
    Ok((text, written.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()))
}

fn samples(text: &str) -> Result<Vec<Sample>, String> {
    // Whoever wrote it was caught halfway: a number may have lost its end.
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("ends within a line".to_owned());
    }
    let mut samples = Vec::new();
    for (line, text) in (1..).zip(text.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let broken = || format!("line {line} is no sample");
        let (mut sample, rest) = Sample::with_rest(text).ok_or_else(broken)?;
        // What was true at another moment is not told as if it were now; node_exporter refuses it, too.
        if !rest.is_empty() {
            return Err(format!(
                "line {line} has more behind its value, such as a moment of its own"
            ));
        }
        if catalogue::find(&sample.metric).is_some() {
            return Err(format!("line {line}: {} is told by the agent itself", sample.metric));
        }
        for (name, _) in &mut sample.labels {
            if let Some((_, exported)) = EXPORTED.iter().find(|(own, _)| own == name) {
                (*exported).clone_into(name);
            }
        }
        if !is_whole(&sample) {
            return Err(broken());
        }
        samples.push(sample);
    }
    Ok(samples)
}

/// Whether names and values are what the collector takes.
fn is_whole(sample: &Sample) -> bool {
    let Sample { metric, labels, .. } = sample;
    let names: BTreeSet<&str> = labels.iter().map(|(name, _)| &**name).collect();
    let fits = |(name, value): &(String, String)| {
        is_label_name(name)
            && !name.starts_with("__")
            && value.len() <= MAX_VALUE_BYTES
            && !value.contains('\0')
    };
    is_metric_name(metric)
        && labels.len() < MAX_LABELS
        && names.len() == labels.len()
        && labels.iter().all(fits)
}

/// What a series is known by, whatever the order of its labels; labels without a value are none.
fn key(sample: &Sample) -> String {
    let labels = sample.labels.iter().filter(|(_, value)| !value.is_empty());
    let mut labels: Vec<_> = labels.map(|(name, value)| format!("{name}\0{value}")).collect();
    labels.sort();
    format!("{}\0{}", sample.metric, labels.join("\0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Reading;

    /// What a folder with these files amounts to: series, and mistakes without the folder's path.
    fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::TempDir::new().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let found = Found::of(folder.path());
        let mut reading = Reading::default();
        let mut round = Round::new(&mut reading);
        found.push(&mut round);
        let series =
            reading.named().filter(|series| series.metric != NODE_TEXTFILE_MTIME_SECONDS.name);
        let shown =
            series.map(|series| format!("{}{:?} {}", series.metric, series.labels, series.value));
        let path = format!("{}/", folder.path().display());
        let mistakes = found.mistakes.iter().map(|mistake| mistake.replace(&path, ""));
        (shown.collect(), mistakes.collect())
    }

    #[test]
    fn files_are_told_and_a_broken_one_harms_itself_only() {
        let good = "# HELP backup_last_success_timestamp_seconds When.\n\
                    # TYPE backup_last_success_timestamp_seconds gauge\n\
                    backup_last_success_timestamp_seconds{job=\"nightly\",to=\"a b\"} 1.7e9\n\n";
        let expected = "backup_last_success_timestamp_seconds\
                        [(\"exported_job\", \"nightly\"), (\"to\", \"a b\")] 1700000000";
        let of =
            |content: &str| found(&[("backup.prom", good), ("bad.prom", content), ("x.txt", "?")]);
        let error = |value: u32| format!("node_textfile_scrape_error[] {value}");
        assert_eq!(of("# only words\n"), (vec![expected.into(), error(0)], vec![]));
        for (content, mistake) in [
            ("a 1\nnode_md_info_DeltaDevices{md_device=\"md1\"} 2,\n", "line 2 is no sample"),
            ("a{b=\"c} 1\n", "line 1 is no sample"),
            ("a 1\nb 12", "ends within a line"),
            ("0a 1\n", "line 1 is no sample"),
            ("a{0b=\"c\"} 1\n", "line 1 is no sample"),
            ("a{b=\"c\",b=\"d\"} 1\n", "line 1 is no sample"),
            ("a 1\na 2\n", "tells a series that has been told"),
            (
                "a 1 1700000000000\n",
                "line 1 has more behind its value, such as a moment of its own",
            ),
            ("a{b=\"\"} 1\na 2\n", "tells a series that has been told"),
            ("node_load1 1\n", "line 1: node_load1 is told by the agent itself"),
            (good, "tells a series that has been told"),
            (&"a".repeat(2 << 20), "cannot be read: more than 1048576 bytes"),
            (
                &(0..2001).map(|n| format!("a{n} 1\n")).collect::<Vec<_>>().concat(),
                "there are more than 2000 series",
            ),
        ] {
            let (told, mistakes) = of(content);
            assert_eq!(mistakes, [format!("bad.prom: {mistake}")], "{content:.80}");
            assert_eq!(told, [expected.to_owned(), error(1)], "{content:.80}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_mistake_and_harms_itself_only() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("good.prom"), "a 1\n").unwrap();
        std::os::unix::fs::symlink(path("gone"), path("dangling.prom")).unwrap();
        std::fs::create_dir(path("folder.prom")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("pipe.prom"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let found = Found::of(folder.path());
        assert_eq!(found.samples.len(), 1);
        let names: Vec<&str> =
            found.mistakes.iter().map(|m| m.split(": ").next().unwrap()).collect();
        let expected = ["dangling.prom", "folder.prom", "pipe.prom"].map(path);
        assert_eq!(names, expected.each_ref().map(|path| path.to_str().unwrap()));
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_mistake() {
        let found = Found::of(Path::new("/nowhere/at/all"));
        assert_eq!(found.mistakes, ["/nowhere/at/all: No such file or directory (os error 2)"]);
        let mut reading = Reading::default();
        found.push(&mut Round::new(&mut reading));
        let told: Vec<(&str, f64)> = reading.named().map(|s| (s.metric, s.value)).collect();
        assert_eq!(told, [(NODE_TEXTFILE_SCRAPE_ERROR.name, 1.0)]);
    }
}
