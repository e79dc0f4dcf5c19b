//! Folders that are their owner's alone.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

/// Makes a folder, and those above it, for their owner alone. One that is there stays as it is; the log
/// names it if others may look into it.
pub fn make_private(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = std::fs::metadata(path)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        tracing::warn!(
            "others may look into {path} (mode {mode:o}): take that away with chmod 700"
        );
    }
    Ok(())
}
