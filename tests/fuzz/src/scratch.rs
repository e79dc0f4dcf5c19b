//! Folders for targets that read files: in memory, where the system has a place for that.

use std::path::Path;

use tempfile::TempDir;

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// A new folder, gone when it is dropped.
pub fn folder() -> TempDir {
    let memory = Path::new(MEMORY);
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let made = tempfile::Builder::new().prefix("headroom-fuzz-").tempdir_in(place);
    made.expect("a folder for files")
}
