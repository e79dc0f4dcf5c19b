//! `GET /api/v2/status` and `/api/v2/receivers`: what amtool asks before each command. Its `original` is
//! a configuration that an Alertmanager could read, without addresses and secrets.

use std::fmt::Write as _;

use axum::response::Response;
use serde::Serialize;

use super::{answer, told};
use crate::oncall::Timing;
use crate::web::gate::{Gate, Kind};
use crate::web::oncall::OnCall;
use crate::web::problem::Problem;
use crate::web::site::Visit;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    cluster: Cluster,
    version_info: Release,
    config: Configuration,
    uptime: String,
}

#[derive(Serialize)]
struct Cluster {
    name: &'static str,
    status: &'static str,
    peers: [&'static str; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    branch: &'static str,
    build_date: &'static str,
    build_user: &'static str,
    go_version: &'static str,
    revision: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    original: String,
}

#[derive(Serialize)]
struct Receiver<'r> {
    name: &'r str,
}

/// `GET /api/v2/status`.
pub async fn status(gate: Gate) -> Result<Response, Problem> {
    let make = |visit: Visit<'_>| {
        Ok(answer(&Status {
            cluster: Cluster { name: "", status: "disabled", peers: [] },
            version_info: Release {
                branch: "",
                build_date: "",
                build_user: "",
                go_version: "",
                revision: "",
                version: env!("CARGO_PKG_VERSION"),
            },
            config: Configuration { original: original(&visit.site.oncall) },
            uptime: told(visit.site.started_ms),
        }))
    };
    gate.pass(Kind::Listing, make).await
}

/// `GET /api/v2/receivers`.
pub async fn receivers(gate: Gate) -> Result<Response, Problem> {
    let make = |visit: Visit<'_>| {
        let receivers = visit.site.oncall.receivers.iter();
        let told = receivers.map(|receiver| Receiver { name: &receiver.name });
        Ok(answer(&told.collect::<Vec<_>>()))
    };
    gate.pass(Kind::Listing, make).await
}

/// Who is told what, as far as an Alertmanager has words for it.
fn original(oncall: &OnCall) -> String {
    let Timing { wait_ms, interval_ms, repeat_ms, .. } = oncall.policy.timing;
    let names: Vec<&str> = oncall.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let feeds = &oncall.policy.feeds;
    let first = feeds.first().map(String::as_str).or(names.first().copied()).unwrap_or("nobody");
    let mut text = format!(
        "# Headroom calls people by [[people]], [rota] and [[escalation]], of which an Alertmanager knows nothing.\n\
         global:\n  resolve_timeout: 5m\nroute:\n  receiver: {first}\n"
    );
    if let Some(labels) = &oncall.policy.group_by {
        let labels: Vec<String> = labels.iter().map(|label| format!("{label:?}")).collect();
        let _ = writeln!(text, "  group_by: [{}]", labels.join(", "));
    }
    for (name, ms) in
        [("group_wait", wait_ms), ("group_interval", interval_ms), ("repeat_interval", repeat_ms)]
    {
        let _ = writeln!(text, "  {name}: {}s", ms.div_euclid(1000).max(1));
    }
    if feeds.len() > 1 {
        text.push_str("  routes:\n");
        for feed in feeds {
            let _ = writeln!(text, "  - receiver: {feed}\n    continue: true");
        }
    }
    text.push_str("receivers:\n");
    for receiver in &*oncall.receivers {
        let _ = writeln!(
            text,
            "- name: {} # {}, its address and secrets are not shown",
            receiver.name, receiver.kind
        );
    }
    if names.is_empty() {
        text.push_str("- name: nobody\n");
    }
    text
}
