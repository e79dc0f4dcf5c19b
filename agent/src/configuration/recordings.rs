//! `[recordings]`: where BigBlueButton keeps its recordings.

use std::path::{Path, PathBuf};

use headroom_proto::configuration::Section;

use crate::samplers::below;

pub fn build(section: &Section<'_>, default: PathBuf, host: &Path) -> PathBuf {
    let directory = section.path("directory").unwrap_or(default);
    let place = below(host, &directory);
    if place.exists() && !place.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    directory
}
