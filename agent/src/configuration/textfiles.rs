//! `[textfiles]`: where other programs leave what they have to tell.

use std::path::PathBuf;

use headroom_proto::configuration::Section;

pub fn build(section: &Section<'_>) -> Option<PathBuf> {
    let directory = section.path("directory")?;
    if !directory.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    Some(directory)
}
