//! A look at fjall's manifests before it opens them: it asserts what it reads there, and a flipped
//! bit would end the process.
//!
//! In each folder of `keyspaces/`, `current` names the manifest of the moment (u64) and its 128-bit
//! XXH3 (u128), little endian; fjall writes the checksum and, as of lsm-tree 3.1, does not check it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

/// What `current` of a folder says of its manifest.
enum Manifest {
    /// It is what was written.
    Whole,
    /// This file is not what was written.
    Damaged(PathBuf),
    /// There is none of the name that stands in this file.
    Missing(PathBuf),
}

/// The first manifest that is not what was written; none if all are, or if there is no database.
pub fn first_damaged(database: &Path) -> Option<PathBuf> {
    let damaged = manifests(database).filter_map(|manifest| match manifest {
        Manifest::Damaged(file) => Some(file),
        Manifest::Whole | Manifest::Missing(_) => None,
    });
    damaged.min()
}

/// The first `current` that names no manifest. fjall was removing its folder when the process died, and goes on
/// with it; only where it does not open after that, something is wrong.
pub fn first_missing(database: &Path) -> Option<PathBuf> {
    let missing = manifests(database).filter_map(|manifest| match manifest {
        Manifest::Missing(file) => Some(file),
        Manifest::Whole | Manifest::Damaged(_) => None,
    });
    missing.min()
}

fn manifests(database: &Path) -> impl Iterator<Item = Manifest> {
    let folders = fs::read_dir(database.join("keyspaces")).into_iter().flatten().flatten();
    folders.map(|folder| manifest(&folder.path()))
}

fn manifest(folder: &Path) -> Manifest {
    let current = folder.join("current");
    // A folder without one was being made when the process died; fjall knows what to do.
    let Ok(named) = fs::read(&current) else { return Manifest::Whole };
    let Some((id, rest)) = named.split_first_chunk::<8>() else {
        return Manifest::Damaged(current);
    };
    let Some((checksum, _)) = rest.split_first_chunk::<16>() else {
        return Manifest::Damaged(current);
    };
    let manifest = folder.join(format!("v{}", u64::from_le_bytes(*id)));
    match fs::read(&manifest) {
        Ok(bytes) if xxh3_128(&bytes) == u128::from_le_bytes(*checksum) => Manifest::Whole,
        Err(error) if error.kind() == ErrorKind::NotFound => Manifest::Missing(current),
        // Which of the two is wrong cannot be told.
        Ok(_) | Err(_) => Manifest::Damaged(manifest),
    }
}
