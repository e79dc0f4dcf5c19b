//! Datagrams that the host could not take or send, under node_exporter's names: the counters of UDP
//! from /proc/net/snmp and snmp6, and packets that the cores dropped, from /proc/net/softnet_stat.
//!
//! Media is UDP: a full socket buffer or backlog is heard as gaps long before a link is full.

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_NETSTAT_UDP_INDATAGRAMS, NODE_NETSTAT_UDP_INERRORS, NODE_NETSTAT_UDP_NOPORTS,
    NODE_NETSTAT_UDP_OUTDATAGRAMS, NODE_NETSTAT_UDP_RCVBUFERRORS, NODE_NETSTAT_UDP_SNDBUFERRORS,
    NODE_NETSTAT_UDP6_INDATAGRAMS, NODE_NETSTAT_UDP6_INERRORS, NODE_NETSTAT_UDP6_NOPORTS,
    NODE_NETSTAT_UDP6_OUTDATAGRAMS, NODE_NETSTAT_UDP6_RCVBUFERRORS, NODE_NETSTAT_UDP6_SNDBUFERRORS,
    NODE_SOFTNET_DROPPED_TOTAL, NODE_SOFTNET_TIMES_SQUEEZED_TOTAL,
};

use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// Key in /proc/net/snmp, and the metrics of IPv4 and IPv6.
const COUNTERS: [(&str, &Metric, &Metric); 6] = [
    ("InDatagrams", NODE_NETSTAT_UDP_INDATAGRAMS, NODE_NETSTAT_UDP6_INDATAGRAMS),
    ("InErrors", NODE_NETSTAT_UDP_INERRORS, NODE_NETSTAT_UDP6_INERRORS),
    ("NoPorts", NODE_NETSTAT_UDP_NOPORTS, NODE_NETSTAT_UDP6_NOPORTS),
    ("OutDatagrams", NODE_NETSTAT_UDP_OUTDATAGRAMS, NODE_NETSTAT_UDP6_OUTDATAGRAMS),
    ("RcvbufErrors", NODE_NETSTAT_UDP_RCVBUFERRORS, NODE_NETSTAT_UDP6_RCVBUFERRORS),
    ("SndbufErrors", NODE_NETSTAT_UDP_SNDBUFERRORS, NODE_NETSTAT_UDP6_SNDBUFERRORS),
];

/// Columns of /proc/net/softnet_stat, in hexadecimal.
const SOFTNET: [(usize, &Metric); 2] =
    [(1, NODE_SOFTNET_DROPPED_TOTAL), (2, NODE_SOFTNET_TIMES_SQUEEZED_TOTAL)];

/// The column with the core's number; before Linux 5.10 lines stand in the order of cores.
const SOFTNET_CORE: usize = 12;

pub struct Udp {
    snmp: ProcFile,
    snmp6: ProcFile,
    softnet: ProcFile,
}

impl Udp {
    pub fn new(root: &Path) -> Self {
        Self {
            snmp: ProcFile::new(root, "proc/net/snmp"),
            snmp6: ProcFile::new(root, "proc/net/snmp6"),
            softnet: ProcFile::new(root, "proc/net/softnet_stat"),
        }
    }
}

impl Sampler for Udp {
    fn name(&self) -> &'static str {
        "udp"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.snmp.path().to_owned();
        let mut lines = self.snmp.read()?.lines().filter(|line| line.starts_with("Udp:"));
        let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        round
            .item(|round| push_udp(names, values, round).ok_or_else(|| parse_error(&path, values)));

        let path = self.snmp6.path().to_owned();
        match self.snmp6.read() {
            // The host has no IPv6.
            Err(SampleError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            other => {
                for line in other?.lines() {
                    round.item(|round| {
                        push_udp6(line, round).ok_or_else(|| parse_error(&path, line))
                    });
                }
            }
        }

        let path = self.softnet.path().to_owned();
        for (place, line) in self.softnet.read()?.lines().enumerate() {
            round.item(|round| {
                push_core(place, line, round).ok_or_else(|| parse_error(&path, line))
            });
        }
        Ok(())
    }
}

/// A line of names and one of values; older kernels have fewer of both.
fn push_udp(names: &str, values: &str, round: &mut Round<'_>) -> Option<()> {
    let mut pairs = names.split(' ').zip(values.split(' ')).skip(1).peekable();
    pairs.peek()?;
    for (name, value) in pairs {
        if let Some((_, metric, _)) = COUNTERS.iter().find(|(key, ..)| *key == name) {
            round.push(metric.name, &[], value.parse().ok()?);
        }
    }
    Some(())
}

/// A line for each counter of IPv6.
fn push_udp6(line: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = line.split_ascii_whitespace();
    let key = fields.next().and_then(|name| name.strip_prefix("Udp6"));
    if let Some((.., metric)) = COUNTERS.iter().find(|(name, ..)| Some(*name) == key) {
        round.push(metric.name, &[], fields.next()?.parse().ok()?);
    }
    Some(())
}

fn push_core(place: usize, line: &str, round: &mut Round<'_>) -> Option<()> {
    let number = |column| u64::from_str_radix(line.split(' ').nth(column)?, 16).ok();
    let core = match line.split(' ').nth(SOFTNET_CORE) {
        Some(_) => number(SOFTNET_CORE)?.to_string(),
        None => place.to_string(),
    };
    for (column, metric) in SOFTNET {
        round.push(metric.name, &[("cpu", &core)], number(column)? as f64);
    }
    Some(())
}
