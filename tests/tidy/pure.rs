//! What modules that decide must not touch.

use crate::Source;
use crate::arrows::is_below;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one;

    #[test]
    fn a_clock_in_the_store_is_found() {
        let clock = "let now = SystemTime::now();";
        assert_eq!(impurities(&one("collector/src/store/seal.rs", clock)).len(), 1);
        assert!(impurities(&one("collector/src/web.rs", clock)).is_empty());
        assert_eq!(impurities(&one("collector/src/query/rates.rs", "std::fs::read(p)")).len(), 1);
    }
}
