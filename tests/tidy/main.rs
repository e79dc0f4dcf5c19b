//! Holds what ARCHITECTURE.md says of the code's shape: arrows, owners of outside crates, groups of
//! addresses, sizes, names. Reads the sources as text.

mod arrows;
mod borders;
mod circles;
mod licences;
mod metrics;
mod owners;
mod parameters;
mod paths;
mod pure;
mod routes;
mod shape;

use std::path::{Path, PathBuf};

/// The sources of the programs.
const SOURCES: [&str; 4] = ["collector/src", "collector/simulation/src", "agent/src", "proto/src"];

/// A source file: its path below the root of the workspace, and its text.
pub struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The part before the tests: what ships.
    fn shipped(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }
}

/// One file, as tests of the rules themselves make it up.
#[cfg(test)]
fn one(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.into(), text: text.into() }]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of those endings below the given folders.
fn sources(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| endings.iter().any(|known| e == *known)) {
                let name = path.strip_prefix(root()).expect("below the root").display().to_string();
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push(Source { path: name, text });
            }
        }
    }
    assert!(!found.is_empty(), "nothing below {folders:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Fails with all violations at once.
fn report(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn modules_import_only_along_the_arrows() {
    report(&arrows::forbidden_imports(&sources(&["collector/src"], &["rs"])));
}

#[test]
fn no_files_import_each_other() {
    report(&circles::circles(&sources(&SOURCES, &["rs"])));
}

#[test]
fn names_stay_behind_their_borders() {
    report(&borders::crossed(&sources(&SOURCES, &["rs"])));
}

#[test]
fn metrics_are_named_in_the_catalogue_alone() {
    report(&metrics::stray_names(&sources(&SOURCES, &["rs"])));
    report(&metrics::unknown_series(&sources(&["dashboards"], &["toml"])));
}

#[test]
fn parameters_say_what_they_are() {
    report(&parameters::speechless(&sources(&SOURCES, &["rs"])));
}

#[test]
fn each_outside_crate_has_one_owner() {
    report(&owners::foreign_crates(&sources(&SOURCES, &["rs"])));
}

#[test]
fn what_decides_reads_no_clock_and_does_no_io() {
    report(&pure::impurities(&sources(&SOURCES, &["rs"])));
}

#[test]
fn agent_and_collector_do_not_know_each_other() {
    report(&arrows::strangers(&sources(&SOURCES, &["rs"])));
}

#[test]
fn each_address_belongs_to_a_group() {
    report(&routes::without_group(&sources(&SOURCES, &["rs"])));
}

#[test]
fn files_are_short_and_named_by_subject() {
    let folders = ["collector", "agent", "proto", "tests", "dashboards"];
    report(&shape::oversized(&sources(&folders, &["rs", "js", "css", "html"])));
    report(&shape::named_by_kind(&sources(&folders, &["rs", "js"])));
}

#[test]
fn each_module_says_what_it_owns() {
    report(&shape::undocumented(&sources(&SOURCES, &["rs"])));
}

#[test]
fn each_crate_of_the_programs_is_listed_with_its_licence() {
    let made_of = licences::crates(&root());
    if std::env::var_os("HEADROOM_WRITE_LICENCES").is_some() {
        std::fs::write(root().join(licences::LIST), licences::list(&made_of)).expect("writable");
    }
    let list = std::fs::read_to_string(root().join(licences::LIST)).expect("a list");
    report(&licences::differences(&made_of, &list));
    report(&licences::unknown(&made_of));
}

#[test]
fn the_top_level_is_fixed() {
    report(&shape::strangers_at_the_top(&root()));
}

#[test]
fn documents_name_files_that_exist() {
    report(&shape::dead_paths(&root()));
}
