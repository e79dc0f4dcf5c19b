//! Sizes, names and documents.

use std::path::Path;

use crate::Source;

/// The ceiling of a file without its tests, and of a file of tests.
const LINES: usize = 500;

/// What stands at the top of the repository, and nothing else.
const TOP: [&str; 21] = [
    ".ci",
    ".git",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "STORAGE_FORMAT.md",
    "agent",
    "clippy.toml",
    "collector",
    "dashboards",
    "headroom-data",
    "proto",
    "rustfmt.toml",
    "target",
    "tests",
];

/// Names that say of what kind a file is, not what it is about.
const KINDS: [&str; 11] = [
    "util", "utils", "helper", "helpers", "common", "misc", "types", "traits", "model", "manager",
    "mod",
];

const DOCUMENTS: [&str; 4] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "STORAGE_FORMAT.md"];

pub fn oversized(sources: &[Source]) -> Vec<String> {
    let lines = |source: &Source| match source.shipped() {
        "" => source.text.lines().count(),
        shipped => shipped.lines().count(),
    };
    let long = sources.iter().filter(|source| lines(source) > LINES);
    long.map(|source| format!("{}: {} lines, at most {LINES}", source.path, lines(source)))
        .collect()
}

pub fn named_by_kind(sources: &[Source]) -> Vec<String> {
    let stem = |source: &Source| {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_owned()
    };
    let tests = |source: &Source| source.path.contains("/tests/");
    let bad = sources.iter().filter(|s| KINDS.contains(&stem(s).as_str()) && !tests(s));
    bad.map(|source| format!("{}: named by kind, not by subject", source.path)).collect()
}

pub fn undocumented(sources: &[Source]) -> Vec<String> {
    let silent = sources
        .iter()
        .filter(|source| !source.text.starts_with("//!") && !source.path.contains("tests"));
    silent.map(|source| format!("{}: does not say what it owns", source.path)).collect()
}

pub fn strangers_at_the_top(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).expect("the root of the workspace").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| !TOP.contains(&name.as_str()))
        .map(|name| format!("{name} at the top"))
        .collect()
}

/// Paths in back-ticks that look like ours and do not exist.
pub fn dead_paths(root: &Path) -> Vec<String> {
    let mut dead = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).expect("a document");
        for quoted in text.split('`').skip(1).step_by(2) {
            let ours = ["agent/", "collector/", "proto/", "tests/", "dashboards/", ".ci/"];
            let word = quoted.split(' ').next().unwrap_or_default();
            let pattern = word.contains(['{', '*', '<']);
            if ours.iter().any(|folder| word.starts_with(folder))
                && !pattern
                && !root.join(word).exists()
            {
                dead.push(format!("{document}: {word} does not exist"));
            }
        }
    }
    dead
}
