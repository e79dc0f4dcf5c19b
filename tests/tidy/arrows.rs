//! The arrows between modules.

use crate::Source;

/// Who may import whom inside the collector, as ARCHITECTURE.md draws it. `main` and `up` put
/// everything together.
const ARROWS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("moments", &[]),
    ("complaint", &[]),
    ("printable", &[]),
    ("sheet", &["printable"]),
    ("client", &["moments", "sheet"]),
    ("folder", &[]),
    ("snapshot", &["client", "folder", "reference", "store"]),
    ("telemetry", &["samples", "store"]),
    ("identity", &[]),
    ("connections", &["identity", "telemetry"]),
    ("descriptors", &[]),
    ("allocator", &[]),
    ("kept", &[]),
    ("samples", &["moments"]),
    ("store", &["moments", "samples"]),
    ("query", &[]),
    ("stack", &[]),
    ("promql", &["kept", "moments", "samples", "stack"]),
    ("rules", &["promql", "samples"]),
    ("alertmanagers", &["complaint", "rules", "telemetry"]),
    ("oncall", &["moments", "printable", "samples"]),
    ("delivery", &["oncall"]),
    ("writer", &["complaint", "samples", "store", "telemetry"]),
    (
        "ingest",
        &[
            "clock",
            "moments",
            "samples",
            "store",
            "identity",
            "connections",
            "latency",
            "telemetry",
            "writer",
        ],
    ),
    ("latency", &["moments", "samples", "sheet", "store"]),
    ("reference", &[]),
    ("planning", &[]),
    ("costs", &[]),
    ("contracts", &["planning"]),
    ("offers", &["contracts", "costs", "latency", "planning"]),
    (
        "reports",
        &[
            "moments",
            "printable",
            "sheet",
            "samples",
            "store",
            "query",
            "links",
            "planning",
            "costs",
            "contracts",
            "latency",
            "offers",
            "reference",
        ],
    ),
    ("links", &["moments", "samples", "query"]),
    ("days", &["samples", "query", "links", "telemetry"]),
    (
        "graphs",
        &[
            "moments",
            "printable",
            "sheet",
            "samples",
            "store",
            "query",
            "promql",
            "links",
            "latency",
        ],
    ),
    ("fleet", &["moments", "samples", "store", "query", "links"]),
    ("rooms", &["kept", "moments", "sheet", "samples", "query", "promql"]),
    (
        "web",
        &[
            "clock",
            "moments",
            "printable",
            "sheet",
            "samples",
            "store",
            "promql",
            "links",
            "graphs",
            "fleet",
            "latency",
            "rooms",
            "planning",
            "costs",
            "reference",
            "reports",
            "oncall",
            "rules",
            "telemetry",
            "identity",
            "connections",
            "ingest",
        ],
    ),
    (
        "configuration",
        &[
            "clock",
            "moments",
            "identity",
            "connections",
            "ingest",
            "latency",
            "oncall",
            "planning",
            "costs",
            "contracts",
            "offers",
            "reports",
            "rules",
            "store",
        ],
    ),
    (
        "run",
        &[
            "alertmanagers",
            "clock",
            "complaint",
            "configuration",
            "connections",
            "days",
            "delivery",
            "descriptors",
            "folder",
            "graphs",
            "identity",
            "ingest",
            "latency",
            "moments",
            "oncall",
            "promql",
            "reference",
            "reports",
            "rooms",
            "rules",
            "samples",
            "store",
            "tasks",
            "telemetry",
            "web",
            "writer",
        ],
    ),
    ("trials", &["configuration", "rules"]),
    ("replays", &["client", "clock", "configuration", "printable", "rules", "samples", "store"]),
    ("notify", &["clock", "configuration", "delivery", "moments", "oncall", "printable", "rules"]),
    ("tasks", &[]),
    ("licences", &[]),
    (
        "demo",
        &[
            "clock",
            "configuration",
            "connections",
            "costs",
            "moments",
            "identity",
            "latency",
            "offers",
            "oncall",
            "reports",
            "run",
            "samples",
            "store",
            "tasks",
            "web",
        ],
    ),
    ("up", &["identity", "latency", "run", "tasks"]),
];

pub fn forbidden_imports(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let module = module(&source.path);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == module) else {
            violations.push(format!("{}: {module} has no arrows in the tidy test", source.path));
            continue;
        };
        for (number, target) in imports(source) {
            if target != module && !allowed.contains(&&*target) {
                violations
                    .push(format!("{}:{number}: {module} must not import {target}", source.path));
            }
        }
    }
    violations
}

