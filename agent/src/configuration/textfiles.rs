//! `[textfiles]`: where other programs leave what they have to tell.

use std::path::{Path, PathBuf};

use headroom_proto::configuration::Section;

use crate::samplers::below;

pub fn build(section: &Section<'_>, host: &Path) -> Option<PathBuf> {
    let directory = section.path("directory")?;
    if !below(host, &directory).is_dir() {
        section.mistake("directory", "must be a directory");
    }
    Some(directory)
}
