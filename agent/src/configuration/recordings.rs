//! `[recordings]`: where BigBlueButton keeps its recordings.

use std::path::PathBuf;

use headroom_proto::configuration::Section;

pub fn build(section: &Section<'_>, default: PathBuf) -> PathBuf {
    let directory = section.path("directory").unwrap_or(default);
    if directory.exists() && !directory.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    directory
}