pub fn strangers(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let forbidden: &[&str] = match source.path.split('/').next() {
            Some("agent") => &["headroom::"],
            Some("proto") => &["headroom::", "headroom_agent::"],
            _ if is_below(&source.path, "collector/simulation/src") => {
                &["headroom::", "headroom_agent::", "headroom_proto::"]
            }
            _ if source.path == "collector/src/up.rs" => &[],
            _ if is_below(&source.path, "collector/src/demo") => &[],
            _ => &["headroom_agent::"],
        };
        for (number, line) in source.shipped().lines().enumerate() {
            for name in forbidden.iter().filter(|name| uses(line, name.trim_end_matches("::"))) {
                let place = format!("{}:{}", source.path, number + 1);
                violations.push(format!("{place}: must not know {name}"));
            }
        }
    }
    violations
}

/// The top module of a path such as `collector/src/store/head.rs`.
fn module(path: &str) -> &str {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    inside.split(['/', '.']).next().unwrap_or_default()
}

/// Whether a path is the module `owner` or lies below it.
pub fn is_below(path: &str, owner: &str) -> bool {
    path.strip_prefix(owner).is_some_and(|rest| rest.starts_with(['/', '.']))
}

/// The top modules that a file names, each with its line: behind `crate::`, behind as many
/// `super::` as lead to the root, and within braces over any number of lines.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    let code: Vec<String> = source.shipped().lines().map(code).collect();
    let code = code.join("\n");
    let inside = source.path.split_once("/src/").map_or(&*source.path, |(_, inside)| inside);
    let to_the_root = "super::".repeat(inside.split('/').count());
    let mut found = Vec::new();
    for prefix in ["crate::", &to_the_root] {
        for (place, _) in code.match_indices(prefix) {
            // `$crate::`, `other_crate::` and a longer row of `super::` are something else.
            let before = code[..place].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | ':')) {
                continue;
            }
            let line = code[..place].matches('\n').count() + 1;
            let names = heads(&code[place + prefix.len()..]);
            found.extend(names.into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// The first names of a path, or of each path of a list in braces.
fn heads(path: &str) -> Vec<String> {
    let name = |path: &str| -> String {
        path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut names = vec![name(list)];
    let mut depth = 1;
    for (place, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(name(&list[place + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Whether a line of code names a path of the crate `name`.
pub fn uses(line: &str, name: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(&format!("{name}::")).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one;

    #[test]
    fn a_forbidden_import_is_found() {
        let store = "collector/src/store/head.rs";
        let web = "use crate::web::Site;\n";
        let found = forbidden_imports(&one(store, web));
        assert_eq!(found, ["collector/src/store/head.rs:1: store must not import web"]);
        let braces = "\nuse crate::{store, ingest::Door};\n";
        let found = forbidden_imports(&one("collector/src/graphs.rs", braces));
        assert_eq!(found, ["collector/src/graphs.rs:2: graphs must not import ingest"]);
        let lines = "use crate::{\n    query::{Column, fold},\n    web::Site,\n};\n";
        let found = forbidden_imports(&one("collector/src/graphs.rs", lines));
        assert_eq!(found, ["collector/src/graphs.rs:1: graphs must not import web"]);
        let upwards = "use super::super::web::Site;\nuse super::chunk;\n";
        let found = forbidden_imports(&one(store, upwards));
        assert_eq!(found, ["collector/src/store/head.rs:1: store must not import web"]);
        let beside = "use super::web::Site;";
        assert_eq!(forbidden_imports(&one("collector/src/store.rs", beside)).len(), 1);
        let inline = "fn f() { crate::web::serve() }";
        assert_eq!(forbidden_imports(&one("collector/src/query/rates.rs", inline)).len(), 1);
        let fine =
            "use crate::store::Store; // not crate::web\n#[cfg(test)]\nuse crate::web::Site;";
        assert!(forbidden_imports(&one("collector/src/graphs/gather.rs", fine)).is_empty());
        assert_eq!(forbidden_imports(&one("collector/src/newcomer.rs", "")).len(), 1);
    }

    #[test]
    fn a_stranger_is_found() {
        let agent = "use headroom_agent::run;";
        assert_eq!(strangers(&one("collector/src/web.rs", agent)).len(), 1);
        assert!(strangers(&one("collector/src/up.rs", agent)).is_empty());
        assert_eq!(strangers(&one("agent/src/run.rs", "use headroom::store;")).len(), 1);
        assert!(strangers(&one("agent/src/run.rs", "use headroom_proto::wire;")).is_empty());
        let wire = "use headroom_proto::wire;";
        assert_eq!(strangers(&one("collector/simulation/src/walk.rs", wire)).len(), 1);
    }
}
