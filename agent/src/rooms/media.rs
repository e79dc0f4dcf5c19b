//! BigBlueButton's own settings of media, and its release: read beside the polls, and again when a file
//! changes.
//!
//! What cannot be read or understood is as BigBlueButton is delivered, and that is said, in the log
//! and in a series. Nothing but numbers comes out of these files.

mod release;
mod settings;
mod yaml;

use std::io::Read as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom_proto::chain::Chain;
use headroom_proto::media::{MediaSettings, MediaSource};

use self::yaml::{Node, YamlError};
use crate::samplers::Background;

/// How often files are looked at; they are read when one has changed.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// No file is larger; BigBlueButton's has some 50 KiB.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// How long the first poll waits for what is read beside it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where settings stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFiles {
    /// What BigBlueButton is delivered with: the first that is there counts, since an older release
    /// leaves its file behind.
    pub delivered: Vec<PathBuf>,
    /// What overrides it, if it is there.
    pub overriding: Vec<PathBuf>,
    /// Which release is installed, if it is there.
    pub release: PathBuf,
}

impl Default for MediaFiles {
    /// Since 2.6, before, and the place that the host's own settings have in all of them.
    fn default() -> Self {
        let delivered = [
            "/usr/share/bigbluebutton/html5-client/private/config/settings.yml",
            "/usr/share/meteor/bundle/programs/server/assets/app/config/settings.yml",
        ];
        Self {
            delivered: delivered.map(PathBuf::from).to_vec(),
            overriding: vec![PathBuf::from("/etc/bigbluebutton/bbb-html5.yml")],
            release: PathBuf::from("/etc/bigbluebutton/bigbluebutton-release"),
        }
    }
}

/// What is known of a host's media.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Media {
    /// The settings.
    pub settings: MediaSettings,
    /// Where they come from.
    pub source: MediaSource,
    /// Files and keys that were not understood.
    pub mistakes: usize,
    /// The version that is installed, if a file says so: the API keeps it to itself unless it is told
    /// otherwise.
    pub version: Option<String>,
}

/// Why a file tells nothing. Tells places, never content.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("failed to read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is no file", path.display())]
    NoFile { path: PathBuf },
    #[error("{} has more than {MAX_FILE_BYTES} bytes", path.display())]
    Large { path: PathBuf },
    #[error("failed to understand {}", path.display())]
    Yaml { path: PathBuf, source: YamlError },
}

/// Watches the files on a thread of its own.
pub struct MediaWatch {
    background: Option<Background<Arc<Media>>>,
    known: Arc<Media>,
}

impl MediaWatch {
    /// Begins to watch.
    pub fn start(files: MediaFiles) -> Self {
        let mut reader = Reader { files, stamps: Vec::new(), known: Arc::default() };
        let look = move |_: &_| Ok(reader.look());
        let background = Background::start("bbb-settings", LOOK_INTERVAL, look);
        if let Err(error) = &background {
            tracing::error!(
                "BigBlueButton's settings are not read: no thread could start: {error}"
            );
        }
        let background = background.ok();
        if let Some(background) = &background {
            background.settle(Instant::now() + PATIENCE);
        }
        Self { background, known: Arc::default() }
    }

    /// What was read last; as delivered before anything was.
    pub fn last(&mut self) -> Arc<Media> {
        let found = self.background.as_mut().and_then(|background| background.last().ok()?);
        if let Some(found) = found {
            self.known = Arc::clone(found);
        }
        Arc::clone(&self.known)
    }
}

/// What tells whether a file is still the one that was read; none of one that is not there.
type Stamp = Option<[i64; 5]>;

struct Reader {
    files: MediaFiles,
    stamps: Vec<Stamp>,
    known: Arc<Media>,
}

impl Reader {
    fn look(&mut self) -> Arc<Media> {
        let MediaFiles { delivered, overriding, release } = &self.files;
        let paths = delivered.iter().chain(overriding).chain([release]);
        let stamps: Vec<Stamp> = paths.map(|path| stamp(path)).collect();
        if self.stamps != stamps {
            let (media, complaints) = read(&self.files);
            tell(&media, &complaints);
            (self.stamps, self.known) = (stamps, Arc::new(media));
        }
        Arc::clone(&self.known)
    }
}

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some([
        meta.dev() as i64,
        meta.ino() as i64,
        meta.size() as i64,
        meta.mtime(),
        meta.mtime_nsec(),
    ])
}

fn tell(media: &Media, complaints: &[String]) {
    let all = complaints.join("; ");
    match media.source {
        MediaSource::Told => tracing::info!("BigBlueButton's settings of media are read"),
        MediaSource::Partly => tracing::warn!(
            "some of BigBlueButton's settings of media are taken as it is delivered: {all}"
        ),
        MediaSource::Assumed => tracing::warn!(
            "BigBlueButton's settings of media are taken as it is delivered, since they cannot be \
             read: {all}"
        ),
    }
}

/// Reads all files; what was not understood comes in words.
fn read(files: &MediaFiles) -> (Media, Vec<String>) {
    let (mut trees, mut complaints) = (Vec::new(), Vec::new());
    let there = |path: &&PathBuf| path.symlink_metadata().is_ok();
    let delivered = files.delivered.iter().find(there);
    if delivered.is_none() {
        complaints.push(format!("there is no {}", listed(&files.delivered)));
    }
    for path in delivered.into_iter().chain(files.overriding.iter().filter(there)) {
        match tree(path) {
            Ok(tree) => trees.extend(tree),
            Err(error) => complaints.push(Chain(&error).to_string()),
        }
    }
    let understood = settings::understand(&trees);
    complaints.extend(understood.complaints);
    let source = match (trees.is_empty(), complaints.is_empty()) {
        (true, _) => MediaSource::Assumed,
        (false, true) => MediaSource::Told,
        (false, false) => MediaSource::Partly,
    };
    let version = text(&files.release).ok().and_then(|text| release::version(&text));
    let mistakes = complaints.len();
    (Media { settings: understood.settings, source, mistakes, version }, complaints)
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(" or ")
}

fn tree(path: &Path) -> Result<Option<Node>, FileError> {
    let understand = yaml::read(&text(path)?);
    understand.map_err(|source| FileError::Yaml { path: path.to_owned(), source })
}

fn text(path: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    // A pipe would never end, and opening it never return.
    let meta = std::fs::metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(FileError::NoFile { path: path.to_owned() });
    }
    if meta.len() > MAX_FILE_BYTES {
        return Err(FileError::Large { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FileError::Large { path: path.to_owned() });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Any bytes as a file of settings: what is tried with all of them.
pub fn understand_any(bytes: &[u8]) -> MediaSettings {
    let tree = yaml::read(&String::from_utf8_lossy(bytes)).ok().flatten();
    settings::understand(tree.as_slice()).settings
}

#[cfg(test)]
mod tests;
