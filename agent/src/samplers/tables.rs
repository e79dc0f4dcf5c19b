//! How full the kernel's tables are: open files, connections that the firewall follows, neighbours; and
//! its randomness.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_ARP_ENTRIES, NODE_ENTROPY_AVAILABLE_BITS, NODE_ENTROPY_POOL_SIZE_BITS,
    NODE_FILEFD_ALLOCATED, NODE_FILEFD_MAXIMUM, NODE_NF_CONNTRACK_ENTRIES,
    NODE_NF_CONNTRACK_ENTRIES_LIMIT, NODE_NF_CONNTRACK_STAT,
};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// Files with one number.
const NUMBERS: [(&str, &Metric); 4] = [
    ("proc/sys/kernel/random/entropy_avail", NODE_ENTROPY_AVAILABLE_BITS),
    ("proc/sys/kernel/random/poolsize", NODE_ENTROPY_POOL_SIZE_BITS),
    ("proc/sys/net/netfilter/nf_conntrack_count", NODE_NF_CONNTRACK_ENTRIES),
    ("proc/sys/net/netfilter/nf_conntrack_max", NODE_NF_CONNTRACK_ENTRIES_LIMIT),
];

/// What is told of the firewall's counters.
const CONNTRACK: [&str; 8] = [
    "drop",
    "early_drop",
    "found",
    "ignore",
    "insert",
    "insert_failed",
    "invalid",
    "search_restart",
];

/// The field of a neighbour's line that is the interface.
const ARP_DEVICE: usize = 5;

pub struct Tables {
    numbers: Vec<(ProcFile, &'static Metric)>,
    files: ProcFile,
    conntrack: ProcFile,
    arp: ProcFile,
}

impl Tables {
    pub fn new(root: &Path) -> Self {
        let number = |(path, metric): (&str, _)| (ProcFile::new(root, path), metric);
        Self {
            numbers: NUMBERS.into_iter().map(number).collect(),
            files: ProcFile::new(root, "proc/sys/fs/file-nr"),
            conntrack: ProcFile::of_network(root, "stat/nf_conntrack"),
            arp: ProcFile::of_network(root, "arp"),
        }
    }
}

impl Sampler for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        for (file, metric) in &mut self.numbers {
            push_each(file, round, |text, round| {
                round.push(metric.name, &[], count(text.trim())?);
                Some(())
            });
        }
        push_each(&mut self.files, round, push_files);
        push_each(&mut self.conntrack, round, push_conntrack);
        push_neighbours(&mut self.arp, round);
        Ok(())
    }
}

/// Reads a whole file as one item, if the host has it.
fn push_each(
    file: &mut ProcFile,
    round: &mut Round<'_>,
    push: impl FnOnce(&str, &mut Round<'_>) -> Option<()>,
) {
    let path = file.path().to_owned();
    if let Some(text) = round.part(file.read_if_there()).flatten() {
        round.item(|round| push(text, round).ok_or_else(|| parse_error(&path, text)));
    }
}

/// Allocated, free (always 0) and the most.
fn push_files(text: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = text.split_ascii_whitespace();
    round.push(NODE_FILEFD_ALLOCATED.name, &[], count(fields.next()?)?);
    round.push(NODE_FILEFD_MAXIMUM.name, &[], count(fields.nth(1)?)?);
    Some(())
}

/// A line of names, and one of hexadecimal numbers for each core.
fn push_conntrack(text: &str, round: &mut Round<'_>) -> Option<()> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next()?.split_ascii_whitespace().collect();
    let mut sums = vec![0u64; names.len()];
    for line in lines {
        for (sum, field) in sums.iter_mut().zip(line.split_ascii_whitespace()) {
            *sum = sum.saturating_add(u32::from_str_radix(field, 16).ok()?.into());
        }
    }
    let (before, _) = NODE_NF_CONNTRACK_STAT.around();
    for (name, sum) in names.iter().zip(sums).filter(|(name, _)| CONNTRACK.contains(name)) {
        round.push(&format!("{before}{name}"), &[], sum as f64);
    }
    Some(())
}

/// A line for each neighbour.
fn push_neighbours(file: &mut ProcFile, round: &mut Round<'_>) {
    let path = file.path().to_owned();
    let text = round.part(file.read_if_there()).flatten().unwrap_or_default();
    let mut entries: BTreeMap<&str, u32> = BTreeMap::new();
    for line in text.lines().skip(1) {
        match line.split_ascii_whitespace().nth(ARP_DEVICE) {
            Some(device) => *entries.entry(device).or_default() += 1,
            None => round.item(|_| Err(parse_error(&path, line))),
        }
    }
    for (device, count) in entries {
        round.push(NODE_ARP_ENTRIES.name, &[("device", device)], count.into());
    }
}
