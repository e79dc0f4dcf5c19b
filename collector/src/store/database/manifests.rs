//! A look at fjall's manifests before it opens them: it asserts what it reads there, and a flipped
//! bit would end the process.
//!
//! In each folder of `keyspaces/`, `current` names the manifest of the moment (u64) and its 128-bit
//! XXH3 (u128), little endian; fjall writes the checksum and, as of lsm-tree 3.1, does not check it.

use std::fs;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

/// The first manifest that is not what was written; none if all are, or if there is no database.
pub fn first_damaged(database: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(database.join("keyspaces")).ok()?.flatten();
    folders.filter_map(|folder| damaged(&folder.path())).min()
}

fn damaged(folder: &Path) -> Option<PathBuf> {
    let current = folder.join("current");
    // A folder without one was being made when the process died; fjall knows what to do.
    let named = fs::read(&current).ok()?;
    let Some((id, rest)) = named.split_first_chunk::<8>() else { return Some(current) };
    let Some((checksum, _)) = rest.split_first_chunk::<16>() else { return Some(current) };
    let manifest = folder.join(format!("v{}", u64::from_le_bytes(*id)));
    match fs::read(&manifest) {
        Ok(bytes) if xxh3_128(&bytes) == u128::from_le_bytes(*checksum) => None,
        // Which of the two is wrong cannot be told.
        Ok(_) => Some(manifest),
        Err(_) => Some(current),
    }
}
