//! What the two programs are made of, as cargo resolves it, beside the list that goes out with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The list that goes out with the programs. `HEADROOM_WRITE_LICENCES=1` writes it.
pub const LIST: &str = "collector/licences/crates.txt";

/// The collector's program has all of the agent's in it.
const PROGRAM: &str = "headroom";

/// What is built and shipped.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Licences that were looked at: all go with GPL-3.0-or-later. The font's own goes with it as data.
const KNOWN: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    // Only ever beside another that may be chosen.
    "GPL-2.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "MIT",
    // Of fonts that come with the crate of ours and are not in the program.
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "CC0-1.0",
];

/// A crate of another hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    pub name: String,
    pub version: String,
    pub licence: String,
}

/// All crates of other hands in the programs, ordered by name.
pub fn crates(root: &Path) -> BTreeSet<Crate> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", PLATFORM]);
    let output = cargo.current_dir(root).output().expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {said}");
    of_metadata(&serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn of_metadata(metadata: &Value) -> BTreeSet<Crate> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by_id = |values: Vec<Value>| -> BTreeMap<String, Value> {
        values.into_iter().map(|value| (text(&value["id"]), value)).collect()
    };
    let packages = by_id(list(&metadata["packages"]));
    let nodes = by_id(list(&metadata["resolve"]["nodes"]));
    let own = packages.iter().find(|(_, package)| package["name"] == PROGRAM);
    let mut open: Vec<String> = own.map(|(id, _)| id.clone()).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let linked = |dependency: &Value| {
            // What builds or tests is not in the program.
            list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
        };
        let dependencies = list(&nodes[&id]["deps"]);
        if seen.insert(id) {
            let linked = dependencies.iter().filter(|dependency| linked(dependency));
            open.extend(linked.map(|dependency| text(&dependency["pkg"])));
        }
    }
    let foreign = seen.iter().map(|id| &packages[id]).filter(|p| !p["source"].is_null());
    let one = |package: &Value| Crate {
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: text(&package["license"]),
    };
    foreign.map(one).collect()
}

/// The list as it goes out.
pub fn list(crates: &BTreeSet<Crate>) -> String {
    crates.iter().map(|one| line(one) + "\n").collect()
}

fn line(Crate { name, version, licence }: &Crate) -> String {
    format!("{name} {version}: {licence}")
}

/// Where the list and the programs differ.
pub fn differences(crates: &BTreeSet<Crate>, list: &str) -> Vec<String> {
    let there: BTreeSet<String> = crates.iter().map(line).collect();
    let listed: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    let missing = there.difference(&listed).map(|line| format!("{LIST} lacks {line}"));
    let stale = listed.difference(&there).map(|line| format!("{LIST}: no program has {line}"));
    missing.chain(stale).collect()
}

/// Crates with a licence that nobody has looked at, or with none.
pub fn unknown(crates: &BTreeSet<Crate>) -> Vec<String> {
    let known = |Crate { licence, .. }: &&Crate| {
        let words = licence.replace(['(', ')'], "").replace(" AND ", "/").replace(" OR ", "/");
        words.split('/').all(|word| KNOWN.contains(&word.trim()))
    };
    crates.iter().filter(|one| !known(one)).map(|one| format!("decide on {}", line(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_crate_that_is_not_listed_or_not_decided_on_is_found() {
        let package = |id: &str, licence: &str, source: &Value| json!({ "id": id, "name": id, "version": "1.0.0", "license": licence, "source": source });
        let dependency =
            |id: &str, kind: &Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let registry = json!("registry");
        let metadata = json!({
            "packages": [
                package("headroom", "GPL-3.0-or-later", &Value::Null),
                package("a", "MIT/Apache-2.0", &registry),
                package("b", "(Secret OR MIT) AND ISC", &registry),
                package("test-only", "MIT", &registry),
            ],
            "resolve": { "nodes": [
                { "id": "headroom", "deps": [
                    dependency("a", &Value::Null), dependency("test-only", &json!("dev")),
                ] },
                { "id": "a", "deps": [dependency("b", &Value::Null)] },
                { "id": "b", "deps": [] },
                { "id": "test-only", "deps": [] },
            ] },
        });
        let crates = of_metadata(&metadata);
        let listed = "a 1.0.0: MIT/Apache-2.0\nb 1.0.0: (Secret OR MIT) AND ISC\n";
        assert_eq!(list(&crates), listed);
        assert!(differences(&crates, listed).is_empty());
        let found = differences(&crates, "a 1.0.0: MIT/Apache-2.0\nc 1.0.0: MIT\n");
        let lacks = format!("{LIST} lacks b 1.0.0: (Secret OR MIT) AND ISC");
        assert_eq!(found, [lacks, format!("{LIST}: no program has c 1.0.0: MIT")]);
        assert_eq!(unknown(&crates), ["decide on b 1.0.0: (Secret OR MIT) AND ISC"]);
    }
}
