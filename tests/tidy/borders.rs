//! Borders: names that only some places may speak.

use crate::Source;
use crate::paths::{File, House};

/// A name of this workspace, and the only modules that may speak it.
const OWN: &[(&str, &[&str])] = &[(
    "collector/store/Store",
    &[
        "collector/src/store",
        "collector/src/writer",
        "collector/src/run",
        "collector/src/demo",
        "collector/src/snapshot",
        "collector/src/replays",
        "collector/src/web/snapshot",
    ],
)];

/// Modules, and the names that they never speak: what they do waits for no disk.
const NEVER: &[(&str, &[&str])] = &[
    ("collector/src/web", &["std/fs", "tokio/fs"]),
    ("collector/src/ingest", &["std/fs", "tokio/fs"]),
    ("agent/src/uplink", &["std/fs", "tokio/fs", "agent/spool"]),
    ("agent/src/journal", &["std/fs", "tokio/fs"]),
];

/// Names that are spoken where they must not be.
pub fn crossed(sources: &[Source]) -> Vec<String> {
    let house = House::of(sources);
    let mut violations = Vec::new();
    for file in &house.files {
        let below = |owner: &&str| {
            file.path.strip_prefix(*owner).is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        let spoken = spoken(&house, file);
        let speaks = |name: &str| spoken.iter().any(|one| begins(one, name));
        for (name, _) in OWN.iter().filter(|(name, who)| !who.iter().any(&below) && speaks(name)) {
            violations.push(format!("{}: must not name {name}", file.path));
        }
        for (_, names) in NEVER.iter().filter(|(module, _)| below(module)) {
            let bad = names.iter().filter(|name| speaks(name));
            violations.extend(bad.map(|name| format!("{}: must not name {name}", file.path)));
        }
    }
    violations
}

/// All that a file names, within its package and outside.
fn spoken(house: &House, file: &File) -> Vec<String> {
    let inside = house.named(file).map(|place| place.join("/"));
    inside.chain(file.paths.iter().map(|path| path.join("/"))).collect()
}

fn begins(spoken: &str, name: &str) -> bool {
    spoken.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_wrong_place_is_found() {
        let check = |path: &str, text: &str, expected: &[&str]| {
            let source = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
            let sources = [
                source("collector/src/lib.rs", "mod store; mod web; mod run;"),
                source("collector/src/store.rs", "pub struct Store;"),
                source(path, text),
            ];
            assert_eq!(crossed(&sources), expected, "{text}");
        };
        let store = ["collector/src/graphs.rs: must not name collector/store/Store"];
        check("collector/src/graphs.rs", "use crate::store::Store;", &store);
        check("collector/src/graphs.rs", "fn f(s: &crate::store::Store) {}", &store);
        check("collector/src/graphs.rs", "use crate::store; fn f(s: store::Store) {}", &store);
        check("collector/src/graphs.rs", "use crate::store::{self, Records};", &[]);
        check("collector/src/run.rs", "use crate::store::Store;", &[]);
        let files = ["collector/src/web.rs: must not name std/fs"];
        check("collector/src/web.rs", "fn f() { std::fs::read(p); }", &files);
        check("collector/src/web.rs", "use std::fs; fn f() { fs::read(p); }", &files);
        check("collector/src/run.rs", "fn f() { std::fs::read(p); }", &[]);
        let uplink = "agent/src/uplink.rs";
        check(
            uplink,
            "fn f() { std::fs::read(p); }",
            &["agent/src/uplink.rs: must not name std/fs"],
        );
        check(
            uplink,
            "use crate::spool::Spool;",
            &["agent/src/uplink.rs: must not name agent/spool"],
        );
        check(uplink, "use crate::journal::Outlet;", &[]);
        let journal = ["agent/src/journal.rs: must not name std/fs"];
        check("agent/src/journal.rs", "use std::fs::File;", &journal);
        check("agent/src/journal.rs", "use crate::spool::work::Work;", &[]);
    }
}
