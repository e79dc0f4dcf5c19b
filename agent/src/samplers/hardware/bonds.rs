//! Bonds: how many interfaces each has, and how many of those carry.

use std::path::Path;

use headroom_proto::catalogue::{NODE_BONDING_ACTIVE, NODE_BONDING_SLAVES};

use super::facts::{Facts, entries, text};

pub fn read(root: &Path, facts: &mut Facts) {
    for (master, folder) in entries(&root.join("sys/class/net")) {
        let Ok(slaves) = std::fs::read(folder.join("bonding/slaves")) else { continue };
        let slaves = String::from_utf8_lossy(&slaves);
        let slaves: Vec<&str> = slaves.split_ascii_whitespace().collect();
        let up = |slave: &&&str| {
            let state = |link: String| text(&folder.join(link).join("bonding_slave/mii_status"));
            let state = state(format!("lower_{slave}")).or_else(|| state(format!("slave_{slave}")));
            state.as_deref() == Some("up")
        };
        let labels = [("master", &*master)];
        facts.add(NODE_BONDING_SLAVES, &labels, slaves.len() as f64);
        facts.add(NODE_BONDING_ACTIVE, &labels, slaves.iter().filter(up).count() as f64);
    }
}
