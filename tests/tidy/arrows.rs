//! The arrows between modules, and what those that decide must not touch.

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
    ("snapshot", &["client", "folder", "store"]),
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
    ("notify", &["clock", "configuration", "delivery", "moments", "oncall", "printable", "rules"]),
    ("tasks", &[]),
    ("licences", &[]),
    (
        "demo",
        &[
            "clock",
            "configuration",
            "costs",
            "moments",
            "identity",
            "latency",
            "offers",
            "reports",
            "run",
            "samples",
            "store",
            "tasks",
        ],
    ),
    ("up", &["identity", "latency", "run", "tasks"]),
];

/// Modules that decide: no clock, no files, no sockets, no threads.
const PURE: &[&str] = &[
    "collector/src/moments",
    "collector/src/complaint",
    "collector/src/printable",
    "collector/src/sheet",
    "collector/src/client/csv",
    "collector/src/client/moment",
    "collector/src/client/table",
    "collector/src/query",
    "collector/src/promql",
    "collector/src/planning",
    "collector/src/costs",
    "collector/src/contracts",
    "collector/src/offers",
    "collector/src/reports/capacity",
    "collector/src/reports/day",
    "collector/src/reports/document",
    "collector/src/reports/grid",
    "collector/src/reports/host",
    "collector/src/reports/measure",
    "collector/src/reports/of_rooms",
    "collector/src/reports/plan",
    "collector/src/reports/recordings",
    "collector/src/reports/replays",
    "collector/src/reports/series",
    "collector/src/reports/sums",
    "collector/src/reports/told",
    "collector/src/reports/usage",
    "collector/src/oncall",
    "collector/src/rules",
    "collector/src/latency",
    "collector/src/reference/table",
    "collector/src/reference/wondernetwork",
    "agent/src/prober/fetched",
    "agent/src/prober/flights",
    "agent/src/prober/limits",
    "agent/src/prober/packet",
    "agent/src/prober/paths",
    "agent/src/prober/round",
    "agent/src/prober/stamp",
    "agent/src/prober/stun",
    "agent/src/prober/target",
    "agent/src/prober/train",
    "collector/src/clock/settled",
    "collector/src/clock/standing",
    "collector/src/ingest/clocks/votes",
    "collector/src/connections/book",
    "collector/src/ingest/frames",
    "collector/src/ingest/losses",
    "collector/src/ingest/meetings",
    "collector/src/ingest/remote_write/fields",
    "collector/src/ingest/remote_write/labels",
    "collector/src/ingest/remote_write/moment",
    "collector/src/ingest/remote_write/described",
    "collector/src/ingest/remote_write/references",
    "collector/src/ingest/remote_write/series",
    "collector/src/ingest/remote_write/unstored",
    "collector/src/ingest/remote_write/version_1",
    "collector/src/ingest/remote_write/version_2",
    "collector/src/demo/host",
    "collector/src/demo/node",
    "collector/simulation/src",
    "collector/src/samples",
    "collector/src/telemetry",
    "collector/src/store/chunk",
    "collector/src/store/day",
    "collector/src/store/gathered",
    "collector/src/store/head",
    "collector/src/store/index",
    "collector/src/store/living",
    "collector/src/store/log/record",
    "collector/src/store/numbers",
    "collector/src/store/pairs",
    "collector/src/store/rollup",
    "collector/src/store/room",
    "collector/src/store/rounds/body",
    "collector/src/store/rounds/columns",
    "collector/src/store/rounds/hours",
    "collector/src/store/rounds/recent",
    "collector/src/store/search",
    "collector/src/store/stretch",
    "collector/src/store/symbols",
    "collector/src/store/wanted",
    "collector/src/latency/events",
    "collector/src/graphs/scale",
    "collector/src/graphs/ticks",
    "collector/src/graphs/figures",
    "collector/src/graphs/export",
    "agent/src/rooms/account",
    "agent/src/rooms/answer",
    "agent/src/rooms/census",
    "agent/src/rooms/checksum",
    "agent/src/rooms/counts",
    "agent/src/rooms/histogram",
    "agent/src/rooms/room",
    "agent/src/rooms/tenants",
    "agent/src/rooms/watch",
    "collector/src/graphs/gather/points",
    "collector/src/graphs/gather/steps",
    "collector/src/graphs/gather/values",
    "collector/src/graphs/grain",
    "collector/src/graphs/unit",
    "collector/src/fleet/judgement",
    "collector/src/rooms/advice",
    "collector/src/rooms/export",
    "agent/src/samplers/containers/figures",
    "agent/src/samplers/processes/groups",
    "agent/src/samplers/processes/stat",
    "agent/src/samplers/recordings/hours",
    "agent/src/samplers/recordings/queue",
    "agent/src/samplers/units/name",
    "agent/src/frames",
    "agent/src/journal/book",
    "agent/src/losses",
    "agent/src/series",
    "agent/src/settings",
    "agent/src/uplink/backoff",
    "proto/src",
];

/// Where the clock is not read at all: time is an argument.
const TIMELESS: [&str; 5] = [
    "collector/src/store",
    "collector/src/links",
    "collector/src/graphs",
    "collector/src/fleet",
    "collector/src/rooms",
];

const CLOCKS: [&str; 4] = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];
const OUTSIDE: [&str; 5] = ["std::fs", "std::net", "std::thread", "tokio::", "std::process"];

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

pub fn impurities(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let among = |folders: &[&str]| folders.iter().any(|folder| is_below(&source.path, folder));
        // Files are read, and a panic ends the process: that is what they are for.
        let at_work = ["configuration.rs", "files.rs", "panics.rs"];
        let pure = among(PURE) && !at_work.iter().any(|name| source.path.ends_with(name));
        for (number, line) in source.shipped().lines().enumerate() {
            let clock: &[&str] = if pure || among(&TIMELESS) { &CLOCKS } else { &[] };
            let outside: &[&str] = if pure { &OUTSIDE } else { &[] };
            for word in clock.iter().chain(outside).filter(|word| line.contains(**word)) {
                let place = format!("{}:{}", source.path, number + 1);
                violations.push(format!("{place}: {word} in a module that decides"));
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

    fn one(path: &str, text: &str) -> Vec<Source> {
        vec![Source { path: path.into(), text: text.into() }]
    }

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
    fn a_clock_in_the_store_is_found() {
        let clock = "let now = SystemTime::now();";
        assert_eq!(impurities(&one("collector/src/store/seal.rs", clock)).len(), 1);
        assert!(impurities(&one("collector/src/web.rs", clock)).is_empty());
        assert_eq!(impurities(&one("collector/src/query/rates.rs", "std::fs::read(p)")).len(), 1);
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
