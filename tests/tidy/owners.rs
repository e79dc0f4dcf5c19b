//! Who may use which outside crate.

use crate::Source;
use crate::arrows::{is_below, uses};

/// Outside crates with one owner, by the path of the owner below the package's folder.
const OWNERS: &[(&str, &[&str])] = &[
    ("comfy_table", &["collector/src/client"]),
    // The client has a file of that name.
    (
        "csv",
        &[
            "collector/src/reference",
            "collector/src/sheet",
            "collector/src/client",
            "collector/src/configuration/offers/import",
        ],
    ),
    ("fjall", &["collector/src/store"]),
    ("glob", &["collector/src/configuration/rules"]),
    ("hashbrown", &["collector/src/store"]),
    ("snap", &["collector/src/ingest/remote_write"]),
    ("nalgebra", &["collector/src/planning"]),
    ("statrs", &["collector/src/planning"]),
    ("pco", &["collector/src/store"]),
    (
        "regex",
        &[
            "collector/src/samples",
            "collector/src/promql",
            "collector/src/rules/template/functions",
        ],
    ),
    ("quick_cache", &["collector/src/kept"]),
    ("plotters", &["collector/src/graphs/draw"]),
    ("png", &["collector/src/graphs/draw"]),
    ("axum", &["collector/src/web"]),
    ("askama", &["collector/src/web"]),
    ("tonic", &["collector/src/ingest", "agent/src/uplink", "proto/src/wire"]),
    (
        "reqwest",
        &[
            "collector/src/alertmanagers",
            "collector/src/client",
            "collector/src/snapshot",
            "collector/src/main",
        ],
    ),
    ("sha2", &["collector/src/identity", "collector/src/oncall"]),
    // The agent names a part of ring so.
    ("hmac", &["collector/src/oncall/ticket", "agent/src/rooms/key"]),
    ("base64", &["collector/src/web/credentials", "collector/src/oncall/ticket"]),
    ("lettre", &["collector/src/delivery/mail"]),
    ("indicatif", &["collector/src/demo/progress"]),
    ("nix", &["agent/src/prober"]),
    ("procfs", &["agent/src/samplers"]),
    ("rtime_clock", &["agent/src/samplers/timex"]),
    ("quick_xml", &["agent/src/rooms/answer"]),
    ("granit_parser", &["agent/src/rooms/media", "collector/src/rules/yaml"]),
    (
        "hyper",
        &[
            "agent/src/http",
            "agent/src/rooms/client",
            "collector/src/delivery",
            "collector/src/web/serve",
        ],
    ),
    ("hyper_util", &["agent/src/http", "collector/src/delivery", "collector/src/web/serve"]),
    ("http_body_util", &["agent/src/http", "collector/src/delivery"]),
    (
        "tokio_rustls",
        &[
            "agent/src/http",
            "agent/src/prober/https",
            "agent/src/rooms/client",
            "collector/src/delivery",
        ],
    ),
    ("ring", &["agent/src/rooms/checksum", "agent/src/rooms/key"]),
];

pub fn foreign_crates(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for (number, line) in source.shipped().lines().enumerate() {
            for (name, owners) in OWNERS {
                let owned = owners.iter().any(|owner| is_below(&source.path, owner));
                if !owned && uses(line, name) {
                    let owners = owners.join(", ");
                    let place = format!("{}:{}", source.path, number + 1);
                    violations.push(format!("{place}: {name} belongs to {owners}"));
                }
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
    fn a_crate_in_the_wrong_place_is_found() {
        let found = foreign_crates(&one("collector/src/web/pages.rs", "use fjall::Database;"));
        let expected = "collector/src/web/pages.rs:1: fjall belongs to collector/src/store";
        assert_eq!(found, [expected]);
        assert!(
            foreign_crates(&one("collector/src/store/log.rs", "use fjall::Keyspace;")).is_empty()
        );
        assert!(
            foreign_crates(&one("collector/src/web.rs", "use tonic_health::server;")).is_empty()
        );
        assert_eq!(foreign_crates(&one("agent/src/run.rs", "let s: tonic::Status;")).len(), 1);
    }
}
