//! Configuration files of both programs: read, or refused with all their mistakes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use headroom::configuration::CollectorConfiguration;
use headroom_agent::configuration::AgentConfiguration;
use headroom_proto::configuration::ConfigurationError;
use tempfile::TempDir;

use crate::scratch;

thread_local! {
    static FOLDER: TempDir = scratch::folder();
}

/// A collector's file.
pub fn collector_configuration(bytes: &[u8]) {
    let path = written("collector.toml", bytes);
    tell(CollectorConfiguration::load(&path).err());
}

/// An agent's file.
pub fn agent_configuration(bytes: &[u8]) {
    let path = written("agent.toml", bytes);
    tell(AgentConfiguration::load(&path, Path::new("/")).err());
}

/// A file of offers, which a collector's file names.
pub fn offers(bytes: &[u8]) {
    written("offers.toml", bytes);
    let path = written("with_offers.toml", b"offers = \"offers.toml\"\n");
    tell(CollectorConfiguration::load(&path).err());
}

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.with(|folder| folder.path().join(name));
    std::fs::write(&path, bytes).expect("the scratch folder can be written");
    path
}

/// A refusal has words.
fn tell(refused: Option<ConfigurationError>) {
    let mut words = String::new();
    if let Some(error) = refused {
        write!(words, "{error}").expect("a text takes anything");
        assert!(!words.is_empty(), "refused without a word");
    }
}

/// The example, and the files with mistakes.
pub fn collector_seeds() -> Vec<Vec<u8>> {
    with_mistakes("collector", include_str!("../../../collector/example.toml"))
}

/// The example.
pub fn offers_seeds() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../../dashboards/offers/example.toml").to_vec()]
}

/// The example, and the files with mistakes.
pub fn agent_seeds() -> Vec<Vec<u8>> {
    with_mistakes("agent", include_str!("../../../agent/example.toml"))
}

fn with_mistakes(program: &str, example: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/configurations");
    let entries = std::fs::read_dir(folder.join(program)).expect("files with mistakes");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mistakes = paths.iter().map(|path| std::fs::read(path).expect("a file of ours"));
    std::iter::once(example.as_bytes().to_vec()).chain(mistakes).collect()
}
