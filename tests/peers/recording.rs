//! This host's own samples, taken by the agent's samplers each second and kept under `target/`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use harness::binaries;
use headroom_agent::frames::{Frames, Taken};
use headroom_agent::samplers::{SamplerOptions, Samplers};
use headroom_agent::series::{Reading, Round, Scope};
use headroom_proto::wire::{Frame, SeriesDefinition, SeriesDefinitions};
use prost::Message;

use crate::load::now_ms;
use crate::remote_write::{Batches, Labels, Point};

const INTERVAL: Duration = Duration::from_secs(1);

/// What was sampled.
pub struct Recording {
    series: Vec<SeriesDefinition>,
    frames: Vec<Frame>,
}

impl Recording {
    /// The recording of that many minutes: what an earlier run left, else a new one, which takes as
    /// long.
    pub fn of_minutes(minutes: usize) -> anyhow::Result<Self> {
        let folder = binaries().with_file_name("recordings");
        let path: PathBuf = folder.join(format!("this-host-{minutes}-minutes"));
        if path.exists() {
            return Self::read(&path);
        }
        println!("recording this host for {minutes} minutes into {}", path.display());
        let recording = Self::record(INTERVAL * (minutes * 60) as u32);
        std::fs::create_dir_all(&folder)?;
        recording.write(&path)?;
        Ok(recording)
    }

    fn record(length: Duration) -> Self {
        let mut samplers = Samplers::new(&SamplerOptions::default());
        let mut taken = Frames::new(1);
        let mut reading = Reading::default();
        let mut series: Vec<SeriesDefinition> = Vec::new();
        let mut frames = Vec::new();
        let start = Instant::now();
        let mut due = start;
        while due < start + length {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += INTERVAL;
            reading.begin(Scope::HOST, now_ms());
            samplers.sample(SystemTime::now(), &mut Round::new(&mut reading));
            let Taken { frame, layout, .. } = taken.take(&mut reading);
            // Ids are given in the order of their first frames.
            let known = series.len() as u32;
            let new = layout.definitions().iter().filter(|one| one.id >= known);
            series.extend(new.map(|one| (**one).clone()));
            frames.push(frame);
        }
        Self { series, frames }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)?;
        let mut rest = &bytes[..];
        let broken = || format!("{} is broken; delete it", path.display());
        let definitions =
            SeriesDefinitions::decode_length_delimited(&mut rest).with_context(broken)?;
        let mut frames = Vec::new();
        while !rest.is_empty() {
            frames.push(Frame::decode_length_delimited(&mut rest).with_context(broken)?);
        }
        Ok(Self { series: definitions.series, frames })
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        let definitions = SeriesDefinitions { boot: 1, series: self.series.clone() };
        let mut bytes = definitions.encode_length_delimited_to_vec();
        for frame in &self.frames {
            frame.encode_length_delimited(&mut bytes)?;
        }
        // Whole or not at all: a run that is broken off leaves no recording.
        let unfinished = path.with_extension("unfinished");
        std::fs::write(&unfinished, bytes)?;
        Ok(std::fs::rename(unfinished, path)?)
    }

    /// How many samples it holds.
    pub fn samples(&self) -> usize {
        self.frames.iter().map(|frame| frame.values.len()).sum()
    }

    /// How many series it holds.
    pub fn series(&self) -> usize {
        self.series.len()
    }

    /// The samples as remote writes on one connection.
    pub fn remote_writes(&self) -> Batches<impl Iterator<Item = Point> + Send> {
        let labels = |series: &SeriesDefinition| {
            let own = [("__name__", series.metric.as_str()), ("instance", "this-host")];
            let others = series.labels.iter().map(|label| (&*label.name, &*label.value));
            Labels::new(own.into_iter().chain(others))
        };
        let point = |timestamp_ms: i64, (&id, &value): (&u32, &f64)| Point {
            series: id as usize,
            timestamp_ms,
            value,
        };
        let points = self.frames.iter().flat_map(move |frame| {
            let pairs = frame.ids.iter().zip(&frame.values);
            pairs.map(move |pair| point(frame.timestamp_ms, pair))
        });
        Batches::new(self.series.iter().map(labels).collect(), points)
    }
}
