//! What a collector kept of rounds, read from its store once it has ended.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context;
use headroom::latency::known_paths;
use headroom::samples::{Budget, TimeRange};
use headroom::store::{PathRound, Records, Store, WantedRounds};

/// The rounds to each target of a datacentre, in order.
pub fn rounds(
    store: &Arc<Store>,
    datacentre: &str,
) -> anyhow::Result<Vec<(Ipv4Addr, Vec<PathRound>)>> {
    let (records, budget) = (Records::of(store), Budget::unlimited());
    let mut all = Vec::new();
    for path in known_paths(&records, datacentre, &budget)? {
        let target = path.name.target.parse().context("a target is an address")?;
        let range = TimeRange { from_ms: 0, to_ms: i64::MAX };
        let mut rounds = Vec::new();
        records.rounds(WantedRounds { path: path.probed.id, range }, &budget, |round| {
            rounds.push(round);
            Ok(())
        })?;
        all.push((target, rounds));
    }
    Ok(all)
}
