//! The network of a container that has one of its own, read through one of its processes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use headroom_proto::catalogue::{
    CONTAINER_NETWORK_RECEIVE_BYTES_TOTAL, CONTAINER_NETWORK_RECEIVE_ERRORS_TOTAL,
    CONTAINER_NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL, CONTAINER_NETWORK_RECEIVE_PACKETS_TOTAL,
    CONTAINER_NETWORK_TRANSMIT_BYTES_TOTAL, CONTAINER_NETWORK_TRANSMIT_ERRORS_TOTAL,
    CONTAINER_NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL, CONTAINER_NETWORK_TRANSMIT_PACKETS_TOTAL,
    Metric,
};

use crate::samplers::SampleError;
use crate::samplers::network::interface;
use crate::samplers::proc_file::{TextBuffer, count, parse_error};
use crate::series::Round;

/// The most interfaces of one container; further ones are left out.
const MAX_INTERFACES: usize = 4;

/// Interfaces that every network has: loopback, and what the kernel's tunnel modules add by themselves.
const EVERYWHERE: [&str; 10] = [
    "lo", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0",
    "ip6gre0",
];

/// The columns of /proc/PID/net/dev behind the interface's name.
const COLUMNS: [(usize, &Metric); 8] = [
    (0, CONTAINER_NETWORK_RECEIVE_BYTES_TOTAL),
    (1, CONTAINER_NETWORK_RECEIVE_PACKETS_TOTAL),
    (2, CONTAINER_NETWORK_RECEIVE_ERRORS_TOTAL),
    (3, CONTAINER_NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL),
    (8, CONTAINER_NETWORK_TRANSMIT_BYTES_TOTAL),
    (9, CONTAINER_NETWORK_TRANSMIT_PACKETS_TOTAL),
    (10, CONTAINER_NETWORK_TRANSMIT_ERRORS_TOTAL),
    (11, CONTAINER_NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL),
];

/// The kernel's names for the networks that are the host's own; empty if it does not tell, and then no
/// other can be told apart.
pub fn of_the_host(root: &Path) -> HashSet<String> {
    // The agent may itself run in a container that sees the host's processes.
    ["1", "self"].iter().filter_map(|process| namespace(&link(root, process))).collect()
}

/// A network, and the process through which it is seen.
pub struct Network {
    id: String,
    link: PathBuf,
    dev: PathBuf,
}

impl Network {
    /// The network of a process, if we may know it.
    pub fn of(root: &Path, process: u32) -> Option<Self> {
        let link = link(root, &process.to_string());
        let dev = root.join("proc").join(process.to_string()).join("net/dev");
        Some(Self { id: namespace(&link)?, link, dev })
    }

    /// The kernel's name for it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Writes the counters of its interfaces into the round.
    pub fn push(
        &self,
        labels: &[(&str, &str); 3],
        buffer: &mut TextBuffer,
        round: &mut Round<'_>,
    ) -> Result<(), SampleError> {
        // The process may have ended, and its number may be another's now.
        if namespace(&self.link).as_deref() != Some(&self.id) {
            return Ok(());
        }
        let Some(text) = buffer.read(&self.dev)? else { return Ok(()) };
        let mut interfaces = 0;
        // Two lines of headings stand above the interfaces.
        for line in text.lines().skip(2) {
            let found = interface(line);
            let everywhere = found.is_some_and(|(name, _)| EVERYWHERE.contains(&name));
            if everywhere || interfaces == MAX_INTERFACES {
                continue;
            }
            round.item(|round| {
                let broken = || parse_error(&self.dev, line);
                let (interface, counters) = found.ok_or_else(broken)?;
                let [name, id, tenant] = *labels;
                let labels = [name, id, tenant, ("interface", interface)];
                push_counters(counters, &labels, round).ok_or_else(broken)?;
                interfaces += 1;
                Ok::<(), SampleError>(())
            });
        }
        Ok(())
    }
}

fn push_counters(counters: &str, labels: &[(&str, &str)], round: &mut Round<'_>) -> Option<()> {
    let fields: Vec<&str> = counters.split_ascii_whitespace().collect();
    for (column, metric) in COLUMNS {
        round.push(metric.name, labels, count(fields.get(column)?)?);
    }
    Some(())
}

fn link(root: &Path, process: &str) -> PathBuf {
    root.join("proc").join(process).join("ns/net")
}

fn namespace(link: &Path) -> Option<String> {
    Some(std::fs::read_link(link).ok()?.to_string_lossy().into_owned())
}
