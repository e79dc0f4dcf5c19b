//! The inputs of a target that are kept: the corpus, and what once broke something.

use std::path::{Path, PathBuf};

use crate::Target;

/// The folders of inputs: those that show the way, and those that once broke something.
const FOLDERS: [&str; 2] = ["corpus", "found"];

/// All inputs that a target has, in the order of their names.
pub fn of(target: Target) -> Vec<Vec<u8>> {
    let mut inputs = (target.seeds)();
    for path in FOLDERS.iter().flat_map(|folder| files(&folder_of(folder, target))) {
        inputs.push(std::fs::read(&path).expect("an input can be read"));
    }
    inputs
}

/// Where a target's inputs of one kind lie.
pub fn folder_of(kind: &str, target: Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target.name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}
